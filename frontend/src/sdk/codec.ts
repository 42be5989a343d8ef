/**
 * The board on the wire: bytes in, frames out. Reads nothing and writes nothing itself.
 *
 * The layout is in docs/api.md, "The board in binary"; tests/golden holds the vectors that this and
 * the server's own reader are held against. A frame that is not exactly as written there is refused
 * whole, so a board never takes half of one.
 */

/** The server's largest raffle. */
export const MAX_NUMBERS = 1_000_000;
/** The most numbers of one snapshot frame; each starts at a multiple of it. */
export const BLOCK_NUMBERS = 65_536;

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

/**
 * What changed between two positions. `states[i]` is what number `indices[i]` is at `seqTo`; no
 * number is there twice.
 */
export interface DeltaFrame {
  kind: 'delta';
  epoch: number;
  seqFrom: number;
  seqTo: number;
  indices: Uint32Array;
  states: Uint8Array;
}

export type Frame = SnapshotFrame | DeltaFrame;

/**
 * Undoes raw deflate. Rejects when `bytes` are not exactly one deflated stream, and should reject
 * when that holds more than `atMost` bytes, before it has made them all.
 */
export type Inflate = (bytes: Uint8Array, atMost: number) => Promise<Uint8Array>;

const HEAD_BYTES = 24;
/** Three bytes reach beyond the largest board. */
const VARINT_BITS = 21;

/**
 * Reads one binary frame; a promise only when the frame is deflated. What comes out shares no memory
 * with `bytes`. Throws, or rejects with, `BadFrame`, and nothing else.
 */
export function decodeFrame(bytes: Uint8Array, inflate: Inflate): Frame | Promise<Frame> {
  if (bytes.length < HEAD_BYTES) throw new BadFrame('shorter than a head');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === 1) return decodeSnapshot(bytes, view, inflate);
  if (bytes[0] === 2) return decodeDelta(bytes, view);
  throw new BadFrame(`unknown kind ${bytes[0]}`);
}

// -- snapshots -------------------------------------------------------------------------------------

function decodeSnapshot(
  bytes: Uint8Array,
  view: DataView,
  inflate: Inflate,
): SnapshotFrame | Promise<SnapshotFrame> {
  const version = bytes[1];
  if (version !== 1 && version !== 2) throw new BadFrame(`unknown snapshot version ${version}`);
  if (view.getUint16(2, true) !== 0) throw new BadFrame('reserved bits of a snapshot are set');
  const first = view.getUint32(16, true);
  const count = view.getUint32(20, true);
  if (first % BLOCK_NUMBERS !== 0 || count === 0 || count > BLOCK_NUMBERS) {
    throw new BadFrame('not a block of numbers');
  }
  if (first + count > MAX_NUMBERS) throw new BadFrame('numbers beyond any board');
  const head = { epoch: view.getUint32(4, true), seq: readSeq(view, 8), first };
  const body = bytes.subarray(HEAD_BYTES);
  if (version === 1) return { kind: 'snapshot', ...head, cells: unpack(body, count) };
  return inflated(body, count, inflate).then((cells) => ({ kind: 'snapshot', ...head, cells }));
}

async function inflated(body: Uint8Array, count: number, inflate: Inflate): Promise<Uint8Array> {
  let packed: Uint8Array;
  try {
    packed = await inflate(body, Math.ceil(count / 4));
  } catch (cause) {
    throw new BadFrame('cells that do not inflate', { cause });
  }
  return unpack(packed, count);
}

/** Two bits a number, lowest bits first, to one byte a number. */
function unpack(packed: Uint8Array, count: number): Uint8Array {
  if (packed.length !== Math.ceil(count / 4)) throw new BadFrame('cells of another count');
  const used = count & 3;
  if (used > 0 && (packed[packed.length - 1] as number) >> (2 * used) !== 0) {
    throw new BadFrame('cells behind the last one');
  }
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

// -- deltas ----------------------------------------------------------------------------------------

function decodeDelta(bytes: Uint8Array, view: DataView): DeltaFrame {
  if (bytes[1] !== 1) throw new BadFrame(`unknown delta version ${bytes[1]}`);
  const groups = view.getUint16(2, true);
  const epoch = view.getUint32(4, true);
  const seqFrom = readSeq(view, 8);
  const seqTo = readSeq(view, 16);
  if (seqTo <= seqFrom) throw new BadFrame('a delta that leads nowhere');
  const reader = new Reader(bytes, HEAD_BYTES);
  const indices: number[] = [];
  const states: number[] = [];
  let lastState = -1;
  for (let group = 0; group < groups; group++) {
    const state = reader.byte();
    if (state > 3 || state <= lastState) throw new BadFrame('states out of order');
    lastState = state;
    readGroup(reader, indices);
    while (states.length < indices.length) states.push(state);
  }
  if (reader.left !== 0) throw new BadFrame('bytes behind a delta');
  const numbers = Uint32Array.from(indices);
  if (groups > 1 && hasTwice(numbers)) throw new BadFrame('a number in two groups');
  return {
    kind: 'delta',
    epoch,
    seqFrom,
    seqTo,
    indices: numbers,
    states: Uint8Array.from(states),
  };
}

/** Appends the numbers of one group, which ascend. */
function readGroup(reader: Reader, indices: number[]): void {
  const size = reader.varint();
  // Every number takes at least one byte: what cannot fit is refused before it is counted out.
  if (size === 0 || size > reader.left) throw new BadFrame('a group of a wrong size');
  let index = 0;
  for (let i = 0; i < size; i++) {
    const gap = reader.varint();
    if (i > 0 && gap === 0) throw new BadFrame('a number twice in a group');
    index += gap;
    if (index >= MAX_NUMBERS) throw new BadFrame('a number beyond any board');
    indices.push(index);
  }
}

function hasTwice(numbers: Uint32Array): boolean {
  const sorted = numbers.slice().sort();
  return sorted.some((number, i) => i > 0 && number === sorted[i - 1]);
}

function readSeq(view: DataView, at: number): number {
  const seq = view.getBigUint64(at, true);
  if (seq > BigInt(Number.MAX_SAFE_INTEGER)) throw new BadFrame('a position beyond 2^53');
  return Number(seq);
}

class Reader {
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

  /** Unsigned LEB128, in its shortest form only. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < VARINT_BITS; shift += 7) {
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
