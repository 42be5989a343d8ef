import { ApiError } from './errors';
import { type Observable, Value } from './observable';
import type { Reservation } from './types';

/** The numbers of one raffle that this person has bought. */
export class Bought {
  /** Null as long as nobody knows. */
  readonly #labels = new Value<readonly string[] | null>(null);
  /** Whether the server has told all of them, and whether it is being asked. */
  #isKnown = false;
  #isAsking = false;

  constructor(
    private readonly raffleId: string,
    private readonly reservations: () => Promise<Reservation[]>,
  ) {}

  get labels(): Observable<readonly string[] | null> {
    return this.#labels;
  }

  /** Asks once; again only if that failed. */
  async refresh(): Promise<void> {
    if (this.#isKnown || this.#isAsking) return;
    this.#isAsking = true;
    try {
      this.add(...(await this.reservations()));
      this.#isKnown = true;
    } catch (error) {
      // What I bought is then shown as sold, until the connection is live the next time.
      if (!(error instanceof ApiError)) throw error;
    } finally {
      this.#isAsking = false;
    }
  }

  /** Adds what belongs here: completed, and of this raffle. */
  add(...reservations: Reservation[]): void {
    const mine = reservations
      .filter(({ raffle_id, phase }) => raffle_id === this.raffleId && phase === 'completed')
      .flatMap(({ number_ids }) => number_ids);
    this.#labels.set([...new Set([...(this.#labels.get() ?? []), ...mine])]);
  }

  /** Somebody else is at this browser. */
  clear(): void {
    this.#labels.set([]);
    this.#isKnown = false;
  }
}
