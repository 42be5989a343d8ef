import { type BoardView, Cell } from '../sdk/types';

export interface Range {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

export interface FreeRange extends Range {
  readonly free: number;
}

/** Steps from the whole board to a number: no list on the way is longer than about a hundred. */
const SIZES = [100_000, 1_000, 100];

/** The sizes of the groups that lead to a number in a board of `count`, the largest first. */
export function groupSizes(count: number): number[] {
  return SIZES.filter((size) => size < count);
}

/** The groups of `size` numbers in a range that have a free one. */
export function freeGroups(board: BoardView, range: Range, size: number): FreeRange[] {
  const groups: FreeRange[] = [];
  for (let first = range.first; first <= range.last; first += size) {
    const last = Math.min(first + size - 1, range.last);
    const free = countFree(board, first, last);
    if (free > 0) groups.push({ first, last, free });
  }
  return groups;
}

export function freeIn(board: BoardView, { first, last }: Range): number[] {
  const free: number[] = [];
  for (let index = first; index <= last; index += 1) {
    if (board.cell(index) === Cell.available) free.push(index);
  }
  return free;
}

export function countFree(board: BoardView, first: number, last: number): number {
  let free = 0;
  for (let index = first; index <= last; index += 1) {
    if (board.cell(index) === Cell.available) free += 1;
  }
  return free;
}
