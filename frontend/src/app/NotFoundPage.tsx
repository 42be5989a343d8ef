import { useLingui } from '@lingui/react/macro';
import { Link } from 'wouter';
import { buttonClass } from '../ui/Button';
import { Blank } from '../ui/Notice';

/** There is nothing at this address, or nothing that this person may see. */
export function NotFoundPage({ title, text }: { title?: string; text?: string }) {
  const { t } = useLingui();
  return (
    <Blank page icon="search" title={title ?? t`Esta página no existe`}>
      <p>{text ?? t`Puede que el enlace esté incompleto o sea de hace tiempo.`}</p>
      <Link href="/" className={buttonClass('primary')}>
        {t`Ver los sorteos`}
      </Link>
    </Blank>
  );
}
