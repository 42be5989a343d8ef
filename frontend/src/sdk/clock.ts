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
/** A sample counts for so long; clocks drift apart by some 50 ppm. */
const SAMPLE_LIFE_MS = 10 * 60_000;
const SAMPLES = 8;

interface Kept {
  offset: number;
  error: number;
  at: number;
}

/**
 * The server's time on this device.
 *
 * The offset between the server's clock and the *monotonic* clock comes from the quickest of the last
 * questions (Cristian's algorithm: the answer was true somewhere between t0 and t1, so half the round
 * trip is the most it can be off). The device's wall clock may be a day wrong and does not matter.
 *
 * The monotonic clock may stand still while a device sleeps. Whoever wakes up calls `checkForJump`:
 * when the two clocks have parted, everything known before counts for nothing but a first guess, and
 * `isCertain` is false until the next sample.
 */
export class SyncedClock implements ServerClock {
  readonly #device: DeviceClocks;
  readonly #isCertain = new Value(false);
  #samples: Kept[] = [];
  #offset: number;
  #error = Number.POSITIVE_INFINITY;
  #gap: number;

  constructor(
    device: DeviceClocks = { monotonic: () => performance.now(), wall: () => Date.now() },
  ) {
    this.#device = device;
    this.#gap = device.wall() - device.monotonic();
    this.#offset = this.#gap; // Until the server says better: what the device believes.
  }

  /** Whether the server has told the time since the device last slept or its clock was set. */
  get isCertain(): Observable<boolean> {
    return this.#isCertain;
  }

  /** How far `now` may be off, in milliseconds; infinite before the first sample. */
  get error(): number {
    return this.#error;
  }

  now(): number {
    return this.#device.monotonic() + this.#offset;
  }

  until(time: string): number {
    return Math.max(0, Date.parse(time) - this.now());
  }

  /** Takes an answered question. Nonsense (no time, an answer before its question) is left alone. */
  sample({ t0, t1, serverTime }: ClockSample): void {
    const server = Date.parse(serverTime);
    if (Number.isNaN(server) || t1 < t0) return;
    const now = this.#device.monotonic();
    const error = (t1 - t0) / 2;
    this.#samples = this.#samples.filter((kept) => now - kept.at < SAMPLE_LIFE_MS);
    this.#samples.push({ offset: server + error - t1, error, at: now });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    const best = this.#samples.reduce((one, other) => (other.error < one.error ? other : one));
    this.#offset = best.offset;
    this.#error = best.error;
    this.#isCertain.set(true);
  }

  /** The server said its time without being asked: better than the device's own until a sample. */
  observe(serverTime: string): void {
    const server = Date.parse(serverTime);
    if (this.#samples.length > 0 || Number.isNaN(server)) return;
    this.#offset = server - this.#device.monotonic();
    this.#isCertain.set(true);
  }

  /**
   * Compares the two clocks of the device: true when they have parted since the last time. Then the
   * time that went by meanwhile is taken from the wall clock, as a guess, and a sample is needed.
   */
  checkForJump(): boolean {
    const gap = this.#device.wall() - this.#device.monotonic();
    const jump = gap - this.#gap;
    if (Math.abs(jump) <= JUMP_MS) return false;
    this.#gap = gap;
    // Asleep, the wall clock went on and ours did not. Set back, it says nothing: keep what we have.
    if (jump > 0) this.#offset += jump;
    this.#samples = [];
    this.#error = Number.POSITIVE_INFINITY;
    this.#isCertain.set(false);
    return true;
  }
}
