import { describe, expect, it } from 'vitest';
import { BoardStore } from '../../src/sdk/board';
import {
  BadFrame,
  BLOCK_NUMBERS,
  type DeltaFrame,
  decodeFrame,
  type SnapshotFrame,
} from '../../src/sdk/codec';
import { Cell } from '../../src/sdk/types';
import { bytesOf, golden, inflate } from './golden';

const COUNT = 12;
const MILLION = 1_000_000;

function snapshot(seq: number, cells: ArrayLike<number>, first = 0, epoch = 1): SnapshotFrame {
  return { kind: 'snapshot', epoch, seq, first, cells: Uint8Array.from(cells) };
}

function whole(seq: number, state: number): SnapshotFrame {
  return snapshot(seq, Array(COUNT).fill(state));
}

function delta(seqFrom: number, seqTo: number, ...changes: [number, number][]): DeltaFrame {
  const indices = Uint32Array.from(changes, ([index]) => index);
  const states = Uint8Array.from(changes, ([, state]) => state);
  return { kind: 'delta', epoch: 1, seqFrom, seqTo, indices, states };
}

/** A board, and what its listeners have been told. */
function watched(count = COUNT) {
  const board = new BoardStore(count);
  const told: (readonly number[] | 'all')[] = [];
  const leave = board.subscribe((changed) => told.push(changed));
  return { board, told, leave };
}

describe('a snapshot', () => {
  it('can be seen arriving when it is the first, and has no position before it is whole', () => {
    const board = new BoardStore(COUNT);
    expect(board.applySnapshot(snapshot(5, [2, 2, 2, 2, 2, 2]))).toBe(false);
    expect(board.position).toBeNull();
    expect(board.cell(0)).toBe(Cell.sold);
    expect(board.applyDelta(delta(5, 6, [0, 1]))).toBe('resume');
    expect(board.applySnapshot(snapshot(5, [1, 1, 1, 1, 1, 1], 6))).toBe(true);
    expect(board.position).toEqual({ epoch: 1, seq: 5 });
    expect(board.counts()).toEqual({ available: 0, reserved: 6, sold: 6, blocked: 0 });
  });

  it('takes the place of an older board at once, when its last part is there', () => {
    const { board, told } = watched();
    board.applySnapshot(whole(5, 0));
    board.applySnapshot(snapshot(9, [2, 2, 2, 2, 2, 2]));
    expect(board.cell(0)).toBe(Cell.available);
    expect(board.position).toEqual({ epoch: 1, seq: 5 });
    expect(told).toEqual([]);
    board.applySnapshot(snapshot(9, [2, 2, 2, 2, 2, 2], 6));
    expect([board.cell(0), board.cell(11)]).toEqual([Cell.sold, Cell.sold]);
    expect(told).toHaveLength(1);
  });

  it('that was broken off is forgotten when another one begins', () => {
    const board = new BoardStore(COUNT);
    board.applySnapshot(whole(1, 0));
    board.applySnapshot(snapshot(5, [2, 2, 2, 2, 2, 2]));
    expect(() => board.applySnapshot(snapshot(6, [0, 0], 6))).toThrow(BadFrame);
    expect(board.applySnapshot(whole(6, 3))).toBe(true);
    expect(() => board.applySnapshot(snapshot(5, [2, 2, 2, 2, 2, 2], 6))).toThrow(BadFrame);
    expect(board.counts().blocked).toBe(COUNT);
  });

  it('that changes nothing tells nobody, as after a short break', () => {
    const { board, told } = watched();
    board.applySnapshot(whole(5, 1));
    const { version } = board;
    board.applySnapshot(whole(9, 1));
    expect([told.length, board.version]).toEqual([1, version]);
    expect(board.position?.seq).toBe(9);
  });

  it('of another board is refused, and changes nothing', () => {
    const board = new BoardStore(COUNT);
    board.applySnapshot(whole(5, 0));
    expect(() => board.applySnapshot(snapshot(6, Array(COUNT + 1).fill(1)))).toThrow(BadFrame);
    expect(() => board.applyDelta(delta(5, 6, [0, 1], [COUNT, 1]))).toThrow(BadFrame);
    expect(board.cell(0)).toBe(Cell.available);
    expect(board.position?.seq).toBe(5);
  });
});

describe('a client of the golden board', () => {
  interface Step {
    frame: string;
    outcome: 'applied' | 'ignored' | 'resume';
    epoch: number;
    seq: number;
    cells: string;
  }

  it('does with each frame what the contract says', async () => {
    const board = new BoardStore(6);
    for (const step of golden<{ steps: Step[] }>('client').steps) {
      const frame = await decodeFrame(bytesOf(step.frame), inflate);
      if (frame.kind === 'delta') expect(board.applyDelta(frame)).toBe(step.outcome);
      else expect(board.applySnapshot(frame)).toBe(step.outcome === 'applied');
      const { epoch, seq } = board.position ?? { epoch: 0, seq: 0 };
      expect({ epoch, seq }).toEqual({ epoch: step.epoch, seq: step.seq });
      if (step.cells === '') continue;
      expect([0, 1, 2, 3, 4, 5].map((index) => board.cell(index)).join('')).toBe(step.cells);
    }
  });
});

