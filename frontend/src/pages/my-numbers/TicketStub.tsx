import { useLingui } from '@lingui/react/macro';
import { Link } from 'wouter';
import { useFormat } from '../../i18n/useFormat';
import { ticketService } from '../../sdk/services/ticketService';
import { buttonClass } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { TicketPicture } from '../ticket/TicketPicture';
import { ticketPath } from '../ticket/ticketLink';
import styles from './TicketStub.module.css';

/** A ticket beside its numbers: its QR code, and the ways to show and to keep it. */
export function TicketStub({ code, title }: { code: string; title: string }) {
  const { t } = useLingui();
  const { language } = useFormat();
  return (
    <div className={styles.stub}>
      <Link
        href={ticketPath(code)}
        className={styles.picture}
        aria-label={t`Ver el boleto de ${title}`}
      >
        <TicketPicture code={code} />
      </Link>
      <div className={styles.ways}>
        <Link href={ticketPath(code)} className={buttonClass('primary')}>
          {t`Ver boleto`}
        </Link>
        <a className={buttonClass()} href={ticketService.documentUrl(code, language)} download="">
          <Icon name="download" />
          {t`Descargar PDF`}
        </a>
      </div>
    </div>
  );
}
