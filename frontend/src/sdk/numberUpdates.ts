import type { BoardStore } from './board';
import { Cell, type NumberStatus } from './types';

/** One number changed. `user_id` is told only of what is mine: nobody learns who holds the rest. */
export interface NumberUpdate {
  number_id: string;
  status: NumberStatus;
  user_id?: string;
}

const STATUSES: readonly NumberStatus[] = ['available', 'reserved', 'sold', 'blocked'];
const MINE = 4;
/** Nothing was told yet. */
const UNTOLD = 255;

/**
 * A board as single changes, for pages that keep a list of numbers of their own. Tells every number
 * once, and from then on those that have become something else; also what changed while the
 * connection was away. Until the returned function is called.
 */
export function followNumbers(
  board: BoardStore,
  userId: () => string | undefined,
  tell: (update: NumberUpdate) => void,
): () => void {
  const told = new Uint8Array(board.count).fill(UNTOLD);

  function look(index: number): void {
    // What was just tapped is told when it is answered: whose it is, and not who was quicker.
    if (board.cell(index) === Cell.pending && told[index] !== UNTOLD) return;
    const now = codeOf(board, index);
    if (told[index] === now) return;
    told[index] = now;
    const status = STATUSES[now & 3] as NumberStatus;
    const user_id = now & MINE ? userId() : undefined;
    tell({ number_id: board.label(index), status, ...(user_id && { user_id }) });
  }

  function lookAtAll(): void {
    for (let index = 0; index < board.count; index++) look(index);
  }

  lookAtAll();
  return board.subscribe((changed) => (changed === 'all' ? lookAtAll() : changed.forEach(look)));
}

/** The public state, and whether it is mine. What I hold is taken, even if the board lags behind. */
function codeOf(board: BoardStore, index: number): number {
  const cell = board.cell(index);
  if (cell === Cell.mine || cell === Cell.paying) return MINE | Cell.reserved;
  if (cell === Cell.bought) return MINE | Cell.sold;
  return board.publicState(index);
}
