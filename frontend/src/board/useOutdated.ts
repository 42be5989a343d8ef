import { useEffect, useState } from 'react';
import type { ConnectionView } from '../sdk/types';

/** From here on the board on the screen may be another one than the server's. */
export const OUTDATED_MS = 5_000;

/**
 * Whether the board is to be shown as outdated: the truth has been unknown for a while, or the board
 * is one that was kept from another visit.
 */
export function useOutdated({ state, lostSince }: ConnectionView, hasBoard: boolean): boolean {
  const [outdated, setOutdated] = useState(false);
  const known = state === 'live' || !hasBoard;
  useEffect(() => {
    if (known) {
      setOutdated(false);
      return;
    }
    const since = lostSince ?? Number.NEGATIVE_INFINITY;
    const rest = Math.max(0, since + OUTDATED_MS - performance.now());
    const timer = setTimeout(() => setOutdated(true), rest);
    return () => clearTimeout(timer);
  }, [known, lostSince]);
  return outdated;
}
