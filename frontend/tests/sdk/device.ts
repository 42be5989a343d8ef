import type { ClockSample, DeviceClocks } from '../../src/sdk/clock';

export const DAY = 86_400_000;
const START = Date.parse('2026-01-31T18:00:00.000Z');

/** A device whose clocks are moved by hand, and the server's clock that it cannot see. */
export class Device implements DeviceClocks {
  /** Milliseconds since the test began, by the server's clock. */
  #passed = 0;
  #monotonic = 4_321.5;
  #wall: number;

  /** `wrong`: how far its wall clock is ahead. `drift`: how much faster its clocks run. */
  constructor(
    wrong = 0,
    private readonly drift = 0,
  ) {
    this.#wall = START + wrong;
  }

  readonly monotonic = () => this.#monotonic;
  readonly wall = () => this.#wall;

  /** What the server's clock shows. */
  get truth(): number {
    return START + this.#passed;
  }

  pass(ms: number): void {
    this.#passed += ms;
    this.#monotonic += ms * (1 + this.drift);
    this.#wall += ms * (1 + this.drift);
  }

  /** The monotonic clock stands still meanwhile. */
  sleep(ms: number): void {
    this.#passed += ms;
    this.#wall += ms;
  }

  setWall(by: number): void {
    this.#wall += by;
  }

  /** The server's clock is another one from here on. */
  otherServer(by: number): void {
    this.#passed += by;
  }

  /** What a message says that the server sends now. */
  printed(): string {
    return new Date(Math.floor(this.truth)).toISOString();
  }

  /** Asks the server; `meanwhile` happens after it answered, on the way back. */
  ask(there: number, back: number, meanwhile = () => {}): ClockSample {
    const t0 = this.#monotonic;
    this.pass(there);
    const serverTime = this.printed();
    meanwhile();
    this.pass(back);
    return { t0, t1: this.#monotonic, serverTime };
  }
}
