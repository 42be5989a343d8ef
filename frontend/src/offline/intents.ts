/**
 * Numbers that a person wanted while there was no connection.
 *
 * They are a note to the person, not a queue: nothing here sends anything. Holding a number needs
 * somebody who looks at the clock, so each is asked for again when the connection is back.
 */
import { type Observable, Value } from '../sdk/observable';
import { pageStore, type Store } from './store';

/** After this the person has long gone on with something else. */
export const INTENT_MS = 30 * 60 * 1000;

const KEY = 'intents';
/** Of all raffles together. */
const MOST = 200;

interface Intent {
  raffleId: string;
  label: string;
  wantedAt: number;
}

/** The wanted numbers of one raffle, kept through a reload. */
export class Intents {
  readonly #raffleId: string;
  readonly #store: Store;
  readonly #now: () => number;
  readonly #labels = new Value<readonly string[]>([]);

  constructor(raffleId: string, store: Store = pageStore, now: () => number = Date.now) {
    this.#raffleId = raffleId;
    this.#store = store;
    this.#now = now;
  }

  /** Labels in the order in which they were wanted. */
  get labels(): Observable<readonly string[]> {
    return this.#labels;
  }

  /** Reads what was kept and is not too old. */
  async load(): Promise<void> {
    const intents = this.#alive((await this.#store.get<Intent[]>(KEY)) ?? []);
    const before = intents.filter((intent) => intent.raffleId === this.#raffleId);
    const since = this.#labels.get();
    this.#labels.set([
      ...without(
        before.map(({ label }) => label),
        since,
      ),
      ...since,
    ]);
  }

  /** Shown at once, also where it cannot be kept. */
  want(label: string): Promise<void> {
    this.#labels.set([...without(this.#labels.get(), [label]), label]);
    const intent = { raffleId: this.#raffleId, label, wantedAt: this.#now() };
    return this.#keep([label], [intent]);
  }

  /** Lets go of these: they were asked for, or are wanted no more. */
  drop(labels: readonly string[]): Promise<void> {
    this.#labels.set(without(this.#labels.get(), labels));
    return this.#keep(labels, []);
  }

  forget(): Promise<void> {
    return this.drop(this.#labels.get());
  }

  #keep(gone: readonly string[], added: Intent[]): Promise<void> {
    const isGone = ({ raffleId, label }: Intent) =>
      raffleId === this.#raffleId && gone.includes(label);
    return this.#store.update<Intent[]>(KEY, (old = []) =>
      [...this.#alive(old).filter((intent) => !isGone(intent)), ...added].slice(-MOST),
    );
  }

  #alive(intents: readonly Intent[]): Intent[] {
    const oldest = this.#now() - INTENT_MS;
    return intents.filter(({ wantedAt }) => wantedAt > oldest);
  }
}

function without(labels: readonly string[], gone: readonly string[]): string[] {
  return labels.filter((label) => !gone.includes(label));
}
