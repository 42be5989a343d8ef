import { plural } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';
import { formatCountdown } from '../../i18n/format';
import { announce } from '../../ui/announce';
import { useTimeRemaining } from '../hooks/useTimeRemaining';
import type { Phase } from '../types';
import { milestonePassed, urgencyOf } from './milestones';
import styles from './ReservationTimer.module.css';

export interface ReservationTimerProps {
  /** The deadline as the server says it (RFC 3339). */
  expiresAt: string;
  phase: Phase;
  /** The deadline has come. Called once for each deadline, in an effect. */
  onExpire?: () => void;
}

/**
 * Counts down to a deadline by the server's clock. At zero it says that it is being verified: only
 * the server ends a reservation. Screen readers hear 5, 2 and 1 minutes, and 30 seconds.
 */
export function ReservationTimer({ expiresAt, phase, onExpire }: ReservationTimerProps) {
  const { t } = useLingui();
  const remaining = useTimeRemaining(expiresAt).remainingMs;
  const before = useRef(remaining);
  const expired = useRef<string | null>(null);
  const urgency = urgencyOf(remaining);

  useEffect(() => {
    const milestone = milestonePassed(before.current, remaining);
    before.current = remaining;
    if (milestone) announce(spoken(milestone.seconds), milestone.tone);
  });

  useEffect(() => {
    if (urgency !== 'over' || expired.current === expiresAt) return;
    expired.current = expiresAt;
    onExpire?.();
  }, [urgency, expiresAt, onExpire]);

  function spoken(seconds: number): string {
    if (seconds < 60) return t`Quedan 30 segundos para sus números.`;
    return t`${plural(seconds / 60, {
      one: 'Queda # minuto para sus números.',
      many: 'Quedan # de minutos para sus números.',
      other: 'Quedan # minutos para sus números.',
    })}`;
  }

  return (
    <div className={`${styles.timer} ${styles[urgency] ?? ''}`}>
      <span className={styles.words}>
        <span>{phase === 'selection' ? t`Selección` : t`Pago`}</span>
        {urgency === 'soon' && <strong>{t`Queda poco`}</strong>}
        {urgency === 'last' && <strong>{t`Últimos segundos`}</strong>}
      </span>
      {urgency === 'over' ? (
        <span className={styles.verifying}>{t`Verificando…`}</span>
      ) : (
        <span role="timer" aria-label={t`Tiempo que queda`} className={styles.time}>
          {formatCountdown(remaining)}
        </span>
      )}
    </div>
  );
}
