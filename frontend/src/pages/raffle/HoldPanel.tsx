import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { lazyPart, Once } from '../../app/lazy';
import { useFormat } from '../../i18n/useFormat';
import { ReservationTimer } from '../../sdk/components/ReservationTimer';
import { FloatingCheckoutButton } from '../../sdk/components/ui/FloatingCheckoutButton';
import type { LiveRaffle, Raffle, Reservation } from '../../sdk/types';
import { Notice } from '../../ui/Notice';
import { NumberChips } from '../../ui/NumberChips';
import { Skeleton } from '../../ui/Skeleton';
import styles from './HoldPanel.module.css';
import { MoreTime } from './MoreTime';
import { useCommand } from './useCommand';

const CancelDialog = lazyPart(async () => (await import('./dialogs/CancelDialog')).CancelDialog);
const BeforePaying = lazyPart(async () => (await import('./dialogs/BeforePaying')).BeforePaying);

interface Props {
  live: LiveRaffle;
  raffle: Raffle;
  reservation: Reservation;
}

/** My numbers on the raffle's page: how long they are mine, what they cost, and where to go on. */
export function HoldPanel({ live, raffle, reservation }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState<'cancel' | 'pay' | null>(null);
  const command = useCommand();
  const choosing = reservation.phase === 'selection';
  const checkoutPath = `/checkout/${reservation.id}`;

  return (
    <div className={styles.panel}>
      <FloatingCheckoutButton
        selectedCount={reservation.number_ids.length}
        totalAmount={reservation.total_amount}
        currency={reservation.currency}
        onCancel={() => setAsked('cancel')}
        onCheckout={() => (choosing ? setAsked('pay') : navigate(checkoutPath))}
        note={
          choosing &&
          t`Al ir a pagar, el reloj pasa a ${format.duration(raffle.checkout_seconds * 1000)}.`
        }
        checkoutLabel={choosing ? t`Ir a pagar` : t`Ir al pago`}
      >
        {reservation.phase === 'payment_review' ? (
          <Notice icon="clock">{t`Estamos confirmando su pago.`}</Notice>
        ) : (
          <div className={styles.time}>
            <ReservationTimer expiresAt={reservation.expires_at} phase={reservation.phase} />
            <MoreTime live={live} reservation={reservation} command={command} />
          </div>
        )}
        <div className={styles.numbers}>
          {choosing ? (
            <NumberChips
              labels={reservation.number_ids}
              onRemove={(label) => void command.run(() => live.unpick(label))}
            />
          ) : (
            <NumberChips labels={reservation.number_ids} />
          )}
        </div>
        {command.refusal && <Notice tone="danger">{command.refusal}</Notice>}
      </FloatingCheckoutButton>
      <Once when={asked === 'cancel'}>
        <CancelDialog
          open={asked === 'cancel'}
          live={live}
          count={reservation.number_ids.length}
          onClose={() => setAsked(null)}
          // The button that asked is gone with the numbers.
          onCancelled={() => document.querySelector('h1')?.focus()}
        />
      </Once>
      <Once when={asked === 'pay'}>
        <BeforePaying
          open={asked === 'pay'}
          live={live}
          raffle={raffle}
          reservation={reservation}
          onClose={() => setAsked(null)}
          onPaying={() => navigate(checkoutPath)}
        />
      </Once>
    </div>
  );
}

/**
 * How to begin. On a phone it is always there, above the board: were it to leave with the first
 * number, the board would move under the finger.
 */
export function HoldInvitation({ raffle }: { raffle: Raffle | null }) {
  const { t } = useLingui();
  const format = useFormat();
  return (
    <section className={styles.invitation}>
      <h2>{t`Sus números`}</h2>
      <p>
        {!raffle ? (
          <Skeleton />
        ) : raffle.status === 'active' ? (
          t`Toque un número para apartarlo por ${format.duration(raffle.selection_seconds * 1000)}.`
        ) : (
          t`Puede ver el tablero, pero no apartar.`
        )}
      </p>
    </section>
  );
}
