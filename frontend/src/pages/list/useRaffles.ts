import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../sdk/errors';
import { raffleService } from '../../sdk/services/raffleService';
import type { ErrorCode, Raffle } from '../../sdk/types';

const PAGE_SIZE = 24;

export interface Raffles {
  /** What has come so far, newest first; null before the first page. */
  raffles: readonly Raffle[] | null;
  hasMore: boolean;
  loading: boolean;
  /** Why the last attempt came to nothing. */
  failure: ErrorCode | null;
  more: () => void;
  retry: () => void;
}

/** The raffles, page by page. Looks again when the page comes back to the front or to a network. */
export function useRaffles(): Raffles {
  const [raffles, setRaffles] = useState<readonly Raffle[] | null>(null);
  const [pages, setPages] = useState({ loaded: 0, total: 0 });
  const [loading, setLoading] = useState(false);
  const [failure, setFailure] = useState<ErrorCode | null>(null);
  const asked = useRef(0);

  const load = useCallback(async (page: number) => {
    asked.current += 1;
    const turn = asked.current;
    setLoading(true);
    try {
      const answer = await raffleService.list(page, PAGE_SIZE);
      if (turn !== asked.current) return;
      setFailure(null);
      setPages({ loaded: page, total: answer.pagination.total_pages });
      setRaffles((before) => (page === 1 ? answer.raffles : merged(before ?? [], answer.raffles)));
    } catch (error) {
      if (turn !== asked.current) return;
      if (!(error instanceof ApiError)) throw error;
      setFailure(error.code);
    } finally {
      if (turn === asked.current) setLoading(false);
    }
  }, []);

  useEffect(() => {
    void load(1);
    const again = () => {
      if (document.visibilityState === 'visible') void load(1);
    };
    addEventListener('online', again);
    document.addEventListener('visibilitychange', again);
    return () => {
      asked.current += 1;
      removeEventListener('online', again);
      document.removeEventListener('visibilitychange', again);
    };
  }, [load]);

  return {
    raffles,
    hasMore: pages.loaded < pages.total,
    loading,
    failure,
    more: () => void load(pages.loaded + 1),
    retry: () => void load(1),
  };
}

/** A raffle that was made meanwhile moves the pages: one may come twice. */
function merged(before: readonly Raffle[], next: readonly Raffle[]): readonly Raffle[] {
  const known = new Set(before.map((raffle) => raffle.id));
  return [...before, ...next.filter((raffle) => !known.has(raffle.id))];
}
