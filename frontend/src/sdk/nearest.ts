import { type BoardView, Cell } from './types';

/**
 * Up to `howMany` available numbers near `index`, the nearest first; of two that are equally near,
 * the larger one first. `index` itself is never among them. `isWelcome` narrows the choice: to the
 * same ending, say, or to what was not offered yet. Looks only as far as it has to.
 */
export function nearestFree(
  board: BoardView,
  index: number,
  howMany: number,
  isWelcome: (index: number) => boolean = () => true,
): number[] {
  const found: number[] = [];
  const look = (near: number) => {
    if (near < 0 || near >= board.count || found.length >= howMany) return;
    if (board.cell(near) === Cell.available && isWelcome(near)) found.push(near);
  };
  const farthest = Math.max(index, board.count - 1 - index);
  for (let distance = 1; distance <= farthest && found.length < howMany; distance++) {
    look(index + distance);
    look(index - distance);
  }
  return found;
}
