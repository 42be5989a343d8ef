import { BadFrame, type DeltaFrame, MAX_NUMBERS, type SnapshotFrame } from './codec';
import { labelOf, numberOf, widthOf } from './numbers';
import { type BoardView, Cell, type Position } from './types';

/** What of a board is this person's own: laid over the public state, until it is taken away. */
export type Mark = 'pending' | 'mine' | 'paying' | 'bought' | 'lost';

type Listener = (changed: readonly number[] | 'all') => void;

/** Listeners that would be told of more numbers than this look at the whole board sooner. */
const MOST_TOLD = 2_048;

/** In place of a mark; no mark has the code of a public state. */
const NONE = 0;
const MARKS: readonly Mark[] = ['pending', 'mine', 'paying', 'bought', 'lost'];
const MARK_OF = new Map<number, Mark>(MARKS.map((mark) => [Cell[mark], mark]));

/**
 * A board in typed arrays: one byte a number for what the server says, one for what is mine.
 *
 * Lives outside of any component tree. Reading a cell, applying a delta and marking a number cost
 * what they touch, not what the board has: a million numbers are two megabytes and no objects.
 *
 * The public states are always those of one `position`: a new snapshot takes their place when all
 * its parts are there. Only the very first one can be seen arriving. Marks know nothing of positions
 * and survive snapshots. Listeners are told of every number whose cell or public state became another
 * one, and only then.
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
  readonly #listeners = new Set<Listener>();
  #position: Position | null = null;
  /** A snapshot whose parts are not all here; `until` is the number that the next one begins with. */
  #arriving: (Position & { parts: SnapshotFrame[]; until: number }) | null = null;

  /** `count` numbers, all available. Throws `RangeError` for a count that no raffle has. */
  constructor(readonly count: number) {
    if (!Number.isInteger(count) || count < 1 || count > MAX_NUMBERS) {
      throw new RangeError(`a board of ${count} numbers`);
    }
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

  /** Throws `RangeError` for a number that the board does not have, as all that take an index do. */
  cell(index: number): Cell {
    const mark = this.#marks[index];
    if (mark === undefined) throw this.#noSuch(index);
    return (mark === NONE ? this.#public[index] : mark) as Cell;
  }

  /** What the server says of a number, whatever is mine. */
  publicState(index: number): 0 | 1 | 2 | 3 {
    const state = this.#public[index];
    if (state === undefined) throw this.#noSuch(index);
    return state as 0 | 1 | 2 | 3;
  }

  label(index: number): string {
    if (this.#marks[index] === undefined) throw this.#noSuch(index);
    return labelOf(index, this.width);
  }

  indexOf(label: string): number | undefined {
    return numberOf(label, this.width, this.count);
  }

  /** How many numbers are in each public state: those that are mine count as the server has them. */
  counts(): { available: number; reserved: number; sold: number; blocked: number } {
    const [available, reserved, sold, blocked] = this.#counts;
    return { available, reserved, sold, blocked };
  }

  subscribe(listener: Listener): () => void {
    // One entry a subscription: the same function given twice is told twice, and leaves twice.
    const entry: Listener = (changed) => listener(changed);
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  // -- what the server says ------------------------------------------------------------------------

  /**
   * Takes one part of a snapshot; true when with it the board is whole, at the frame's position.
   * That may be behind the one it had: what the server says last is so.
   *
   * Parts come in order, from number 0 on, all of one position; number 0 begins anew. Throws
   * `BadFrame`, and changes nothing, for a part that does not belong to this board, or that comes
   * when another one is due.
   */
  applySnapshot(frame: SnapshotFrame): boolean {
    const { epoch, seq, first, cells } = frame;
    const until = first + cells.length;
    if (until > this.count) throw new BadFrame('a snapshot of another board');
    const arriving = first === 0 ? { epoch, seq, parts: [], until: 0 } : this.#arriving;
    const isDue = arriving?.epoch === epoch && arriving.seq === seq && arriving.until === first;
    if (!isDue) throw new BadFrame('a part of a snapshot is missing');

    const isWhole = until === this.count;
    const parts = [...arriving.parts, frame];
    const isFirst = this.#position === null;
    this.#arriving = isWhole ? null : { epoch, seq, until, parts: isFirst ? [] : parts };
    if (isWhole) this.#position = { epoch, seq };
    // Where nothing is shown yet, a part is better than nothing.
    if (isFirst || isWhole) this.#overwrite(isFirst ? [frame] : parts);
    return isWhole;
  }

  /**
   * Takes a delta by the rule of the contract: `applied`, `ignored` when the board has it already,
   * or `resume` when something before it is missing (then nothing was changed).
   * Throws `BadFrame`, and changes nothing, when it names a number that the board does not have.
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
      if (this.#setPublic(index, states[i] as number)) changed.push(index);
    }
    this.#position = { epoch: at.epoch, seq: frame.seqTo };
    this.#tell(changed);
    return 'applied';
  }

  // -- what is mine --------------------------------------------------------------------------------

  /**
   * Says which numbers carry a mark of this kind, all of them: others lose it and show their public
   * state again. A number carries one mark, the last it was given; but one that is mine (`mine`,
   * `paying`, `bought`) cannot become `pending` or `lost`.
   */
  setMarks(kind: Mark, indices: Iterable<number>): void {
    const wanted = new Set(indices);
    for (const index of wanted) if (!(index in this.#marks)) throw this.#noSuch(index);
    const changed: number[] = [];
    for (const index of [...this.#marked[kind]]) {
      if (!wanted.has(index)) this.#unmark(index, changed);
    }
    for (const index of wanted) this.#mark(index, kind, changed);
    this.#tell(changed);
  }

  /** The numbers that carry a mark of this kind. */
  marked(kind: Mark): ReadonlySet<number> {
    return this.#marked[kind];
  }

  /** Tapped here, not answered yet. A number that is mine already stays so. */
  markPending(index: number): void {
    this.#change(index, 'pending');
  }

  /** The answer is there; what it was shows elsewhere. Other marks are left alone. */
  clearPending(index: number): void {
    if (this.#marks[index] === Cell.pending) this.#change(index, null);
  }

  /** Somebody else was quicker. Stays until `clearLost`, or until the number becomes mine. */
  markLost(index: number): void {
    this.#change(index, 'lost');
  }

  clearLost(index: number): void {
    if (this.#marks[index] === Cell.lost) this.#change(index, null);
  }

  // -- inside --------------------------------------------------------------------------------------

  #overwrite(parts: readonly SnapshotFrame[]): void {
    const changed: number[] = [];
    for (const { first, cells } of parts) {
      for (let i = 0; i < cells.length; i++) {
        const isOther = this.#setPublic(first + i, cells[i] as number);
        if (isOther && changed.length <= MOST_TOLD) changed.push(first + i);
      }
    }
    this.#tell(changed);
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
    if (!(index in this.#marks)) throw this.#noSuch(index);
    const changed: number[] = [];
    if (kind === null) this.#unmark(index, changed);
    else this.#mark(index, kind, changed);
    this.#tell(changed);
  }

  #mark(index: number, kind: Mark, changed: number[]): void {
    const before = MARK_OF.get(this.#marks[index] as number);
    if (before === kind || (isOwn(before) && !isOwn(kind))) return;
    if (before) this.#marked[before].delete(index);
    this.#marked[kind].add(index);
    this.#marks[index] = Cell[kind];
    changed.push(index);
  }

  #unmark(index: number, changed: number[]): void {
    const before = MARK_OF.get(this.#marks[index] as number);
    if (before) this.#marked[before].delete(index);
    this.#marks[index] = NONE;
    changed.push(index);
  }

  #tell(changed: readonly number[]): void {
    if (changed.length === 0) return;
    this.#version++;
    const told = changed.length > MOST_TOLD ? 'all' : changed;
    for (const listener of [...this.#listeners]) listener(told);
  }

  #noSuch(index: number): RangeError {
    return new RangeError(`no number ${index} on a board of ${this.count}`);
  }
}

function isOwn(mark: Mark | undefined): boolean {
  return mark === 'mine' || mark === 'paying' || mark === 'bought';
}
