import { useCallback, useEffect, useState } from 'react';
import { keepReservations, readReservations } from '../../offline/lastReservations';
import { ApiError } from '../../sdk/errors';
import { useValue } from '../../sdk/hooks/useValue';
import { identity } from '../../sdk/identity';
import { serverClock } from '../../sdk/serverClock';
import { reservationService } from '../../sdk/services/reservationService';
import type { ErrorCode, Reservation } from '../../sdk/types';

export interface MyReservations {
  /** Newest first; null while nothing is known. */
  reservations: readonly Reservation[] | null;
  /** `Date.now()` when the server said so, if that was before; null when it has just said so. */
  seenAt: number | null;
  failure: ErrorCode | null;
  again: () => void;
}

/** All my reservations; without a network the last that this browser saw. */
export function useMyReservations(): MyReservations {
  const userId = useValue(identity)?.userId;
  const [known, setKnown] = useState<Omit<MyReservations, 'again'>>(NOTHING);

  const load = useCallback(async () => {
    // Nobody has held anything here: no reason to become somebody.
    if (!userId) {
      setKnown({ reservations: [], seenAt: null, failure: null });
      return;
    }
    try {
      const reservations = await reservationService.mine();
      setKnown({ reservations, seenAt: null, failure: null });
      void keepReservations(userId, reservations);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const last = await readReservations(userId);
      setKnown((before) => ({
        reservations: before.reservations ?? last?.reservations ?? null,
        seenAt: before.seenAt ?? last?.seenAt ?? null,
        failure: error.code,
      }));
    }
  }, [userId]);

  useEffect(() => {
    void load();
    const again = () => {
      if (document.visibilityState === 'visible') void load();
    };
    addEventListener('online', again);
    document.addEventListener('visibilitychange', again);
    return () => {
      removeEventListener('online', again);
      document.removeEventListener('visibilitychange', again);
    };
  }, [load]);

  // A deadline passed, and the server has not said yet what came of it.
  useEffect(() => {
    if (known.failure !== null || !known.reservations?.some(isOverdue)) return;
    const timer = setTimeout(() => void load(), ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [known, load]);

  return { ...known, again: () => void load() };
}

const ASK_AGAIN_MS = 3_000;

function isOverdue({ phase, expires_at }: Reservation): boolean {
  return (phase === 'selection' || phase === 'checkout') && serverClock.until(expires_at) === 0;
}

const NOTHING = { reservations: null, seenAt: null, failure: null };
