import { useLingui } from '@lingui/react/macro';
import { useCallback, useEffect } from 'react';
import { NotFoundPage } from '../../app/NotFoundPage';
import { errorText } from '../../i18n/errors';
import { useRaffle } from '../../sdk/hooks/useRaffle';
import type { ErrorCode, Reservation } from '../../sdk/types';
import { Button } from '../../ui/Button';
import { Heading } from '../../ui/Heading';
import { Blank } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { CheckoutSteps } from './CheckoutSteps';
import { takeProviderReturn } from './card/providerReturn';
import { EndedHold } from './EndedHold';
import { isLive, useLiveHold, useReservation } from './useHold';
import { usePayment } from './usePayment';
import { usePaymentNews } from './usePaymentNews';

/** The payment step of one reservation. Works from a bare address, in any tab of its owner. */
export function CheckoutPage({ reservationId }: { reservationId: string }) {
  const { t } = useLingui();
  const { found, again } = useReservation(reservationId);
  useEffect(takeProviderReturn, []);

  switch (found.state) {
    case 'loading':
      return (
        <div className="stack" aria-busy="true">
          <Heading name={t`Pago`} />
          <Skeleton height="9rem" />
          <Skeleton height="14rem" />
        </div>
      );
    case 'missing':
      return (
        <NotFoundPage
          title={t`No encontramos esta reserva`}
          text={t`Solo se puede abrir en el dispositivo con el que se apartaron los números.`}
        />
      );
    case 'failed':
      return (
        <Blank
          page
          icon={found.code === 'offline' ? 'offline' : 'warning'}
          title={t`No pudimos cargar su reserva`}
        >
          <p>{errorText(found.code)}</p>
          <p>{t`Lo que ya apartó sigue guardado en el servidor.`}</p>
          <Button look="primary" onClick={again}>
            {t`Intentar de nuevo`}
          </Button>
        </Blank>
      );
    case 'found':
      return <Hold initial={found.reservation} onStale={again} />;
  }
}

/** Refusals that say that the reservation is not as this page has it. */
const ENDED: readonly ErrorCode[] = ['wrong_phase', 'reservation_expired', 'already_paid'];

function Hold({ initial, onStale }: { initial: Reservation; onStale: () => void }) {
  const live = useRaffle(initial.raffle_id);
  const onEnded = useCallback(() => onStale(), [onStale]);
  const known = useLiveHold(live, initial, onEnded);
  const paying = usePayment(live, known);
  usePaymentNews(paying.payments);

  // Its payment may say sooner than the raffle that it is bought: there may be no socket.
  const isBought = paying.payments?.some(
    (each) => each.status === 'paid' && each.sold_as === known.id,
  );
  const reservation: Reservation = isBought ? { ...known, phase: 'completed' } : known;
  const isOutdated = isBought && initial.phase !== 'completed';
  const isRefused = paying.refusal !== null && ENDED.includes(paying.refusal.code);
  useEffect(() => {
    // Only over HTTP it comes with its ticket.
    if (isOutdated || isRefused) onStale();
  }, [isOutdated, isRefused, onStale]);

  return isLive(reservation) ? (
    <CheckoutSteps live={live} reservation={reservation} paying={paying} />
  ) : (
    <EndedHold live={live} reservation={reservation} paying={paying} />
  );
}
