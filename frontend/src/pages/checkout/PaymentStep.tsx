import { useLingui } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';
import { errorText } from '../../i18n/errors';
import type { LiveRaffle, Payment, Reservation } from '../../sdk/types';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import styles from './Attempt.module.css';
import { AttemptStep } from './AttemptStep';
import { isOver, strayMoney } from './attempts';
import { MoneyStory } from './MoneyStory';
import { PaymentMethods } from './PaymentMethods';
import { declineText } from './reasons';
import type { Paying } from './usePayment';

interface Props {
  live: LiveRaffle;
  reservation: Reservation;
  paying: Paying;
}

/** Paying a reservation that still stands: the attempt under way, or the choice of a method. */
export function PaymentStep({ live, reservation, paying }: Props) {
  const { t } = useLingui();
  const { payments, attempt, failure } = paying;
  const last = payments?.[0];
  const step = useFollowed(
    `${(attempt ?? last)?.id} ${(attempt ?? last)?.status}`,
    payments !== null,
  );

  if (!payments) {
    return failure ? (
      <Notice tone="warn" icon={failure === 'offline' ? 'offline' : 'warning'}>
        <p>{errorText(failure)}</p>
        <Button onClick={paying.refresh}>{t`Intentar de nuevo`}</Button>
      </Notice>
    ) : (
      <Skeleton height="8rem" />
    );
  }
  return (
    <div ref={step} tabIndex={-1} className={styles.step}>
      {strayMoney(reservation, payments, attempt).map((payment) => (
        <MoneyStory key={payment.id} payment={payment} reservation={reservation} />
      ))}
      {attempt ? (
        <AttemptStep attempt={attempt} reservation={reservation} paying={paying} />
      ) : reservation.phase === 'checkout' ? (
        <>
          {last && isOver(last) && <Ended payment={last} />}
          <PaymentMethods
            live={live}
            reservation={reservation}
            paying={paying}
            // A decline is mostly tried again; whoever cancelled wanted another way.
            first={last?.status === 'declined' ? last.provider : null}
          />
        </>
      ) : (
        <Skeleton height="8rem" />
      )}
    </div>
  );
}

/**
 * Whoever was at work here is taken along when the step shows something else: the button that they
 * pressed is gone, and what it led to may be off the screen.
 */
function useFollowed(shown: string, isKnown: boolean) {
  const step = useRef<HTMLDivElement>(null);
  const before = useRef<string | null>(null);
  useEffect(() => {
    if (!isKnown) return;
    const isNew = before.current !== null && before.current !== shown;
    before.current = shown;
    const { activeElement } = document;
    const isLost = !activeElement || activeElement === document.body;
    if (isNew && (isLost || step.current?.contains(activeElement))) step.current?.focus();
  }, [shown, isKnown]);
  return step;
}

function Ended({ payment }: { payment: Payment }) {
  const { t } = useLingui();
  if (payment.status === 'cancelled') {
    return (
      <Notice>
        <p>{t`Ese pago quedó cancelado y no se le cobró nada. Escoja cómo pagar.`}</p>
      </Notice>
    );
  }
  return (
    <Notice tone="danger">
      <p>{declineText(payment.reason)}</p>
      <p>{t`No se le cobró nada. Puede intentarlo de nuevo mientras le quede tiempo.`}</p>
    </Notice>
  );
}
