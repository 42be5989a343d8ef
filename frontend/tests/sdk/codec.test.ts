import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BadFrame,
  BLOCK_NUMBERS,
  type DeltaFrame,
  decodeFrame,
  type Frame,
  type Inflate,
  MAX_NUMBERS,
  type SnapshotFrame,
} from '../../src/sdk/codec';
import { encode, encodeDelta, encodeSnapshot } from './encode';
import { bytesOf, golden, inflate } from './golden';

interface Refused {
  name: string;
  frame: string;
}
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

const snapshots = golden<{ vectors: SnapshotVector[]; refused: Refused[] }>('snapshots');
const deltas = golden<{ vectors: DeltaVector[]; refused: Refused[] }>('deltas');

const position = fc.nat(Number.MAX_SAFE_INTEGER);
const epoch = fc.nat(2 ** 32 - 1);

const snapshotFrames: fc.Arbitrary<SnapshotFrame> = fc.record({
  kind: fc.constant('snapshot' as const),
  epoch,
  seq: position,
  first: fc.constantFrom(0, BLOCK_NUMBERS, 14 * BLOCK_NUMBERS),
  cells: fc.uint8Array({ min: 0, max: 3, minLength: 1, maxLength: 70 }),
});

/** As the server writes them: by state, then by number. */
const deltaFrames: fc.Arbitrary<DeltaFrame> = fc
  .record({
    epoch,
    positions: fc.uniqueArray(position, { minLength: 2, maxLength: 2 }),
    changes: fc.uniqueArray(fc.tuple(fc.oneof(fc.nat(300), fc.nat(MAX_NUMBERS - 1)), fc.nat(3)), {
      selector: ([number]) => number,
      maxLength: 200,
    }),
  })
  .map(({ epoch, positions, changes }) => {
    changes.sort(([a, stateOfA], [b, stateOfB]) => stateOfA - stateOfB || a - b);
    return {
      kind: 'delta',
      epoch,
      seqFrom: Math.min(...positions),
      seqTo: Math.max(...positions),
      indices: Uint32Array.from(changes, ([number]) => number),
      states: Uint8Array.from(changes, ([, state]) => state),
    };
  });

/** Decodes also what is refused at once into a promise. */
async function read(bytes: Uint8Array, by: Inflate = inflate): Promise<Frame> {
  return decodeFrame(bytes, by);
}

describe('snapshots', () => {
  it.each(snapshots.vectors)('are read as the server wrote them: $name', async (vector) => {
    const cells = Uint8Array.from(
      vector.runs.flatMap(([state, count]) => Array<number>(count).fill(state)),
    );
    // Of the large ones only the deflated form is kept.
    for (const frames of [vector.raw, vector.deflated]) {
      if (!frames) continue;
      const parts = (await Promise.all(frames.map((frame) => read(bytesOf(frame))))).filter(
        (frame) => frame.kind === 'snapshot',
      );
      expect(parts.map(({ first }) => first)).toEqual(parts.map((_, i) => i * BLOCK_NUMBERS));
      for (const { epoch, seq } of parts) {
        expect({ epoch, seq }).toEqual({ epoch: vector.epoch, seq: vector.seq });
      }
      expect(Buffer.concat(parts.map((part) => part.cells)).equals(cells)).toBe(true);
    }
  });

  it.each(snapshots.refused)('are refused: $name', async ({ frame }) => {
    await expect(read(bytesOf(frame))).rejects.toThrow(BadFrame);
  });

  it('are refused when they are longer than a block, though nothing is missing', () => {
    const cells = new Uint8Array(BLOCK_NUMBERS + 1);
    const frame = encodeSnapshot({ kind: 'snapshot', epoch: 1, seq: 1, first: 0, cells });
    expect(() => decodeFrame(frame, inflate)).toThrow(BadFrame);
  });

  it('come out as they went in, deflated or not', async () => {
    await fc.assert(
      fc.asyncProperty(snapshotFrames, async (frame) => {
        expect(decodeFrame(encodeSnapshot(frame), inflate)).toEqual(frame);
        expect(await decodeFrame(encodeSnapshot(frame, true), inflate)).toEqual(frame);
      }),
    );
  });

  it('tell who inflates how much there may be, and take no more', async () => {
    const cells = new Uint8Array(9);
    const frame: SnapshotFrame = { kind: 'snapshot', epoch: 1, seq: 1, first: 0, cells };
    const bytes = encodeSnapshot(frame, true);
    const told: number[] = [];
    const careless: Inflate = async (_, atMost) => {
      told.push(atMost);
      return new Uint8Array(atMost + 1);
    };
    await expect(read(bytes, careless)).rejects.toThrow(BadFrame);
    expect(told).toEqual([3]);
  });

  it('are refused in the one way, however inflating them fails', async () => {
    const bytes = bytesOf(snapshots.vectors[0]?.deflated[0] ?? '');
    const failing: Inflate[] = [
      () => Promise.reject('no reason'),
      () => {
        throw new TypeError('at once');
      },
    ];
    for (const by of failing) await expect(read(bytes, by)).rejects.toThrow(BadFrame);
  });
});

