import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoardStore, type Mark } from '../../src/sdk/board';
import { BadFrame } from '../../src/sdk/codec';
import { BoardModel, COUNT, PARTS } from './boardModel';

const index = fc.nat(COUNT - 1);
const state = fc.nat(3);
const epoch = fc.integer({ min: 1, max: 2 });
const seq = fc.nat(6);
const mark = fc.constantFrom<Mark>('pending', 'mine', 'paying', 'bought', 'lost');
const states = fc.array(state, { minLength: COUNT, maxLength: COUNT });

/** What can happen to a board; few positions, so that they meet. */
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('snapshot'), epoch, seq, states }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('part'),
      epoch,
      seq,
      part: fc.nat(PARTS.length - 1),
      states,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('delta'),
      epoch,
      seq,
      more: fc.integer({ min: 1, max: 3 }),
      changes: fc.uniqueArray(fc.tuple(index, state), { selector: ([number]) => number }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('marks'), mark, indices: fc.uniqueArray(index) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('markPending', 'markLost', 'clearPending', 'clearLost'),
      index,
    }),
  },
) as fc.Arbitrary<Step>;

type Changes = [number, number][];
type Step =
  | { do: 'snapshot'; epoch: number; seq: number; states: number[] }
  | { do: 'part'; epoch: number; seq: number; part: number; states: number[] }
  | { do: 'delta'; epoch: number; seq: number; more: number; changes: Changes }
  | { do: 'marks'; mark: Mark; indices: number[] }
  | { do: 'markPending' | 'markLost' | 'clearPending' | 'clearLost'; index: number };

/** Does the same to both, and what they answer must be the same. */
function take(board: BoardStore, model: BoardModel, one: Step): void {
  switch (one.do) {
    case 'snapshot':
      for (let part = 0; part < PARTS.length; part++) takePart(board, model, { ...one, part });
      break;
    case 'part':
      takePart(board, model, one);
      break;
    case 'delta': {
      const { epoch, seq: seqFrom, changes } = one;
      const seqTo = seqFrom + one.more;
      const indices = Uint32Array.from(changes, ([number]) => number);
      const states = Uint8Array.from(changes, ([, state]) => state);
      const said = board.applyDelta({ kind: 'delta', epoch, seqFrom, seqTo, indices, states });
      expect(said).toBe(model.delta(epoch, seqFrom, seqTo, changes));
      break;
    }
    case 'marks':
      board.setMarks(one.mark, one.indices);
      model.setMarks(one.mark, one.indices);
      break;
    default: {
      board[one.do](one.index);
      const kind = one.do.endsWith('Pending') ? 'pending' : 'lost';
      if (one.do.startsWith('mark')) model.mark(one.index, kind);
      else model.clear(one.index, kind);
    }
  }
}

type Part = { epoch: number; seq: number; part: number; states: number[] };

function takePart(board: BoardStore, model: BoardModel, one: Part): void {
  const { epoch, seq, states } = one;
  const [first, end] = PARTS[one.part] ?? [0, 0];
  const cells = Uint8Array.from(states.slice(first, end));
  const expected = model.snapshot({ epoch, seq }, one.part, states);
  const given = () => board.applySnapshot({ kind: 'snapshot', epoch, seq, first, cells });
  if (expected === null) expect(given).toThrow(BadFrame);
  else expect(given()).toBe(expected);
}

function picture(board: BoardStore): number[] {
  return Array.from({ length: COUNT }, (_, index) => board.cell(index));
}

function publicStates(board: BoardStore): number[] {
  return Array.from({ length: COUNT }, (_, index) => board.publicState(index));
}

describe('whatever happens to a board', () => {
  it('it is what a plain model is', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const [board, model] = [new BoardStore(COUNT), new BoardModel()];
        for (const one of steps) {
          take(board, model, one);
          expect(picture(board)).toEqual(model.cells);
          expect(publicStates(board)).toEqual(model.states);
          expect(board.counts()).toEqual(model.counts);
          expect(board.position).toEqual(model.position);
          for (const [index, kind] of model.marks) expect(board.marked(kind)).toContain(index);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('who looks only at what is told has the same picture, and is told nothing for nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const [board, model] = [new BoardStore(COUNT), new BoardModel()];
        const seen = picture(board);
        let told = 0;
        board.subscribe((changed) => {
          told++;
          for (const index of changed === 'all' ? seen.keys() : changed) {
            seen[index] = board.cell(index);
          }
        });
        for (const one of steps) {
          const before = [...picture(board), ...publicStates(board)].join();
          const { version } = board;
          told = 0;
          take(board, model, one);
          expect(seen).toEqual(picture(board));
          expect(board.version).toBe(version + told);
          // The parts of a snapshot may take back what earlier ones brought.
          const isOther = [...picture(board), ...publicStates(board)].join() !== before;
          if (one.do !== 'snapshot') expect(told > 0).toBe(isOther);
        }
      }),
      { numRuns: 500 },
    );
  });
});
