import { useLingui } from '@lingui/react/macro';
import type { Review } from '../../../sdk/services/deskService';

/** Who buys, and a way to call them, as one of a list of facts; nothing when neither is known. */
export function BuyerFact({ contact }: { contact: Review['contact'] }) {
  const { t } = useLingui();
  if (!contact?.name && !contact?.phone) return null;
  return (
    <>
      <dt>{t`Quien compra`}</dt>
      <dd>
        {contact.name} {contact.phone && <a href={`tel:${contact.phone}`}>{contact.phone}</a>}
      </dd>
    </>
  );
}
