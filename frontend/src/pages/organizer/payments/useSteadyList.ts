import { useCallback, useLayoutEffect, useRef } from 'react';

/** How long a list that has moved takes no taps. */
const SETTLE_MS = 800;

/**
 * Whether a tap on a row was meant for that row. Where a row vanishes the next one comes under the
 * thumb, and a second tap would decide about other money: taps right after such a move do not count.
 */
export function useSteadyList(ids: readonly string[]): () => boolean {
  const shown = useRef(ids);
  const movedAt = useRef(Number.NEGATIVE_INFINITY);
  useLayoutEffect(() => {
    const stayed = shown.current.every((id, place) => ids[place] === id);
    if (!stayed) movedAt.current = performance.now();
    shown.current = ids;
  }, [ids]);
  return useCallback(() => performance.now() - movedAt.current >= SETTLE_MS, []);
}
