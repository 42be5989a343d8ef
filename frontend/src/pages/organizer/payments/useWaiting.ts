import { useCallback, useMemo } from 'react';
import { deskService } from '../../../sdk/services/deskService';
import type { Raffle } from '../../../sdk/types';
import { usePolled } from './usePolled';

/** What waits for the organizer in one raffle. */
export interface Waiting {
  payments: number;
  cases: number;
}

const EVERY_MS = 30_000;

/**
 * What waits in each of these raffles, by its id. Drafts have sold nothing and are not asked about;
 * the others one after the other, so that a long list is no burst of requests.
 */
export function useWaiting(raffles: readonly Raffle[] | null): ReadonlyMap<string, Waiting> {
  const ids = raffles?.filter(({ status }) => status !== 'draft').map(({ id }) => id) ?? [];
  const key = ids.join(' ');
  const ask = useCallback(async () => {
    const found = new Map<string, Waiting>();
    for (const id of key === '' ? [] : key.split(' ')) {
      const [payments, cases] = await Promise.all([deskService.waiting(id), deskService.cases(id)]);
      found.set(id, { payments: payments.length, cases: cases.length });
    }
    return found;
  }, [key]);
  const { value } = usePolled(ask, EVERY_MS);
  return useMemo(() => value ?? new Map(), [value]);
}
