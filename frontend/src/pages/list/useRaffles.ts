import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../sdk/errors';
import { raffleService } from '../../sdk/services/raffleService';
import type { ErrorCode, Raffle } from '../../sdk/types';
import { extended, refreshed } from './merge';

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
      const total = answer.pagination.total_pages;
      setPages(({ loaded }) => ({ loaded: Math.max(loaded, page), total }));
      setRaffles((before) =>
        page === 1
          ? refreshed(before ?? [], answer.raffles)
          : extended(before ?? [], answer.raffles),
      );
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
