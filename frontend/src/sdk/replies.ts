import { type Reply, replyOf, type ServerMessage } from './wire';

interface Expected {
  resolve(reply: Reply): void;
  timer: ReturnType<typeof setTimeout>;
}

/** It was sent, and nobody knows what came of it. */
const UNKNOWN: Reply = { ok: false, code: 'timeout', params: {} };

/** The replies that are still expected. */
export class Replies {
  readonly #expected = new Map<number, Expected>();
  #lastRef = 0;

  /** A name for a request. Used once, whatever becomes of the socket. */
  newRef(): number {
    return ++this.#lastRef;
  }

  /** The reply to `ref`; `timeout` after `patience` milliseconds, of which `late` is told. */
  expect(ref: number, patience: number, late: () => void): Promise<Reply> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#expected.delete(ref);
        resolve(UNKNOWN);
        late();
      }, patience);
      this.#expected.set(ref, { resolve, timer });
    });
  }

  /** One that comes too late says nothing new: what it says has been asked for in another way. */
  take(message: Extract<ServerMessage, { type: 'reply' }>): void {
    const expected = this.#expected.get(message.ref);
    if (!expected) return;
    this.#expected.delete(message.ref);
    clearTimeout(expected.timer);
    expected.resolve(replyOf(message));
  }

  /** No reply will come any more. */
  giveUp(): void {
    const expected = [...this.#expected.values()];
    this.#expected.clear();
    for (const { resolve, timer } of expected) {
      clearTimeout(timer);
      resolve(UNKNOWN);
    }
  }
}
