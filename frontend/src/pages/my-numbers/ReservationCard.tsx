import { useLingui } from '@lingui/react/macro';
import { Link } from 'wouter';
import { useFormat } from '../../i18n/useFormat';
import { ReservationTimer } from '../../sdk/components/ReservationTimer';
import type { Phase, Reservation, Ticket } from '../../sdk/types';
import { buttonClass } from '../../ui/Button';
import { Icon, type IconName } from '../../ui/Icon';
import { NumberChips } from '../../ui/NumberChips';
import { Skeleton } from '../../ui/Skeleton';
import styles from './ReservationCard.module.css';
import { TicketStub } from './TicketStub';

interface Props {
  reservation: Reservation;
  /** Of its raffle; undefined while it is not known. */
  title: string | undefined;
  /** What it bought, as it is now; undefined while it is not known. */
  ticket: Ticket | undefined;
  onExpire: () => void;
}

/** One reservation: its numbers, what it came to, and where it goes on. */
export function ReservationCard({ reservation, title, ticket, onExpire }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const { phase } = reservation;
  const timed = phase === 'selection' || phase === 'checkout';
  const held = timed || phase === 'payment_review';
  const labels = ticket?.number_ids ?? reservation.number_ids;
  const isOwned = phase === 'completed' && labels.length > 0;

  const bought: Record<Ticket['status'], [IconName, string]> = {
    valid: ['check', t`Pagado`],
    partly_refunded: ['check', t`Pagado, y una parte reembolsada`],
    refunded: ['close', t`Reembolsado`],
  };
  const states: Record<Exclude<Phase, 'selection' | 'checkout'>, [IconName, string]> = {
    payment_review: ['clock', t`Confirmando el pago`],
    completed: bought[ticket?.status ?? 'valid'],
    cancelled: ['close', t`Los soltó`],
    expired: ['clock', t`Se venció el tiempo`],
  };
  const amount = isOwned ? labels.length * reservation.unit_price : reservation.total_amount;
  const [icon, text] = timed ? [null, null] : states[phase];

  return (
    <article className={`${styles.card} ${held || isOwned ? '' : styles.past}`}>
      <div className={styles.head}>
        <h3 className={styles.title}>
          <Link href={`/r/${reservation.raffle_id}`}>{title ?? <Skeleton width="10ch" />}</Link>
        </h3>
        <p className={styles.amount}>{format.money(amount, reservation.currency)}</p>
      </div>
      <NumberChips
        labels={labels.length > 0 ? labels : reservation.number_ids}
        look={held || isOwned ? 'mine' : 'plain'}
      />
      {isOwned && reservation.ticket && (
        <TicketStub code={reservation.ticket} title={title ?? labels.join(', ')} />
      )}
      <div className={styles.foot}>
        {timed ? (
          <ReservationTimer expiresAt={reservation.expires_at} phase={phase} onExpire={onExpire} />
        ) : (
          <p className={styles.state}>
            {icon && <Icon name={icon} />}
            {text}
            <span className={styles.date}>{format.dateTime(reservation.created_at)}</span>
          </p>
        )}
        {phase === 'selection' && (
          <Link href={`/r/${reservation.raffle_id}`} className={buttonClass('primary')}>
            {t`Seguir escogiendo`}
          </Link>
        )}
        {phase === 'checkout' && (
          <Link href={`/checkout/${reservation.id}`} className={buttonClass('primary')}>
            {t`Ir al pago`}
          </Link>
        )}
      </div>
    </article>
  );
}
