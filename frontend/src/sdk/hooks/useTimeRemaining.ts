import { useCallback, useSyncExternalStore } from 'react';
import { serverClock } from '../serverClock';
import { ticker } from '../ticker';

/** What is left until a deadline. */
export interface TimeRemaining {
  minutes: number;
  seconds: number;
  /** Both together, in seconds. One that has begun counts as a whole one. */
  total: number;
  remainingMs: number;
  /** The deadline passed by the server's clock. Only the server ends a hold: ask it, or wait. */
  isExpired: boolean;
}

/**
 * Counts down to an RFC 3339 time of the server, whatever the clock of this device says. Renders
 * again when a second is over. Without a deadline nothing is left, and nothing has expired.
 */
export function useTimeRemaining(expiresAt: string | null | undefined): TimeRemaining {
  const subscribe = useCallback(
    (changed: () => void) =>
      expiresAt
        ? ticker.subscribe({ next: () => untilNextSecond(msLeft(expiresAt)), changed })
        : () => undefined,
    [expiresAt],
  );
  const total = useSyncExternalStore(subscribe, () => wholeSeconds(msLeft(expiresAt)));
  const remainingMs = msLeft(expiresAt);
  return {
    minutes: Math.floor(total / 60),
    seconds: total % 60,
    total,
    remainingMs,
    isExpired: Boolean(expiresAt) && remainingMs === 0,
  };
}

function msLeft(expiresAt: string | null | undefined): number {
  return expiresAt ? serverClock.until(expiresAt) : 0;
}

function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

/** When `wholeSeconds` will be one less. */
function untilNextSecond(ms: number): number {
  return ms > 0 ? ms - (wholeSeconds(ms) - 1) * 1000 : 1000;
}
