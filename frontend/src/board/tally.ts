import { type BoardView, Cell } from '../sdk/types';

/** How many numbers a block of the block view has. */
export function blockSize(count: number): number {
  return count > 20_000 ? 1_000 : 100;
}

/**
 * How many numbers of each block are free. Counts the board once; after that a change costs what it
 * touches.
 */
export class Tally {
  readonly blocks: number;
  readonly #free: Uint32Array;
  readonly #wasFree: Uint8Array;

  constructor(
    private readonly board: BoardView,
    readonly size: number,
  ) {
    this.blocks = Math.ceil(board.count / size);
    this.#free = new Uint32Array(this.blocks);
    this.#wasFree = new Uint8Array(board.count);
    this.touch('all');
  }

  freeOf(block: number): number {
    return this.#free[block] ?? 0;
  }

  /** How many numbers a block has; the last may have fewer than the others. */
  sizeOf(block: number): number {
    return Math.min(this.size, this.board.count - block * this.size);
  }

  touch(changed: readonly number[] | 'all'): void {
    if (changed !== 'all') {
      for (const index of changed) this.#look(index);
      return;
    }
    for (let index = 0; index < this.board.count; index += 1) this.#look(index);
  }

  #look(index: number): void {
    const free = this.board.cell(index) === Cell.available ? 1 : 0;
    const change = free - (this.#wasFree[index] ?? 0);
    if (change === 0) return;
    this.#wasFree[index] = free;
    const block = Math.floor(index / this.size);
    this.#free[block] = this.freeOf(block) + change;
  }
}
