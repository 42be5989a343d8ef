import { BadFrame, type DeltaFrame, type SnapshotFrame } from './codec';
import { labelOf, numberOf, widthOf } from './numbers';
import { type BoardView, Cell, type Position } from './types';

/** What of a board is this person's own: laid over the public state, until it is taken away. */
export type Mark = 'pending' | 'mine' | 'paying' | 'bought' | 'lost';

const NONE = 0;
const CODES: Record<Mark, Cell> = {
  pending: Cell.pending,
  mine: Cell.mine,
  paying: Cell.paying,
  bought: Cell.bought,
  lost: Cell.lost,
};

/**
 * A board in typed arrays: one byte a number for what the server says, one for what is mine.
 *
 * Lives outside of any component tree. Reading a cell, applying a delta and marking a number cost
 * what they touch, not what the board has: a million numbers are two megabytes and no objects.
 */
export class BoardStore implements BoardView {
  readonly width: number;
  #version = 0;
  readonly #public: Uint8Array;
  readonly #marks: Uint8Array;
  readonly #counts: [number, number, number, number];
  readonly #marked: Record<Mark, Set<number>> = {
    pending: new Set(),
    mine: new Set(),
    paying: new Set(),
    bought: new Set(),
    lost: new Set(),
  };
  readonly #listeners = new Set<(changed: readonly number[] | 'all') => void>();
  #position: Position | null = null;
  /** The position of a snapshot that is arriving, and how many numbers of it are here. */
  #arriving: (Position & { until: number }) | null = null;

  /** `count` numbers, all available. Throws `RangeError` for less than one. */
  constructor(readonly count: number) {
    if (!(count >= 1)) throw new RangeError(`a board of ${count} numbers`);
    this.width = widthOf(count);
    this.#public = new Uint8Array(count);
    this.#marks = new Uint8Array(count);
    this.#counts = [count, 0, 0, 0];
  }

  get version(): number {
    return this.#version;
  }

  /** Where the board stands; null until the first snapshot is whole. */
  get position(): Position | null {
    return this.#position;
  }

  cell(index: number): Cell {
    const mark = this.#marks[index];
    return (mark !== undefined && mark !== NONE ? mark : (this.#public[index] ?? 0)) as Cell;
  }

  /** What the server says of a number, whatever is mine. */
  publicState(index: number): 0 | 1 | 2 | 3 {
    return (this.#public[index] ?? 0) as 0 | 1 | 2 | 3;
  }

  label(index: number): string {
    return labelOf(index, this.width);
  }

  indexOf(label: string): number | undefined {
    return numberOf(label, this.width, this.count);
  }

  counts(): { available: number; reserved: number; sold: number; blocked: number } {
    const [available, reserved, sold, blocked] = this.#counts;
    return { available, reserved, sold, blocked };
  }

  subscribe(listener: (changed: readonly number[] | 'all') => void): () => void {
    const entry = (changed: readonly number[] | 'all') => listener(changed);
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  // -- what the server says ------------------------------------------------------------------------

  /**
   * Takes one part of a snapshot; true when with it the board is whole, at the frame's position.
   * Parts come in order, from number 0 on, all of one position; a part of another one begins anew.
   * Throws `BadFrame` for a part that does not belong to this board.
   */
  applySnapshot(frame: SnapshotFrame): boolean {
    const { epoch, seq, first, cells } = frame;
    if (first + cells.length > this.count) throw new BadFrame('a snapshot of another board');
    const arriving = this.#arriving;
    const goesOn = arriving !== null && arriving.epoch === epoch && arriving.seq === seq;
    if (first !== (goesOn ? arriving.until : 0)) {
      if (first !== 0) throw new BadFrame('a part of a snapshot is missing');
    }
    this.#overwrite(first, cells);
    const until = first + cells.length;
    const isWhole = until === this.count;
    this.#arriving = isWhole ? null : { epoch, seq, until };
    if (isWhole) this.#position = { epoch, seq };
    this.#tell('all');
    return isWhole;
  }

  /**
   * Takes a delta by the rule of the contract: `applied`, `ignored` when the board has it already,
   * or `resume` when something before it is missing (then nothing was changed).
   * Throws `BadFrame` when it names a number that the board does not have.
   */
  applyDelta(frame: DeltaFrame): 'applied' | 'ignored' | 'resume' {
    const at = this.#position;
    if (at === null || at.epoch !== frame.epoch || at.seq < frame.seqFrom) return 'resume';
    if (at.seq >= frame.seqTo) return 'ignored';
    const { indices, states } = frame;
    for (const index of indices) {
      if (index >= this.count) throw new BadFrame('a delta of another board');
    }
    const changed: number[] = [];
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i] as number;
      if (this.#setPublic(index, states[i] as number) && this.#marks[index] === NONE) {
        changed.push(index);
      }
    }
    this.#position = { epoch: at.epoch, seq: frame.seqTo };
    // A change under a mark is not seen, but it is counted.
    if (indices.length > 0) this.#tell(changed);
    return 'applied';
  }

  // -- what is mine --------------------------------------------------------------------------------

  /**
   * Says which numbers carry a mark of this kind, all of them: others lose it. Numbers that carried
   * another kind carry this one now.
   */
  setMarks(kind: Mark, indices: Iterable<number>): void {
    const wanted = new Set(indices);
    const changed: number[] = [];
    for (const index of this.#marked[kind]) {
      if (!wanted.has(index)) this.#unmark(index, changed);
    }
    for (const index of wanted) this.#mark(index, kind, changed);
    if (changed.length > 0) this.#tell(changed);
  }

  /** The numbers of my hold, and whether I am still choosing (`mine`) or paying. */
  setMine(indices: Iterable<number>, kind: 'mine' | 'paying' | 'bought'): void {
    this.setMarks(kind, indices);
  }

  /** Tapped here, not answered yet. A number that is mine already stays so. */
  markPending(index: number): void {
    const mark = this.#marks[index];
    if (mark !== undefined && mark !== Cell.mine && mark !== Cell.paying && mark !== Cell.bought) {
      this.#change(index, 'pending');
    }
  }

  /** The answer is there; what it was shows elsewhere. Other marks are left alone. */
  clearPending(index: number): void {
    if (this.#marks[index] === Cell.pending) this.#change(index, null);
  }

  /** Somebody else was quicker. Stays until `clearLost`, or until the number becomes mine. */
  markLost(index: number): void {
    if (this.#marks[index] === NONE || this.#marks[index] === Cell.pending) {
      this.#change(index, 'lost');
    }
  }

  clearLost(index: number): void {
    if (this.#marks[index] === Cell.lost) this.#change(index, null);
  }

  /** The numbers that carry a mark of this kind. */
  marked(kind: Mark): ReadonlySet<number> {
    return this.#marked[kind];
  }

  // -- inside --------------------------------------------------------------------------------------

  #overwrite(first: number, cells: Uint8Array): void {
    const counts = this.#counts;
    const board = this.#public;
    for (let i = 0; i < cells.length; i++) {
      const state = cells[i] as number;
      const before = board[first + i] as number;
      if (state !== before) {
        counts[before as 0]--;
        counts[state as 0]++;
        board[first + i] = state;
      }
    }
  }

  #setPublic(index: number, state: number): boolean {
    const before = this.#public[index] as number;
    if (before === state) return false;
    this.#counts[before as 0]--;
    this.#counts[state as 0]++;
    this.#public[index] = state;
    return true;
  }

  #change(index: number, kind: Mark | null): void {
    const changed: number[] = [];
    if (kind === null) this.#unmark(index, changed);
    else this.#mark(index, kind, changed);
    if (changed.length > 0) this.#tell(changed);
  }

  #mark(index: number, kind: Mark, changed: number[]): void {
    if (!(index >= 0 && index < this.count) || this.#marks[index] === CODES[kind]) return;
    this.#forget(index);
    this.#marks[index] = CODES[kind];
    this.#marked[kind].add(index);
    changed.push(index);
  }

  #unmark(index: number, changed: number[]): void {
    this.#forget(index);
    this.#marks[index] = NONE;
    changed.push(index);
  }

  #forget(index: number): void {
    if (this.#marks[index] === NONE) return;
    for (const indices of Object.values(this.#marked)) indices.delete(index);
  }

  #tell(changed: readonly number[] | 'all'): void {
    this.#version++;
    for (const listener of [...this.#listeners]) listener(changed);
  }
}
