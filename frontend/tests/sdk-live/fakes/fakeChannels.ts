import type { TabChannel, TabMessage } from '../../../src/sdk/tabChannel';

/** The channels between the tabs of one browser. A message comes later, and as a copy. */
export class FakeChannels {
  readonly #ends = new Set<FakeChannel>();

  open(): FakeChannel {
    const end = new FakeChannel((from, message) => {
      for (const other of this.#ends) if (other !== from) other.receive(message);
    });
    this.#ends.add(end);
    return end;
  }
}

/** One tab's end. While it is frozen, nothing goes out and nothing comes in; nothing is lost. */
export class FakeChannel implements TabChannel {
  readonly #listeners = new Set<(message: TabMessage) => void>();
  readonly #incoming: TabMessage[] = [];
  readonly #outgoing: TabMessage[] = [];
  #isFrozen = false;
  #isClosed = false;

  constructor(private readonly send: (from: FakeChannel, message: TabMessage) => void) {}

  freeze(isFrozen: boolean): void {
    this.#isFrozen = isFrozen;
    this.#flush();
  }

  post(message: TabMessage): void {
    if (this.#isClosed) return;
    this.#outgoing.push(structuredClone(message));
    this.#flush();
  }

  receive(message: TabMessage): void {
    setTimeout(() => {
      this.#incoming.push(structuredClone(message));
      this.#flush();
    }, 1);
  }

  subscribe(listener: (message: TabMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#isClosed = true;
  }

  #flush(): void {
    if (this.#isFrozen) return;
    for (const message of this.#outgoing.splice(0)) this.send(this, message);
    if (this.#isClosed) return;
    for (const message of this.#incoming.splice(0)) {
      for (const listener of [...this.#listeners]) listener(message);
    }
  }
}
