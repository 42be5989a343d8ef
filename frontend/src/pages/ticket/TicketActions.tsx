import { useLingui } from '@lingui/react/macro';
import { useFormat } from '../../i18n/useFormat';
import { ticketService } from '../../sdk/services/ticketService';
import { Button, buttonClass } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { useCopiedLink } from '../../ui/useCopiedLink';
import styles from './TicketActions.module.css';
import { ticketLink } from './ticketLink';

/** What one does with a ticket: show it to others, keep it, print it. */
export function TicketActions({ code, title }: { code: string; title: string }) {
  const { t } = useLingui();
  const { language } = useFormat();
  const url = ticketLink(code);
  const { copied, copy } = useCopiedLink(url);

  async function share(): Promise<void> {
    try {
      if (navigator.share) await navigator.share({ title, text: t`Boleto de «${title}»`, url });
      else await copy();
    } catch (error) {
      // The person closed the device's sheet: nothing to say. Anything else: our own way.
      if (!(error instanceof DOMException && error.name === 'AbortError')) await copy();
    }
  }

  return (
    <div className={styles.actions}>
      <Button look="primary" icon={copied ? 'check' : 'share'} onClick={share}>
        {copied ? t`Enlace copiado` : t`Compartir`}
      </Button>
      <a className={buttonClass()} href={ticketService.documentUrl(code, language)} download="">
        <Icon name="download" />
        {t`Descargar PDF`}
      </a>
      <Button look="quiet" onClick={() => print()}>{t`Imprimir`}</Button>
      {copied === false && <p className={styles.link}>{url}</p>}
    </div>
  );
}
