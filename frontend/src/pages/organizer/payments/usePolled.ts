import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../../sdk/errors';
import { pageEvents } from '../../../sdk/pageEvents';
import type { ErrorCode } from '../../../sdk/types';
import { onDecided } from './decisions';

export interface Polled<T> {
  /** As it was last told; null before the first answer. */
  value: T | null;
  /** Why the last question was refused; null once one is answered. */
  failure: ErrorCode | null;
  /** Asks now; resolves when that was answered, or refused. */
  refresh: () => Promise<void>;
}

/**
 * Asks every `everyMs` while the page is seen, and at once when it is seen again or something was
 * decided on it. Answers that are overtaken by a later question are dropped, so nothing goes back in time.
 */
export function usePolled<T>(ask: () => Promise<T>, everyMs: number): Polled<T> {
  const [value, setValue] = useState<T | null>(null);
  const [failure, setFailure] = useState<ErrorCode | null>(null);
  const latest = useRef(0);

  const refresh = useCallback(async () => {
    const mine = ++latest.current;
    try {
      const answer = await ask();
      if (mine !== latest.current) return;
      setValue(answer);
      setFailure(null);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mine === latest.current) setFailure(error.code);
    }
  }, [ask]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const turn = async () => {
      clearTimeout(timer);
      await refresh();
      clearTimeout(timer);
      if (!left && !pageEvents.hidden) timer = setTimeout(turn, everyMs);
    };
    const leavePage = pageEvents.subscribe((event) => {
      if (event === 'hidden') clearTimeout(timer);
      if (event === 'visible' || event === 'online') void turn();
    });
    const leaveDesk = onDecided(() => void turn());
    void turn();
    return () => {
      left = true;
      latest.current++;
      clearTimeout(timer);
      leavePage();
      leaveDesk();
    };
  }, [refresh, everyMs]);

  return { value, failure, refresh };
}
