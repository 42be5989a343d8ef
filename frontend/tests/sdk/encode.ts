import { deflateRawSync } from 'node:zlib';
import type { DeltaFrame, Frame, SnapshotFrame } from '../../src/sdk/codec';

/** A frame as the server writes it: there is one way only. */
export function encode(frame: Frame): Uint8Array {
  return frame.kind === 'snapshot' ? encodeSnapshot(frame) : encodeDelta(frame);
}

export function encodeSnapshot(frame: SnapshotFrame, isDeflated = false): Uint8Array {
  const { epoch, seq, first, cells } = frame;
  const packed: number[] = Array(Math.ceil(cells.length / 4)).fill(0);
  cells.forEach((state, i) => {
    packed[i >> 2] = (packed[i >> 2] ?? 0) + state * 4 ** (i & 3);
  });
  const head = [1, isDeflated ? 2 : 1, 0, 0, ...u32(epoch), ...u64(seq)];
  const body = isDeflated ? deflateRawSync(Uint8Array.from(packed)) : packed;
  return Uint8Array.from([...head, ...u32(first), ...u32(cells.length), ...body]);
}

export function encodeDelta({ epoch, seqFrom, seqTo, indices, states }: DeltaFrame): Uint8Array {
  const groups = [0, 1, 2, 3]
    .map((state) => ({ state, numbers: [...indices].filter((_, i) => states[i] === state) }))
    .filter(({ numbers }) => numbers.length > 0);
  const body = groups.flatMap(({ state, numbers }) => {
    const sorted = numbers.sort((one, other) => one - other);
    const gaps = sorted.map((number, i) => number - (sorted[i - 1] ?? 0));
    return [state, ...varint(sorted.length), ...gaps.flatMap(varint)];
  });
  const head = [2, 1, groups.length, 0, ...u32(epoch), ...u64(seqFrom), ...u64(seqTo)];
  return Uint8Array.from([...head, ...body]);
}

function u32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

function u64(value: number): number[] {
  return [...u32(value % 2 ** 32), ...u32(Math.floor(value / 2 ** 32))];
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)];
}
