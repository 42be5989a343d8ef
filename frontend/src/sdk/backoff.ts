/** The longest first pause, and the longest of all, in milliseconds. */
export const BASE_MS = 500;
export const CAP_MS = 30_000;
/** A pause is never shorter: a server that refuses at once must not be asked in a tight loop. */
export const LEAST_MS = 100;

/**
 * How long to wait before attempt number `attempt` (0 is the first), in milliseconds: any time up to
 * a limit that doubles, so that thousands who lost one server do not come back as one wave.
 * `random` gives a number in [0, 1). There is no attempt after which it gives up.
 */
export function fullJitter(attempt: number, random: () => number = Math.random): number {
  const limit = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16));
  return Math.round(LEAST_MS + random() * (limit - LEAST_MS));
}

/**
 * When a server said when to come back: not before that, and spread over half as much again, since
 * it told everybody the same.
 */
export function afterHint(retryAfterMs: number, random: () => number = Math.random): number {
  const hint = Math.min(Math.max(retryAfterMs, LEAST_MS), 10 * CAP_MS);
  return Math.round(hint * (1 + random() / 2));
}
