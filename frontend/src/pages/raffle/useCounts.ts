import { useEffect, useState } from 'react';
import type { BoardView, Raffle } from '../../sdk/types';

type Counts = Raffle['counts'];

const NONE: Counts = { available: 0, reserved: 0, sold: 0 };
/** Figures that change ten times a second cannot be read. */
const PAUSE_MS = 500;

/** How many numbers are free, held and sold: by the live board, or as the raffle was last told. */
export function useCounts(board: BoardView | null, raffle: Raffle | null): Counts {
  const [counts, setCounts] = useState<Counts | null>(() => board?.counts() ?? null);

  useEffect(() => {
    if (!board) return;
    setCounts(board.counts());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = board.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setCounts(board.counts());
      }, PAUSE_MS);
    });
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [board]);

  return counts ?? raffle?.counts ?? NONE;
}
