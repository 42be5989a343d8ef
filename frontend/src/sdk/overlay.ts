import type { BoardStore } from './board';
import type { Reservation } from './types';

/** How long a number shows that somebody else was quicker. */
export const LOST_MS = 2_500;

/** Lays what is mine over the board: what I hold, what I bought, and what I just tapped. */
export class Overlay {
  #board: BoardStore | null = null;
  /** Undefined as long as nobody knows: what a restored board shows as mine stays so until then. */
  #hold: Reservation | null | undefined;
  #bought: readonly string[] | undefined;
  /** Mine, but on their way out: they show as pending until that is answered. */
  readonly #leaving = new Set<number>();
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  /** A board to lay it over; the first one stays. */
  attach(board: BoardStore): void {
    this.#board = board;
    this.#paint();
  }

  showHold(hold: Reservation | null): void {
    this.#hold = hold;
    this.#paint();
  }

  showBought(labels: readonly string[]): void {
    this.#bought = labels;
    this.#paint();
  }

  /** Tapped, to have it. */
  pending(index: number): void {
    this.#unlose(index);
    this.#board?.markPending(index);
  }

  /** Tapped, to let it go. */
  leaving(index: number): void {
    this.#leaving.add(index);
    this.#paint();
  }

  /** Answered. What came of it shows by `showHold`, or by `lost`. */
  settled(index: number): void {
    this.#board?.clearPending(index);
    if (this.#leaving.delete(index)) this.#paint();
  }

  /** Somebody else was quicker. Shows for a moment. */
  lost(index: number): void {
    const board = this.#board;
    if (board === null) return;
    this.#unlose(index);
    board.markLost(index);
    this.#timers.set(
      index,
      setTimeout(() => this.#unlose(index), LOST_MS),
    );
  }

  close(): void {
    for (const index of [...this.#timers.keys()]) this.#unlose(index);
  }

  #unlose(index: number): void {
    clearTimeout(this.#timers.get(index));
    if (this.#timers.delete(index)) this.#board?.clearLost(index);
  }

  #paint(): void {
    const board = this.#board;
    if (board === null) return;
    const indices = (labels: readonly string[]) =>
      labels.map((label) => board.indexOf(label)).filter((index) => index !== undefined);
    if (this.#hold !== undefined) {
      const held = indices(this.#hold?.number_ids ?? []);
      const staying = held.filter((index) => !this.#leaving.has(index));
      const isChoosing = this.#hold?.phase === 'selection';
      // The new marks before the old ones go: a number that only changes its kind is told once.
      board.setMarks(isChoosing ? 'mine' : 'paying', staying);
      board.setMarks(isChoosing ? 'paying' : 'mine', []);
    }
    if (this.#bought !== undefined) board.setMarks('bought', indices(this.#bought));
    for (const index of this.#leaving) board.markPending(index);
  }
}
