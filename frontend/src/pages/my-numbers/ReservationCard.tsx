import { useLingui } from '@lingui/react/macro';
import { Link } from 'wouter';
import { useFormat } from '../../i18n/useFormat';
import { ReservationTimer } from '../../sdk/components/ReservationTimer';
import type { Phase, Reservation } from '../../sdk/types';
import { buttonClass } from '../../ui/Button';
import { Icon, type IconName } from '../../ui/Icon';
import { NumberChips } from '../../ui/NumberChips';
import { Skeleton } from '../../ui/Skeleton';
import styles from './ReservationCard.module.css';

interface Props {
  reservation: Reservation;
  /** Of its raffle; undefined while it is not known. */
  title: string | undefined;
  onExpire: () => void;
}

/** One reservation: its numbers, what it came to, and where it goes on. */
export function ReservationCard({ reservation, title, onExpire }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const { phase } = reservation;
  const timed = phase === 'selection' || phase === 'checkout';
  const held = timed || phase === 'payment_review';

  const states: Record<Exclude<Phase, 'selection' | 'checkout'>, [IconName, string]> = {
    payment_review: ['clock', t`Confirmando el pago`],
    completed: ['check', t`Pagado`],
    cancelled: ['close', t`Los soltó`],
    expired: ['clock', t`Se venció el tiempo`],
  };
  const [icon, text] = timed ? [null, null] : states[phase];

  return (
    <article className={`${styles.card} ${held || phase === 'completed' ? '' : styles.past}`}>
      <div className={styles.head}>
        <h3 className={styles.title}>
          <Link href={`/r/${reservation.raffle_id}`}>{title ?? <Skeleton width="10ch" />}</Link>
        </h3>
        <p className={styles.amount}>
          {format.money(reservation.total_amount, reservation.currency)}
        </p>
      </div>
      <NumberChips
        labels={reservation.number_ids}
        look={held || phase === 'completed' ? 'mine' : 'plain'}
      />
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
