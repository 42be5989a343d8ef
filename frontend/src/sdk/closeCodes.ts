/** Why a socket was closed, and what follows (docs/api.md, "Close codes"). */

export const RESTARTING = 1012;
export const BUSY = 1013;
export const NO_SUCH_RAFFLE = 4404;
export const TOO_SLOW = 4408;
export const TOO_MANY = 4429;

/** How long a restart takes that does not say. */
const RESTART_MS = 1_000;

/** Whether coming back makes sense; also for codes that are not the server's. */
export function mayReconnect(code: number): boolean {
  return code < 4400 || code === TOO_SLOW || code === TOO_MANY;
}

/** For an announced restart, how long it asks to stay away; null for any other close. */
export function retryAfterMs(code: number, reason: string): number | null {
  if (code !== RESTARTING) return null;
  try {
    const said: unknown = JSON.parse(reason);
    const ms = (said as { retry_after_ms?: unknown } | null)?.retry_after_ms;
    if (typeof ms === 'number' && ms >= 0) return ms;
  } catch {
    // A restart that says nothing more.
  }
  return RESTART_MS;
}
