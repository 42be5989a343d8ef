import { type BoardView, Cell } from './types';

/**
 * Up to `howMany` available numbers near `index`, the nearest first; of two that are equally near,
 * the larger one first. `index` itself is never among them. Looks only as far as it has to.
 */
export function nearestFree(
  board: BoardView,
  index: number,
  howMany: number,
  isWelcome: (index: number) => boolean = () => true,
): number[] {
  const found: number[] = [];
  const farthest = Math.max(index, board.count - 1 - index);
  for (let distance = 1; distance <= farthest && found.length < howMany; distance++) {
    for (const near of [index + distance, index - distance]) {
      if (near < 0 || near >= board.count || found.length >= howMany) continue;
      if (board.cell(near) === Cell.available && isWelcome(near)) found.push(near);
    }
  }
  return found;
}
