import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoardStore, type Mark } from '../../src/sdk/board';
import { BadFrame, type DeltaFrame, type SnapshotFrame } from '../../src/sdk/codec';
import { Cell } from '../../src/sdk/types';

const COUNT = 12;

function snapshot(seq: number, cells: number[], first = 0, epoch = 1): SnapshotFrame {
  return { kind: 'snapshot', epoch, seq, first, cells: Uint8Array.from(cells) };
}

function delta(seqFrom: number, seqTo: number, changes: [number, number][]): DeltaFrame {
  const indices = Uint32Array.from(changes, ([index]) => index);
  const states = Uint8Array.from(changes, ([, state]) => state);
  return { kind: 'delta', epoch: 1, seqFrom, seqTo, indices, states };
}

describe('a board', () => {
  it('is whole only when all parts of one position are there', () => {
    const board = new BoardStore(COUNT);
    expect(board.applySnapshot(snapshot(5, [2, 2, 2, 2, 2, 2]))).toBe(false);
    expect(board.position).toBeNull();
    expect(board.cell(0)).toBe(Cell.sold); // A first part is already worth painting.
    expect(board.applySnapshot(snapshot(5, [1, 1, 1, 1, 1, 1], 6))).toBe(true);
    expect(board.position).toEqual({ epoch: 1, seq: 5 });
    expect(board.counts()).toEqual({ available: 0, reserved: 6, sold: 6, blocked: 0 });
  });

  it('begins anew when parts of another position come', () => {
    const board = new BoardStore(COUNT);
    board.applySnapshot(snapshot(5, [2, 2, 2, 2, 2, 2]));
    expect(() => board.applySnapshot(snapshot(6, [0, 0], 6))).toThrow(BadFrame);
    expect(board.applySnapshot(snapshot(6, Array(COUNT).fill(0)))).toBe(true);
    expect(board.position).toEqual({ epoch: 1, seq: 6 });
  });

  it('refuses frames of a larger board, and changes nothing', () => {
    const board = new BoardStore(COUNT);
    board.applySnapshot(snapshot(5, Array(COUNT).fill(0)));
    expect(() => board.applySnapshot(snapshot(6, Array(COUNT + 1).fill(1)))).toThrow(BadFrame);
    const far: [number, number][] = [
      [0, 1],
      [COUNT, 1],
    ];
    expect(() => board.applyDelta(delta(5, 6, far))).toThrow(BadFrame);
    expect(board.cell(0)).toBe(Cell.available);
  });

  it('shows what is mine as mine, whatever the server says of it, until it is taken away', () => {
    const board = new BoardStore(COUNT);
    board.applySnapshot(snapshot(1, Array(COUNT).fill(0)));
    board.markPending(3);
    expect(board.cell(3)).toBe(Cell.pending);
    board.setMine([3, 4], 'mine');
    board.applyDelta(delta(1, 2, [[3, 1]]));
    board.applySnapshot(snapshot(9, Array(COUNT).fill(1)));
    expect([board.cell(3), board.cell(4), board.cell(5)]).toEqual([5, 5, Cell.reserved]);
    board.setMine([4], 'paying');
    board.setMine([], 'mine');
    expect([board.cell(3), board.cell(4)]).toEqual([Cell.reserved, Cell.paying]);
  });

  it('never lets a tap or a lost race hide what is mine', () => {
    const board = new BoardStore(COUNT);
    board.setMine([1], 'bought');
    board.markPending(1);
    board.markLost(1);
    board.clearPending(1);
    board.clearLost(1);
    expect(board.cell(1)).toBe(Cell.bought);
  });
});

type Step =
  | { do: 'snapshot'; cells: number[] }
  | { do: 'delta'; changes: [number, number][] }
  | { do: 'mine'; kind: 'mine' | 'paying' | 'bought'; indices: number[] }
  | { do: 'pending' | 'clearPending' | 'lost' | 'clearLost'; index: number };

const index = fc.nat(COUNT - 1);
const state = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('snapshot' as const),
    cells: fc.array(state, { minLength: COUNT, maxLength: COUNT }),
  }),
  fc.record({
    do: fc.constant('delta' as const),
    changes: fc.uniqueArray(fc.tuple(index, state), { selector: ([i]) => i }),
  }),
  fc.record({
    do: fc.constant('mine' as const),
    kind: fc.constantFrom('mine' as const, 'paying' as const, 'bought' as const),
    indices: fc.uniqueArray(index),
  }),
  fc.record({
    do: fc.constantFrom(
      'pending' as const,
      'clearPending' as const,
      'lost' as const,
      'clearLost' as const,
    ),
    index,
  }),
);

/** The same board, as slow and plain as can be. */
class Model {
  cells: number[] = Array(COUNT).fill(0);
  marks = new Map<number, Mark>();

  take(one: Step): void {
    if (one.do === 'snapshot') this.cells = [...one.cells];
    else if (one.do === 'delta') for (const [i, s] of one.changes) this.cells[i] = s;
    else if (one.do === 'mine') {
      for (const [i, kind] of [...this.marks]) if (kind === one.kind) this.marks.delete(i);
      for (const i of one.indices) this.marks.set(i, one.kind);
    } else {
      const mark = this.marks.get(one.index);
      const isMine = mark === 'mine' || mark === 'paying' || mark === 'bought';
      if (one.do === 'pending' && !isMine) this.marks.set(one.index, 'pending');
      if (one.do === 'lost' && !isMine) this.marks.set(one.index, 'lost');
      if (one.do === 'clearPending' && mark === 'pending') this.marks.delete(one.index);
      if (one.do === 'clearLost' && mark === 'lost') this.marks.delete(one.index);
    }
  }

  cell(i: number): number {
    const mark = this.marks.get(i);
    return mark ? Cell[mark] : (this.cells[i] ?? Number.NaN);
  }
}

describe('whatever happens to a board', () => {
  it('it is what a plain model is, it counts right, and it tells all that changed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const board = new BoardStore(COUNT);
        const model = new Model();
        const told = Array.from({ length: COUNT }, (_, i) => board.cell(i));
        board.subscribe((changed) => {
          const indices = changed === 'all' ? told.keys() : changed;
          for (const i of indices) told[i] = board.cell(i);
        });
        let seq = 1;
        board.applySnapshot(snapshot(seq, model.cells));
        for (const one of steps) {
          if (one.do === 'snapshot') board.applySnapshot(snapshot(++seq, one.cells));
          else if (one.do === 'delta') board.applyDelta(delta(seq, ++seq, one.changes));
          else if (one.do === 'mine') board.setMine(one.indices, one.kind);
          else if (one.do === 'pending') board.markPending(one.index);
          else if (one.do === 'clearPending') board.clearPending(one.index);
          else if (one.do === 'lost') board.markLost(one.index);
          else board.clearLost(one.index);
          model.take(one);
          const expected = Array.from({ length: COUNT }, (_, i) => model.cell(i));
          expect(told).toEqual(expected);
          expect(Object.values(board.counts())).toEqual(
            [0, 1, 2, 3].map((s) => model.cells.filter((c) => c === s).length),
          );
        }
      }),
    );
  });
});
