import { ApiPerson } from '../e2e/support/api';
import type { Server } from '../e2e/support/server';
import type { Raffle } from '../src/sdk/types';

const NUMBERS_EACH = 10;
const PEOPLE = 20;

/** People who hold and release numbers at an even rate. */
export class Crowd {
  readonly #server: Server;
  readonly #raffle: Raffle;
  /** Numbers below this index change. */
  readonly #span: number;
  #running = true;
  #changes = 0;
  #done: Promise<void>;

  /** Makes about `rate` numbers change their state each second, among the first `span`. */
  constructor(server: Server, raffle: Raffle, rate: number, span: number) {
    this.#server = server;
    this.#raffle = raffle;
    this.#span = span;
    this.#done = this.#run((1000 * 2 * NUMBERS_EACH) / rate);
  }

  /** Changes that the server has confirmed. */
  get changes(): number {
    return this.#changes;
  }

  async leave(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  async #run(pauseMs: number): Promise<void> {
    const people = Array.from({ length: PEOPLE }, (_, place) => ({
      api: new ApiPerson(this.#server),
      // Each has a strip of the board, so that nobody is refused.
      first: Math.floor((place * this.#span) / PEOPLE),
      held: null as string | null,
    }));
    const strip = Math.floor(this.#span / PEOPLE);
    const width = Math.max(2, String(this.#raffle.number_count - 1).length);
    let next = performance.now();
    for (let turn = 0; this.#running; turn += 1) {
      const person = people[turn % PEOPLE];
      if (!person) break;
      if (person.held) {
        await person.api.cancel(person.held);
        this.#changes += NUMBERS_EACH;
      }
      const chosen = new Set<string>();
      while (chosen.size < NUMBERS_EACH) {
        const index = person.first + Math.floor(Math.random() * strip);
        chosen.add(String(index).padStart(width, '0'));
      }
      person.held = (await person.api.hold(this.#raffle.id, [...chosen])).id;
      this.#changes += NUMBERS_EACH;
      next += pauseMs;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    }
    for (const { api, held } of people) if (held) await api.cancel(held);
  }
}
