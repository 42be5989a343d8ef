import { useCallback, useEffect, useState } from 'react';
import { ApiError } from '../../sdk/errors';
import { raffleService } from '../../sdk/services/raffleService';
import type { ErrorCode, Raffle } from '../../sdk/types';

const PAGE_SIZE = 100;

/** The raffles of the organizer who is signed in, newest first. */
export function useOwnRaffles() {
  const [raffles, setRaffles] = useState<readonly Raffle[] | null>(null);
  const [failure, setFailure] = useState<ErrorCode | null>(null);

  const load = useCallback(async () => {
    try {
      setRaffles((await raffleService.list(1, PAGE_SIZE, true)).raffles);
      setFailure(null);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailure(error.code);
    }
  }, []);

  useEffect(() => void load(), [load]);

  /** Shows a raffle as the server has just told it: in its place, or as the newest. */
  const put = useCallback((raffle: Raffle) => {
    setRaffles((before) => {
      const known = before ?? [];
      return known.some(({ id }) => id === raffle.id)
        ? known.map((each) => (each.id === raffle.id ? raffle : each))
        : [raffle, ...known];
    });
  }, []);

  return { raffles, failure, load, put };
}
