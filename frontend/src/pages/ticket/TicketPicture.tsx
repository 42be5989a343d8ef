import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { ticketService } from '../../sdk/services/ticketService';
import styles from './TicketPicture.module.css';

/** The QR code of a ticket, as wide as its place; where it cannot be shown, a word about it. */
export function TicketPicture({ code }: { code: string }) {
  const { t } = useLingui();
  const [failed, setFailed] = useState(false);
  if (failed)
    return <p className={styles.missing}>{t`El código QR se verá cuando haya conexión.`}</p>;
  return (
    <img
      className={styles.picture}
      src={ticketService.pictureUrl(code)}
      alt={t`Código QR del boleto`}
      width={200}
      height={200}
      onError={() => setFailed(true)}
    />
  );
}
