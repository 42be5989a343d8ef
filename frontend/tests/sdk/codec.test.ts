import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoardStore } from '../../src/sdk/board';
import { BadFrame, type DeltaFrame, decodeFrame, type Frame } from '../../src/sdk/codec';
import { golden, hex, inflate } from './golden';

interface SnapshotVector {
  name: string;
  epoch: number;
  seq: number;
  number_count: number;
  runs: [number, number][];
  raw?: string[];
  deflated: string[];
}
interface DeltaVector {
  name: string;
  epoch: number;
  seq_from: number;
  seq_to: number;
  changes: [number, number][];
  frame: string;
}
interface ClientStep {
  frame: string;
  outcome: 'applied' | 'ignored' | 'resume';
  epoch: number;
  seq: number;
  cells: string;
}

const snapshots = golden<{ vectors: SnapshotVector[] }>('snapshots').vectors;
const deltas = golden<{ vectors: DeltaVector[] }>('deltas').vectors;
const client = golden<{ steps: ClientStep[] }>('client').steps;

describe('a snapshot', () => {
  it.each(snapshots)('is read as the server wrote it: $name', async (vector) => {
    const cells = vector.runs.flatMap(([state, n]) => Array<number>(n).fill(state));
    // Of the large ones only the deflated form is kept.
    for (const frames of [vector.raw, vector.deflated]) {
      if (!frames) continue;
      const board = new BoardStore(vector.number_count);
      let whole = false;
      for (const frame of frames) {
        const decoded = await decodeFrame(hex(frame), inflate);
        if (decoded.kind !== 'snapshot') throw new Error('not a snapshot');
        whole = board.applySnapshot(decoded);
      }
      expect(whole).toBe(true);
      expect(board.position).toEqual({ epoch: vector.epoch, seq: vector.seq });
      expect(cells.every((state, index) => board.cell(index) === state)).toBe(true);
    }
  });

  it('is refused when cells are missing, too many, or set behind the last one', () => {
    const head = '0101000007000000090000000000000000000000';
    for (const rest of ['05000000e4', '05000000e40100', '05000000e405', '00000000']) {
      expect(() => decodeFrame(hex(head + rest), inflate)).toThrow(BadFrame);
    }
  });

  it('is refused when its cells do not inflate', async () => {
    const frame = hex('010200000700000009000000000000000000000004000000ffff');
    await expect(decodeFrame(frame, inflate)).rejects.toThrow(BadFrame);
  });
});

describe('a delta', () => {
  it.each(deltas)('is read as the server wrote it: $name', (vector) => {
    const decoded = decodeFrame(hex(vector.frame), inflate) as DeltaFrame;
    expect(decoded).toMatchObject({
      kind: 'delta',
      epoch: vector.epoch,
      seqFrom: vector.seq_from,
      seqTo: vector.seq_to,
    });
    const read = [...decoded.indices].map((index, i) => [index, decoded.states[i]]);
    const sort = (changes: (number | undefined)[][]) =>
      [...changes].sort(([a = 0], [b = 0]) => a - b);
    expect(sort(read)).toEqual(sort(vector.changes));
  });

  it.each([
    ['a state that does not exist', '010000000401 00'],
    ['states that descend', '0200 0201000100'],
    ['a varint that is too long', '0100 01018000'],
    ['a varint beyond any board', '0100 0101ffffffff7f'],
    ['a number twice', '0100 01020500'],
    ['an empty group', '0100 0100'],
    ['bytes behind the end', '0000 00'],
    ['an end too early', '0100 0102 05'],
  ])('is refused for %s', (_, text) => {
    const [groups, rest] = [text.slice(0, 4), text.slice(4).replaceAll(' ', '')];
    const frame = `0201${groups}0700000009000000000000000a00000000000000${rest}`;
    expect(() => decodeFrame(hex(frame), inflate)).toThrow(BadFrame);
  });
});

describe('a client of the golden board', () => {
  it('does with each frame what the contract says', async () => {
    const board = new BoardStore(6);
    for (const step of client) {
      const frame = await decodeFrame(hex(step.frame), inflate);
      const outcome =
        frame.kind === 'snapshot' ? applied(board.applySnapshot(frame)) : board.applyDelta(frame);
      expect(outcome).toBe(step.outcome);
      if (step.cells) {
        expect(board.position).toEqual({ epoch: step.epoch, seq: step.seq });
        expect([...step.cells].map(Number)).toEqual([0, 1, 2, 3, 4, 5].map((i) => board.cell(i)));
      }
    }
  });

  const applied = (whole: boolean) => (whole ? 'applied' : 'half');
});

describe('any bytes', () => {
  it('are a frame or a BadFrame, and nothing else', async () => {
    const heads = fc.constantFrom([], [1, 1, 0, 0], [1, 2, 0, 0], [2, 1, 1, 0], [2, 1, 2, 0]);
    await fc.assert(
      fc.asyncProperty(heads, fc.uint8Array({ maxLength: 80 }), async (head, tail) => {
        let frame: Frame | null = null;
        try {
          frame = await decodeFrame(Uint8Array.from([...head, ...tail]), inflate);
        } catch (error) {
          expect(error).toBeInstanceOf(BadFrame);
        }
        if (frame?.kind === 'delta') expect(frame.seqTo).toBeGreaterThan(frame.seqFrom);
      }),
      { numRuns: 2000 },
    );
  });
});
