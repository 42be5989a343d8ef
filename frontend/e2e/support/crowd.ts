import { labelOf, widthOf } from '../../src/sdk/numbers';
import type { Raffle } from '../../src/sdk/types';
import { ApiPerson } from './api';
import type { Server } from './server';

const NUMBERS_EACH = 10;
const PEOPLE = 20;

const MOST_EACH = 100;
const AT_ONCE = 8;

/** Makes a raffle in which people hold `share` of all numbers, anywhere. */
export async function heldRaffle(
  server: Server,
  admin: ApiPerson,
  number_count: number,
  share: number,
): Promise<Raffle> {
  const raffle = await admin.createRaffle({ number_count, max_numbers_per_user: MOST_EACH });
  const numbers = shuffled(number_count).slice(0, Math.round(share * number_count));
  const helpers = Array.from({ length: AT_ONCE }, async () => {
    while (numbers.length > 0) {
      const labels = numbers.splice(0, MOST_EACH).map((index) => labelIn(raffle, index));
      await new ApiPerson(server).hold(raffle.id, labels);
    }
  });
  await Promise.all(helpers);
  return raffle;
}

function shuffled(count: number): number[] {
  const numbers = Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index -= 1) {
    const other = Math.floor(Math.random() * (index + 1));
    [numbers[index], numbers[other]] = [numbers[other] as number, numbers[index] as number];
  }
  return numbers;
}

function labelIn(raffle: Raffle, index: number): string {
  return labelOf(index, widthOf(raffle.number_count));
}

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
        chosen.add(labelIn(this.#raffle, index));
      }
      person.held = (await person.api.hold(this.#raffle.id, [...chosen])).id;
      this.#changes += NUMBERS_EACH;
      next += pauseMs;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    }
    for (const { api, held } of people) if (held) await api.cancel(held);
  }
}
