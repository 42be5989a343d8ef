import { useLingui } from '@lingui/react/macro';
import { useCallback } from 'react';
import { NotFoundPage } from '../../app/NotFoundPage';
import { errorText } from '../../i18n/errors';
import { useRaffle } from '../../sdk/hooks/useRaffle';
import type { Reservation } from '../../sdk/types';
import { Button } from '../../ui/Button';
import { Heading } from '../../ui/Heading';
import { Blank } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { CheckoutSteps } from './CheckoutSteps';
import { EndedHold } from './EndedHold';
import { isLive, useLiveHold, useReservation } from './useHold';

/** The payment step of one reservation. Works from a bare address, in any tab of its owner. */
export function CheckoutPage({ reservationId }: { reservationId: string }) {
  const { t } = useLingui();
  const { found, again } = useReservation(reservationId);

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

function Hold({ initial, onStale }: { initial: Reservation; onStale: () => void }) {
  const live = useRaffle(initial.raffle_id);
  const onEnded = useCallback(() => onStale(), [onStale]);
  const reservation = useLiveHold(live, initial, onEnded);
  return isLive(reservation) ? (
    <CheckoutSteps live={live} reservation={reservation} />
  ) : (
    <EndedHold live={live} reservation={reservation} />
  );
}
