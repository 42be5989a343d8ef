import type { Position } from './types';

/** The most numbers that the server puts into one snapshot. */
const PART = 65_536;
const HEAD = 24;

interface PublicBoard {
  readonly count: number;
  publicState(index: number): number;
}

/** A board as the snapshots that the server would send (docs/api.md, "The board in binary"). */
export function encodeBoard(board: PublicBoard, { epoch, seq }: Position): ArrayBuffer[] {
  const parts: ArrayBuffer[] = [];
  for (let first = 0; first < board.count; first += PART) {
    const count = Math.min(PART, board.count - first);
    const bytes = new Uint8Array(HEAD + Math.ceil(count / 4));
    const view = new DataView(bytes.buffer);
    view.setUint8(0, 1);
    view.setUint8(1, 1);
    view.setUint32(4, epoch, true);
    view.setBigUint64(8, BigInt(seq), true);
    view.setUint32(16, first, true);
    view.setUint32(20, count, true);
    for (let i = 0; i < count; i++) {
      const at = HEAD + (i >> 2);
      bytes[at] = (bytes[at] as number) | (board.publicState(first + i) << (2 * (i & 3)));
    }
    parts.push(bytes.buffer);
  }
  return parts;
}
