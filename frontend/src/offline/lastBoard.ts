/**
 * The board of each raffle as this browser saw it last, for when there is no network.
 *
 * A kept board says what was, with its age. It is never taken for the truth: the first board of the
 * server takes its place.
 */
import { BoardStore, type Mark } from '../sdk/board';
import { BadFrame, decodeFrame } from '../sdk/codec';
import { encodeBoard } from '../sdk/encodeBoard';
import type { Raffle } from '../sdk/types';
import { pageStore, type Store } from './store';

/** The raffles that were seen last; older ones make room. A million numbers are 250 KB. */
const MOST_RAFFLES = 5;
const INDEX = 'boards';
const MINE: readonly Mark[] = ['mine', 'paying', 'bought'];

export interface LastBoard {
  raffle: Raffle;
  /** The public board, as the snapshots in which a server sends it. */
  parts: ArrayBuffer[];
  /** Whose numbers are marked as their own, and which; nobody else's business. */
  userId: string | null;
  marks: [Mark, number[]][];
  /** `Date.now()` when the board was the server's. */
  seenAt: number;
}

/** When each kept raffle was seen. */
type Index = Record<string, number>;

/** A board as it is now. Null before its first snapshot is whole. */
export function takeBoard(
  raffle: Raffle,
  board: BoardStore,
  userId: string | null,
  now: number,
): LastBoard | null {
  if (board.position === null) return null;
  const marks = MINE.map((mark): [Mark, number[]] => [mark, [...board.marked(mark)]]);
  return { raffle, parts: encodeBoard(board, board.position), userId, marks, seenAt: now };
}

/** Keeps a board, and lets go of the ones that were not seen for longest. */
export async function keepLastBoard(last: LastBoard, store: Store = pageStore): Promise<void> {
  const { id } = last.raffle;
  let gone: string[] = [];
  // In one step, which also comes to its end when the page is being left.
  await store.set(keyOf(id), last);
  await store.update<Index>(INDEX, (index = {}) => {
    const seen = Object.entries({ ...index, [id]: last.seenAt });
    seen.sort(([, one], [, other]) => other - one);
    gone = seen.slice(MOST_RAFFLES).map(([raffleId]) => raffleId);
    return Object.fromEntries(seen.slice(0, MOST_RAFFLES));
  });
  if (gone.length > 0) await store.delete(gone.map(keyOf));
}

/** The board of this raffle as it was seen last; null if none was kept. */
export async function readLastBoard(
  raffleId: string,
  store: Store = pageStore,
): Promise<LastBoard | null> {
  return (await store.get<LastBoard>(keyOf(raffleId))) ?? null;
}

/**
 * A kept board to look at, with the marks of `userId` if they are theirs. Null for one that another
 * version of this page kept and that can no longer be read.
 */
export async function openBoard(
  last: LastBoard,
  userId: string | null,
): Promise<BoardStore | null> {
  const board = new BoardStore(last.raffle.number_count);
  try {
    for (const part of last.parts) {
      const frame = await decodeFrame(new Uint8Array(part), neverDeflated);
      if (frame.kind === 'snapshot') board.applySnapshot(frame);
    }
  } catch (error) {
    if (error instanceof BadFrame) return null;
    throw error;
  }
  if (board.position === null) return null;
  if (userId === last.userId) {
    for (const [mark, indices] of last.marks) board.setMarks(mark, indices);
  }
  return board;
}

async function neverDeflated(): Promise<Uint8Array> {
  throw new BadFrame('a kept board is not deflated');
}

function keyOf(raffleId: string): string {
  return `board:${raffleId}`;
}
