import type { ConnectionView } from '../../sdk/types';

/** A drop shorter than this is nobody's business. */
export const QUIET_MS = 2_000;
export type Banner =
  | { kind: 'hidden' }
  | { kind: 'reconnecting'; seconds: number | null }
  | { kind: 'offline' }
  | { kind: 'maintenance'; seconds: number | null }
  | { kind: 'blocked'; code: number | null };

/**
 * What to say about the connection. `now` and `since` are `performance.now()`; `since` is when the
 * page opened, and counts while there was no board yet.
 */
export function bannerOf(view: ConnectionView, now: number, since: number): Banner {
  if (view.state === 'blocked') return { kind: 'blocked', code: view.code };
  if (view.state === 'live' || view.state === 'closed') return { kind: 'hidden' };
  if (lostFor(view, now, since) < QUIET_MS) return { kind: 'hidden' };
  if (view.state === 'waiting') {
    if (view.offline) return { kind: 'offline' };
    const seconds =
      view.retryAt === null ? null : Math.max(0, Math.ceil((view.retryAt - now) / 1000));
    return { kind: view.maintenance ? 'maintenance' : 'reconnecting', seconds };
  }
  return { kind: 'reconnecting', seconds: null };
}

function lostFor(view: ConnectionView, now: number, since: number): number {
  return now - (view.lostSince ?? since);
}