describe('deltas', () => {
  it.each(deltas.vectors)('are read as the server wrote them: $name', (vector) => {
    const frame = decodeFrame(bytesOf(vector.frame), inflate) as DeltaFrame;
    expect(frame).toMatchObject({
      kind: 'delta',
      epoch: vector.epoch,
      seqFrom: vector.seq_from,
      seqTo: vector.seq_to,
    });
    const changes = new Map([...frame.indices].map((index, i) => [index, frame.states[i]]));
    expect(changes).toEqual(new Map(vector.changes));
    expect(frame.indices).toHaveLength(vector.changes.length);
    expect(encodeDelta(frame)).toEqual(bytesOf(vector.frame));
  });

  it.each(deltas.refused)('are refused: $name', ({ frame }) => {
    expect(() => decodeFrame(bytesOf(frame), inflate)).toThrow(BadFrame);
  });

  it('come out as they went in', () => {
    fc.assert(
      fc.property(deltaFrames, (frame) => {
        expect(decodeFrame(encodeDelta(frame), inflate)).toEqual(frame);
      }),
    );
  });

  it('are refused when a position is larger than a number can say exactly', () => {
    const frame = bytesOf('020100000700000000000000000000000000000000002000');
    expect(() => decodeFrame(frame, inflate)).toThrow(BadFrame);
  });

  it('are refused before counting out a group that cannot be there', () => {
    const frame = bytesOf('020101000700000009000000000000000a0000000000000001ffff7f05');
    expect(() => decodeFrame(frame, inflate)).toThrow('a group of a wrong size');
  });
});

describe('any bytes', () => {
  /** What is read at all was written in the only way; the rest is a `BadFrame`, and nothing else. */
  async function isExact(bytes: Uint8Array): Promise<void> {
    let frame: Frame;
    try {
      frame = await read(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(BadFrame);
      return;
    }
    // A deflated body can be written in many ways.
    if (bytes[0] === 2 || bytes[1] === 1) expect(encode(frame)).toEqual(bytes);
  }

  it('are exactly a frame, or refused', async () => {
    const head = fc.constantFrom(
      '',
      '01010000070000000900000000000000',
      '010100000700000009000000000000000000000005000000',
      '010200000700000009000000000000000000000005000000',
      '020101000700000009000000000000000a00000000000000',
      '020102000700000009000000000000000a00000000000000',
    );
    const tail = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ max: 4, maxLength: 9 }),
    );
    await fc.assert(
      fc.asyncProperty(head, tail, (start, end) =>
        isExact(Uint8Array.of(...bytesOf(start), ...end)),
      ),
      { numRuns: 2000 },
    );
  });

  it('are exactly a frame, or refused, after a frame was damaged', async () => {
    const frames = fc.oneof(snapshotFrames, deltaFrames).map(encode);
    const damage = fc.record({
      at: fc.nat(400),
      gone: fc.nat(3),
      put: fc.uint8Array({ maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(frames, damage, (frame, { at, gone, put }) => {
        const bytes = [...frame];
        bytes.splice(at % frame.length, gone, ...put);
        return isExact(Uint8Array.from(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('may lie in the middle of others, and are not shared with the frame', () => {
    const frame = bytesOf(snapshots.vectors[1]?.raw?.[0] ?? '');
    const around = Uint8Array.of(9, 9, 9, ...frame, 9, 9);
    const decoded = decodeFrame(around.subarray(3, 3 + frame.length), inflate) as SnapshotFrame;
    around.fill(0);
    expect([...decoded.cells]).toEqual([0, 1, 2, 3]);
  });
});
