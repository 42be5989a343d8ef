import { type Observable, Value } from './observable';
import type { ServerClock } from './types';

/** One question about the time: asked and answered at these readings of the monotonic clock. */
export interface ClockSample {
  /** `performance.now()` when the question left. */
  t0: number;
  /** `performance.now()` when the answer came. */
  t1: number;
  /** What the server's clock showed in between, RFC 3339. */
  serverTime: string;
}

/** Where this device's two clocks are read. */
export interface DeviceClocks {
  /** Milliseconds that only go forward; may stand still while the device sleeps. */
  monotonic(): number;
  /** Milliseconds since 1970, by a clock that may be wrong, or be set at any time. */
  wall(): number;
}

/** The two clocks of a device parting by more than this: it slept, or somebody set its clock. */
export const JUMP_MS = 2_000;
/** The server prints whole milliseconds, and cuts off the rest. */
const PRINTED_MS = 1;
/** How far two clocks may part by themselves: 200 ppm is 5 ms between two pings. */
const DRIFT = 200e-6;

/**
 * The server's time on this device.
 *
 * It runs on the *monotonic* clock; the device's wall clock may be a day wrong, or be set, and does
 * not matter. The server read its clock somewhere between t0 and t1, so each sample says between
 * which two values the offset of the two clocks lies (Cristian's algorithm). What all of them allow
 * is kept, widened by what clocks drift meanwhile, and its middle is taken for true. So `now` is
 * never off by more than `error`, which starts as half a round trip, the quickest one's, and a further
 * sample moves it by no more than that: slow answers bring no jitter into a countdown.
 *
 * Samples that contradict the older ones take their place: a clock has moved without a trace (a nap
 * of less than `JUMP_MS`, another server).
 *
 * The monotonic clock may stand still while a device sleeps. Whoever wakes up calls `checkForJump`:
 * when the two clocks have parted, everything known before counts for nothing but a first guess, and
 * `isCertain` is false until the next sample.
 */
export class SyncedClock implements ServerClock {
  readonly #device: DeviceClocks;
  readonly #isCertain = new Value(false);
  /** What the offset (server minus monotonic) can be. The upper end comes with the first sample. */
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;
  /** The monotonic clock at the last sample. */
  #sampledAt = 0;
  /** The offset as long as there is no sample. */
  #guess: number;
  /** Wall clock minus monotonic clock, when they were last known to go together. */
  #gap: number;
  /** A question that is older than this may have been asked before a sleep. */
  #awakeSince = Number.NEGATIVE_INFINITY;

  constructor(
    device: DeviceClocks = { monotonic: () => performance.now(), wall: () => Date.now() },
  ) {
    this.#device = device;
    this.#gap = device.wall() - device.monotonic();
    this.#guess = this.#gap; // Until the server says better: what the device believes.
  }

  /** Whether there was a sample since the device last slept or its clock was set. */
  get isCertain(): Observable<boolean> {
    return this.#isCertain;
  }

  /** How far `now` may be off, in milliseconds; infinite while it is not certain. */
  get error(): number {
    return (this.#most - this.#least) / 2 + this.#drift();
  }

  now(): number {
    const offset = this.#isCertain.get() ? (this.#least + this.#most) / 2 : this.#guess;
    return this.#device.monotonic() + offset;
  }

  /** Milliseconds until `time`; never below 0. Throws `RangeError` for what is no time. */
  until(time: string): number {
    const at = Date.parse(time);
    if (Number.isNaN(at)) throw new RangeError(`not a time: ${time}`);
    return Math.max(0, at - this.now());
  }

  /**
   * Takes an answered question. One that proves nothing is left alone: no time, an answer before its
   * question, or a sleep in between.
   */
  sample({ t0, t1, serverTime }: ClockSample): void {
    this.checkForJump();
    const server = Date.parse(serverTime);
    if (Number.isNaN(server) || !(t0 <= t1) || t0 < this.#awakeSince) return;
    // A clock that is slow makes the answer seem quicker than it was.
    const slack = (t1 - t0) * DRIFT;
    const [least, most] = [server - t1, server + PRINTED_MS - t0 + slack];
    const drift = this.#drift();
    this.#least = Math.max(least, this.#least - drift);
    this.#most = Math.min(most, this.#most + drift);
    if (this.#least > this.#most) [this.#least, this.#most] = [least, most];
    this.#sampledAt = this.#device.monotonic();
    this.#gap = this.#device.wall() - this.#sampledAt;
    this.#isCertain.set(true);
  }

  /**
   * The server said its time without being asked, and nobody knows how long ago. Better than what
   * the device believes, until there is a sample.
   */
  observe(serverTime: string): void {
    this.checkForJump();
    const server = Date.parse(serverTime);
    if (this.#isCertain.get() || Number.isNaN(server)) return;
    // The offset is at least this much; of several, the one that was under way for the least time.
    this.#least = Math.max(this.#least, server - this.#device.monotonic());
    this.#guess = this.#least;
  }

  /**
   * Compares the two clocks of the device: true when they have parted since the last time. Then the
   * time that went by meanwhile is taken from the wall clock, as a guess, and a sample is needed.
   */
  checkForJump(): boolean {
    const monotonic = this.#device.monotonic();
    const gap = this.#device.wall() - monotonic;
    const jump = gap - this.#gap;
    if (Math.abs(jump) <= JUMP_MS) return false;
    // Asleep, the wall clock went on and ours did not. Set back, it says nothing: keep what we have.
    this.#guess = this.now() - monotonic + Math.max(0, jump);
    this.#gap = gap;
    this.#awakeSince = monotonic;
    this.#least = Number.NEGATIVE_INFINITY;
    this.#most = Number.POSITIVE_INFINITY;
    this.#isCertain.set(false);
    return true;
  }

  #drift(): number {
    return Math.max(0, this.#device.monotonic() - this.#sampledAt) * DRIFT;
  }
}
