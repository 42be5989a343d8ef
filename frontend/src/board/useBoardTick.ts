import { useEffect, useState } from 'react';
import type { BoardView } from '../sdk/types';

/**
 * Renders again after the board changed, at most once in `pauseMs`. For what tells about many
 * numbers: figures that change ten times a second cannot be read.
 */
export function useBoardTick(board: BoardView | null, pauseMs: number): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = board?.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setTick((n) => n + 1);
      }, pauseMs);
    });
    return () => {
      unsubscribe?.();
      clearTimeout(timer);
    };
  }, [board, pauseMs]);
  return tick;
}