describe('a board of a million numbers', () => {
  /** The snapshot in its sixteen blocks, each number in the state that `state` says. */
  function* blocks(seq: number, state: (index: number) => number): Generator<SnapshotFrame> {
    for (let first = 0; first < MILLION; first += BLOCK_NUMBERS) {
      const count = Math.min(BLOCK_NUMBERS, MILLION - first);
      const cells = Uint8Array.from({ length: count }, (_, i) => state(first + i));
      yield { kind: 'snapshot', epoch: 1, seq, first, cells };
    }
  }

  it('tells that all may have changed, or the few that did', () => {
    const { board, told } = watched(MILLION);
    const outcomes = [...blocks(1, (index) => index & 3)].map((part) => board.applySnapshot(part));
    expect(outcomes).toEqual([...Array(15).fill(false), true]);
    expect(new Set(told)).toEqual(new Set(['all']));
    told.length = 0;
    for (const part of blocks(2, (index) => (index === 999_999 ? 0 : index & 3))) {
      board.applySnapshot(part);
    }
    board.applyDelta(delta(2, 3, [417, 2]));
    expect(told).toEqual([[999_999], [417]]);
    expect(board.label(417)).toBe('000417');
    expect(board.counts()).toEqual({
      available: 250_001,
      reserved: 249_999,
      sold: 250_001,
      blocked: 249_999,
    });
  });
});

describe('what is mine', () => {
  it('shows, whatever the server says of it, until it is taken away', () => {
    const board = new BoardStore(COUNT);
    board.applySnapshot(whole(1, 0));
    board.markPending(3);
    expect(board.cell(3)).toBe(Cell.pending);
    board.setMarks('mine', [3, 4]);
    board.applyDelta(delta(1, 2, [3, 1]));
    board.applySnapshot(whole(9, 1));
    expect([3, 4, 5].map((index) => board.cell(index))).toEqual([5, 5, Cell.reserved]);
    board.setMarks('paying', [4]);
    board.setMarks('mine', []);
    expect([board.cell(3), board.cell(4)]).toEqual([Cell.reserved, Cell.paying]);
  });

  it('is never hidden by a tap or a lost race', () => {
    const board = new BoardStore(COUNT);
    board.setMarks('bought', [1]);
    board.markPending(1);
    board.markLost(1);
    board.setMarks('lost', [1, 2]);
    board.clearPending(1);
    board.clearLost(1);
    expect([board.cell(1), board.cell(2)]).toEqual([Cell.bought, Cell.lost]);
  });

  it('is told when the server changes what lies under it, since it counts', () => {
    const { board, told } = watched();
    board.applySnapshot(whole(1, 0));
    board.setMarks('mine', [3]);
    board.applyDelta(delta(1, 2, [3, 1]));
    expect(told).toEqual([[3], [3]]);
    expect(board.counts().reserved).toBe(1);
  });
});

describe('a board', () => {
  it('knows its numbers and no other', () => {
    const board = new BoardStore(COUNT);
    expect([board.label(7), board.indexOf('07'), board.indexOf('7')]).toEqual(['07', 7, undefined]);
    for (const index of [-1, 0.5, COUNT, Number.NaN]) {
      expect(() => board.cell(index)).toThrow(RangeError);
      expect(() => board.publicState(index)).toThrow(RangeError);
      expect(() => board.label(index)).toThrow(RangeError);
      expect(() => board.markPending(index)).toThrow(RangeError);
      expect(() => board.setMarks('mine', [1, index])).toThrow(RangeError);
    }
    expect(board.marked('mine').size).toBe(0);
  });

  it('has from one to a million numbers', () => {
    for (const count of [0, -1, 1.5, Number.NaN, MILLION + 1]) {
      expect(() => new BoardStore(count)).toThrow(RangeError);
    }
  });

  it('tells each subscription, until it has left', () => {
    const { board, told, leave } = watched();
    const again = board.subscribe(() => told.push('all'));
    board.markPending(1);
    leave();
    board.markPending(2);
    again();
    board.markPending(3);
    expect(told).toEqual([[1], 'all', 'all']);
  });

  it('can be changed by a listener', () => {
    const { board, told, leave } = watched();
    leave();
    board.subscribe((changed) => {
      if (changed !== 'all' && changed.includes(1)) board.clearPending(1);
      told.push(changed);
    });
    board.markPending(1);
    expect(board.cell(1)).toBe(Cell.available);
  });
});
