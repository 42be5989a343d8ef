import { type PageEvents, pageEvents } from './pageEvents';
import { serverClock } from './serverClock';

interface Countdown {
  /** Milliseconds until the next change, from now. */
  next(): number;
  changed(): void;
}

/** The longest sleep: a clock that was set meanwhile is noticed within it. */
const LONGEST_MS = 1_000;

/** One timer for all countdowns of a page. Each is told when its own seconds change. */
export class Ticker {
  readonly #countdowns = new Map<Countdown, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #leavePage: (() => void) | null = null;

  constructor(
    private readonly page: PageEvents,
    private readonly clock: { checkForJump(): boolean },
  ) {}

  subscribe(countdown: Countdown): () => void {
    // Timers stand still while a device sleeps: whoever looks again sees the truth at once.
    this.#leavePage ??= this.page.subscribe(() => this.#tick(true));
    this.#countdowns.set(countdown, this.#due(countdown));
    this.#arm();
    return () => {
      this.#countdowns.delete(countdown);
      this.#arm();
      if (this.#countdowns.size > 0) return;
      this.#leavePage?.();
      this.#leavePage = null;
    };
  }

  #tick(all: boolean): void {
    const slept = this.clock.checkForJump();
    const now = performance.now();
    for (const [countdown, due] of [...this.#countdowns]) {
      if (!all && !slept && due > now) continue;
      countdown.changed();
      if (this.#countdowns.has(countdown)) this.#countdowns.set(countdown, this.#due(countdown));
    }
    this.#arm();
  }

  #due(countdown: Countdown): number {
    return performance.now() + Math.min(countdown.next(), LONGEST_MS);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#countdowns.size === 0) return;
    const first = Math.min(...this.#countdowns.values());
    this.#timer = setTimeout(() => this.#tick(false), Math.max(0, first - performance.now()));
  }
}

/** The page's one. */
export const ticker = new Ticker(pageEvents, serverClock);
