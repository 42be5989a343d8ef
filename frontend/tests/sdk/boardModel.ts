import type { Mark } from '../../src/sdk/board';
import { Cell } from '../../src/sdk/types';

export const COUNT = 12;
/** The parts in which a snapshot of the test comes. */
export const PARTS = [
  [0, 5],
  [5, 10],
  [10, COUNT],
] as const;

const OWN: readonly Mark[] = ['mine', 'paying', 'bought'];

interface Where {
  epoch: number;
  seq: number;
}

/** A board as slow and plain as can be. */
export class BoardModel {
  states: number[] = Array(COUNT).fill(Cell.available);
  position: Where | null = null;
  readonly marks = new Map<number, Mark>();
  #arriving: { where: Where; states: number[] } | null = null;

  /** Takes part `part` of a snapshot; null when another one is due. */
  snapshot(where: Where, part: number, states: readonly number[]): boolean | null {
    const [from, to] = PARTS[part] ?? [0, 0];
    if (part === 0) this.#arriving = { where, states: [] };
    const arriving = this.#arriving;
    const isDue = arriving?.states.length === from && isSame(arriving.where, where);
    if (!isDue) return null;
    const coming = states.slice(from, to);
    arriving.states.push(...coming);
    const isWhole = to === COUNT;
    if (this.position === null) this.states.splice(from, to - from, ...coming);
    else if (isWhole) this.states = arriving.states;
    if (isWhole) {
      this.position = where;
      this.#arriving = null;
    }
    return isWhole;
  }

  delta(epoch: number, from: number, to: number, changes: readonly [number, number][]): string {
    const at = this.position;
    if (at?.epoch !== epoch || at.seq < from) return 'resume';
    if (at.seq >= to) return 'ignored';
    for (const [index, state] of changes) this.states[index] = state;
    this.position = { epoch, seq: to };
    return 'applied';
  }

  setMarks(kind: Mark, indices: readonly number[]): void {
    for (const [index, mark] of [...this.marks]) {
      if (mark === kind && !indices.includes(index)) this.marks.delete(index);
    }
    for (const index of indices) this.mark(index, kind);
  }

  mark(index: number, kind: Mark): void {
    const isMine = OWN.includes(this.marks.get(index) ?? 'lost');
    if (!isMine || OWN.includes(kind)) this.marks.set(index, kind);
  }

  clear(index: number, kind: Mark): void {
    if (this.marks.get(index) === kind) this.marks.delete(index);
  }

  get cells(): number[] {
    return this.states.map((state, index) => {
      const mark = this.marks.get(index);
      return mark ? Cell[mark] : state;
    });
  }

  get counts() {
    const [available, reserved, sold, blocked] = [0, 1, 2, 3].map(
      (state) => this.states.filter((each) => each === state).length,
    );
    return { available, reserved, sold, blocked };
  }
}

function isSame(one: Where, other: Where): boolean {
  return one.epoch === other.epoch && one.seq === other.seq;
}
