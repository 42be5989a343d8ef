import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BoardStore } from '../../src/sdk/board';
import { decodeFrame, type SnapshotFrame } from '../../src/sdk/codec';
import { encodeBoard } from '../../src/sdk/encodeBoard';

const never = () => Promise.reject(new Error('it is not deflated'));

function copyOf(cells: Uint8Array, position: { epoch: number; seq: number }): BoardStore {
  const board = { count: cells.length, publicState: (i: number) => cells[i] as number };
  const copy = new BoardStore(cells.length);
  for (const part of encodeBoard(board, position)) {
    copy.applySnapshot(decodeFrame(new Uint8Array(part), never) as SnapshotFrame);
  }
  return copy;
}

it('another tab reads the same board at the same position', () => {
  const cells = fc.uint8Array({ minLength: 1, maxLength: 300, max: 3 });
  const position = fc.record({ epoch: fc.nat(), seq: fc.maxSafeNat() });
  fc.assert(
    fc.property(cells, position, (states, at) => {
      const copy = copyOf(states, at);
      expect(copy.position).toEqual(at);
      expect([...states].every((state, i) => copy.publicState(i) === state)).toBe(true);
    }),
  );
});

it('a large board goes in parts, as from the server', () => {
  const cells = new Uint8Array(150_000).map((_, i) => i % 4);
  const board = { count: cells.length, publicState: (i: number) => cells[i] as number };
  expect(encodeBoard(board, { epoch: 1, seq: 2 })).toHaveLength(3);
  const copy = copyOf(cells, { epoch: 1, seq: 2 });
  expect([65_535, 65_536, 149_999].map((i) => copy.publicState(i))).toEqual([3, 0, 3]);
});
