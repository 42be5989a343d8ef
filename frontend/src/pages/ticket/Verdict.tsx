import { plural } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { useFormat } from '../../i18n/useFormat';
import type { Ticket } from '../../sdk/types';
import { Icon, type IconName } from '../../ui/Icon';
import styles from './Verdict.module.css';

/** The first thing that whoever scans a ticket wants to know. */
export function Verdict({ ticket }: { ticket: Ticket }) {
  const { t } = useLingui();
  const format = useFormat();
  const [look, icon, word] = verdict();
  return (
    <div className={`${styles.verdict} ${styles[look]}`} role="status">
      <Icon name={icon} size={36} />
      <div>
        <p className={styles.word}>{word}</p>
        {ticket.status === 'partly_refunded' && (
          <p>
            {plural(ticket.refunded, {
              one: 'Se reembolsó un número, que ya no participa.',
              many: 'Se reembolsaron # de números, que ya no participan.',
              other: 'Se reembolsaron # números, que ya no participan.',
            })}
          </p>
        )}
        {ticket.status === 'refunded' && <p>{t`Este boleto ya no participa.`}</p>}
        <p className={styles.when}>{t`Comprobado: ${format.dateTime(ticket.server_time)}`}</p>
      </div>
    </div>
  );

  function verdict(): ['good' | 'care' | 'bad', IconName, string] {
    if (ticket.status === 'refunded') return ['bad', 'close', t`Reembolsado`];
    if (ticket.raffle.status === 'cancelled') return ['bad', 'warning', t`El sorteo se canceló`];
    if (ticket.status === 'partly_refunded') return ['care', 'check', t`Boleto válido en parte`];
    return ['good', 'check', t`Boleto válido`];
  }
}
