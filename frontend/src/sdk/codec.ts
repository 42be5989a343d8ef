/**
 * The board on the wire: bytes in, frames out. Reads nothing and writes nothing itself.
 *
 * The layout is in docs/api.md, "The board in binary"; tests/golden holds the vectors that this and
 * the server's own reader are held against. A frame that is not exactly as written there is refused
 * whole, so a board never takes half of one.
 */

/** The server's largest raffle. */
export const MAX_NUMBERS = 1_000_000;

/** Bytes that are no frame. The connection that brought them is not to be trusted further. */
export class BadFrame extends Error {
  override name = 'BadFrame';
}

/** A part of the whole board at one position: `cells` has one byte a number, from `first` on. */
export interface SnapshotFrame {
  kind: 'snapshot';
  epoch: number;
  seq: number;
  first: number;
  cells: Uint8Array;
}

/** What changed between two positions. `states[i]` is what number `indices[i]` is at `seqTo`. */
export interface DeltaFrame {
  kind: 'delta';
  epoch: number;
  seqFrom: number;
  seqTo: number;
  indices: Uint32Array;
  states: Uint8Array;
}

export type Frame = SnapshotFrame | DeltaFrame;

/** Undoes raw deflate. Rejects when the bytes are none. */
export type Inflate = (bytes: Uint8Array) => Promise<Uint8Array>;

const SNAPSHOT_HEAD = 24;
const DELTA_HEAD = 24;

/**
 * Reads one binary frame; a promise only when the frame is deflated.
 * Throws, or rejects with, `BadFrame`.
 */
export function decodeFrame(bytes: Uint8Array, inflate: Inflate): Frame | Promise<Frame> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 2) throw new BadFrame('shorter than a head');
  if (bytes[0] === 1) return decodeSnapshot(bytes, view, inflate);
  if (bytes[0] === 2) return decodeDelta(bytes, view);
  throw new BadFrame(`unknown kind ${bytes[0]}`);
}

function decodeSnapshot(
  bytes: Uint8Array,
  view: DataView,
  inflate: Inflate,
): Frame | Promise<Frame> {
  if (bytes.length < SNAPSHOT_HEAD) throw new BadFrame('a snapshot without its head');
  const version = bytes[1];
  if (version !== 1 && version !== 2) throw new BadFrame(`unknown snapshot version ${version}`);
  if (view.getUint16(2, true) !== 0) throw new BadFrame('reserved bits of a snapshot are set');
  const first = view.getUint32(16, true);
  const count = view.getUint32(20, true);
  if (count === 0 || first + count > MAX_NUMBERS) throw new BadFrame('numbers beyond any board');
  const head = { epoch: view.getUint32(4, true), seq: readSeq(view, 8), first };
  const packed = bytes.subarray(SNAPSHOT_HEAD);
  if (version === 1) return { kind: 'snapshot', ...head, cells: unpack(packed, count) };
  return inflate(packed).then(
    (raw) => ({ kind: 'snapshot', ...head, cells: unpack(raw, count) }),
    () => {
      throw new BadFrame('cells that do not inflate');
    },
  );
}

function decodeDelta(bytes: Uint8Array, view: DataView): DeltaFrame {
  if (bytes.length < DELTA_HEAD) throw new BadFrame('a delta without its head');
  if (bytes[1] !== 1) throw new BadFrame(`unknown delta version ${bytes[1]}`);
  const groups = view.getUint16(2, true);
  const seqFrom = readSeq(view, 8);
  const seqTo = readSeq(view, 16);
  if (seqTo <= seqFrom) throw new BadFrame('a delta that leads nowhere');
  const indices: number[] = [];
  const states: number[] = [];
  const reader = new Varints(bytes, DELTA_HEAD);
  let lastState = -1;
  for (let group = 0; group < groups; group++) {
    const state = reader.byte();
    if (state > 3 || state <= lastState) throw new BadFrame('states out of order');
    lastState = state;
    const n = reader.next();
    // Every number takes at least one byte: what cannot fit is refused before it is counted out.
    if (n === 0 || n > reader.left) throw new BadFrame('a group of a wrong size');
    let index = -1;
    for (let i = 0; i < n; i++) {
      const step = reader.next();
      if (i > 0 && step === 0) throw new BadFrame('a number twice in a group');
      index = i === 0 ? step : index + step;
      if (index >= MAX_NUMBERS) throw new BadFrame('a number beyond any board');
      indices.push(index);
      states.push(state);
    }
  }
  if (reader.left !== 0) throw new BadFrame('bytes behind a delta');
  return {
    kind: 'delta',
    epoch: view.getUint32(4, true),
    seqFrom,
    seqTo,
    indices: Uint32Array.from(indices),
    states: Uint8Array.from(states),
  };
}

function readSeq(view: DataView, at: number): number {
  const seq = view.getBigUint64(at, true);
  if (seq > BigInt(Number.MAX_SAFE_INTEGER)) throw new BadFrame('a position beyond 2^53');
  return Number(seq);
}

function unpack(packed: Uint8Array, count: number): Uint8Array {
  if (packed.length !== Math.ceil(count / 4)) throw new BadFrame('cells of another count');
  const unused = packed.length * 4 - count;
  const last = packed[packed.length - 1] ?? 0;
  if (unused > 0 && last >> (8 - 2 * unused) !== 0) throw new BadFrame('cells behind the last one');
  const cells = new Uint8Array(packed.length * 4);
  for (let i = 0, to = 0; i < packed.length; i++, to += 4) {
    const four = packed[i] as number;
    cells[to] = four & 3;
    cells[to + 1] = (four >> 2) & 3;
    cells[to + 2] = (four >> 4) & 3;
    cells[to + 3] = four >> 6;
  }
  return cells.subarray(0, count);
}

/** Unsigned LEB128, shortest form only. */
class Varints {
  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new BadFrame('a delta that ends too early');
    return byte;
  }

  next(): number {
    let value = 0;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) throw new BadFrame('a varint that is too long');
        return value;
      }
    }
    throw new BadFrame('a varint that is too large');
  }
}
