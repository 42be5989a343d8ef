import { BoardStore } from './board';
import type { Frame } from './codec';
import { encodeBoard } from './encodeBoard';
import { Value } from './observable';
import type { Position, Raffle } from './types';

/** Before the first board. */
const NOWHERE: Position = { epoch: 0, seq: 0 };

/**
 * What this page knows of a raffle. It outlives sockets: the board is the same object from the first
 * one on, and each new connection only brings it up to date.
 */
export class Mirror {
  readonly raffle = new Value<Raffle | null>(null);
  /** Null until the first board is complete, or was restored. */
  readonly board = new Value<BoardStore | null>(null);
  #store: BoardStore | null = null;
  #isComplete = false;

  /** Whether a whole board has come since the last `hello`. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  get position(): Position {
    return this.#store?.position ?? NOWHERE;
  }

  /** Shows a board that was seen before, until the server sends its own. False if one is there. */
  restore(raffle: Raffle, board: BoardStore): boolean {
    if (this.#store !== null) return false;
    this.#store = board;
    this.raffle.set(raffle);
    this.board.set(board);
    return true;
  }

  /** A server greets us: what it sends from here on decides. */
  hello(raffle: Raffle): void {
    this.#store ??= new BoardStore(raffle.number_count);
    this.#isComplete = false;
    this.raffle.set(raffle);
  }

  /**
   * Takes a frame; `resume` when something before it is missing.
   * Throws `BadFrame` for one that does not belong to this board.
   */
  apply(frame: Frame): 'applied' | 'ignored' | 'resume' {
    const store = this.#store;
    if (store === null) return 'ignored';
    if (frame.kind === 'delta') return this.#isComplete ? store.applyDelta(frame) : 'ignored';
    if (store.applySnapshot(frame)) {
      this.#isComplete = true;
      this.board.set(store);
    }
    return 'applied';
  }

  /** What a server would say to a new socket: its hello, and the whole board. */
  greeting(serverTime: string): (string | ArrayBuffer)[] {
    const raffle = this.raffle.get();
    if (this.#store === null || raffle === null) return [];
    const hello = { type: 'hello', raffle, ...this.position, server_time: serverTime };
    return [JSON.stringify(hello), ...encodeBoard(this.#store, this.position)];
  }
}
