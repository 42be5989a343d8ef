import { useCallback, useEffect, useState } from 'react';
import { ApiError } from '../../sdk/errors';
import { useValue } from '../../sdk/hooks/useValue';
import { reservationService } from '../../sdk/services/reservationService';
import type { ErrorCode, LiveRaffle, Phase, Reservation } from '../../sdk/types';

const LIVE_PHASES: readonly Phase[] = ['selection', 'checkout', 'payment_review'];

/** Whether a reservation still holds its numbers for somebody. */
export function isLive(reservation: Reservation): boolean {
  return LIVE_PHASES.includes(reservation.phase);
}

export type Found =
  | { state: 'loading' }
  | { state: 'found'; reservation: Reservation }
  /** There is none, or it is another person's: one answer for both. */
  | { state: 'missing' }
  | { state: 'failed'; code: ErrorCode };

/** One reservation by its id, as it is now. `again` asks anew. */
export function useReservation(id: string): { found: Found; again: () => void } {
  const [found, setFound] = useState<Found>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let here = true;
    reservationService.get(id).then(
      (reservation) => here && setFound({ state: 'found', reservation }),
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (!here) return;
        const missing = error.code === 'not_found' || error.code === 'forbidden';
        // What was shown before stays, where only asking again has failed.
        setFound((before) => {
          if (missing) return { state: 'missing' };
          return before.state === 'found' ? before : { state: 'failed', code: error.code };
        });
      },
    );
    return () => {
      here = false;
    };
  }, [id, attempt]);

  const again = useCallback(() => {
    setFound((before) => (before.state === 'found' ? before : { state: 'loading' }));
    setAttempt((n) => n + 1);
  }, []);
  return { found, again };
}

/**
 * The reservation as the live raffle knows it. When the raffle is live and has another one or none,
 * this one has ended: `onEnded` is to find out how.
 */
export function useLiveHold(
  live: LiveRaffle,
  initial: Reservation,
  onEnded: () => void,
): Reservation {
  const current = useValue(live.reservation);
  const { state } = useValue(live.connection);
  const [ended, setEnded] = useState<Reservation | null>(null);

  useEffect(
    () =>
      live.onNotice((notice) => {
        if ('reservation' in notice && notice.reservation.id === initial.id) {
          setEnded(isLive(notice.reservation) ? null : notice.reservation);
        }
      }),
    [live, initial.id],
  );

  const here = current?.id === initial.id ? current : null;
  // What has ended does not come back; and by HTTP it tells more than what was pushed.
  const known = isLive(initial) ? (here ?? ended ?? initial) : initial;
  const lost = state === 'live' && here === null && isLive(known);
  useEffect(() => {
    if (lost) onEnded();
  }, [lost, onEnded]);
  return known;
}
