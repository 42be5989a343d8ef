import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JUMP_MS, SyncedClock } from '../../src/sdk/clock';
import { DAY, Device } from './device';

const HOUR = 3_600_000;
/** Half of what the server cuts off when it prints its time. */
const PRINTED = 0.5;
/** What the clock allows for two clocks that part by themselves. */
const DRIFT = 200e-6;
/** For the rounding of floating point. */
const TINY = 1e-3;

function off(clock: SyncedClock, device: Device): number {
  return Math.abs(clock.now() - device.truth);
}

/** A synchronized clock of a device that is a day wrong. */
function synced(device = new Device(DAY)) {
  const clock = new SyncedClock(device);
  clock.sample(device.ask(20, 20));
  return { clock, device };
}

const wrong = fc.integer({ min: -DAY, max: DAY });
const drift = fc.integer({ min: -150, max: 150 }).map((ppm) => ppm * 1e-6);
const trip = fc.integer({ min: 0, max: 200_000 }).map((tenths) => tenths / 10);
const trips = fc.array(fc.record({ there: trip, back: trip, pause: fc.nat(60_000) }), {
  minLength: 1,
  maxLength: 12,
});

describe('the clock of the server', () => {
  it('is right within half the quickest round trip, however wrong the device and the way', () => {
    fc.assert(
      fc.property(wrong, trips, (wrong, questions) => {
        const device = new Device(wrong);
        const clock = new SyncedClock(device);
        let limit = Number.POSITIVE_INFINITY;
        const isWithin = () => {
          expect(clock.error).toBeLessThanOrEqual(limit + TINY);
          expect(off(clock, device)).toBeLessThanOrEqual(limit + TINY);
        };
        for (const { there, back, pause } of questions) {
          clock.sample(device.ask(there, back));
          const aged = limit + DRIFT * (there + back);
          limit = Math.min(aged, (there + back) * (0.5 + DRIFT) + PRINTED);
          isWithin();
          device.pass(pause);
          limit += DRIFT * pause;
          isWithin();
        }
      }),
    );
  });

  it('is never off by more than it says, also when the clocks drift apart', () => {
    fc.assert(
      fc.property(wrong, drift, trips, (wrong, drift, questions) => {
        const device = new Device(wrong, drift);
        const clock = new SyncedClock(device);
        expect(clock.error).toBe(Number.POSITIVE_INFINITY);
        for (const { there, back, pause } of questions) {
          clock.sample(device.ask(there, back));
          expect(off(clock, device)).toBeLessThanOrEqual(clock.error + TINY);
          device.pass(pause);
          expect(off(clock, device)).toBeLessThanOrEqual(clock.error + TINY);
        }
      }),
    );
  });

  it('is moved by a further sample no more than it could be off', () => {
    fc.assert(
      fc.property(drift, trips, (drift, questions) => {
        const { clock, device } = synced(new Device(0, drift));
        for (const { there, back, pause } of questions) {
          device.pass(pause);
          const sample = device.ask(there, back);
          const [before, error] = [clock.now(), clock.error];
          clock.sample(sample);
          expect(Math.abs(clock.now() - before)).toBeLessThanOrEqual(error + TINY);
        }
      }),
    );
  });

  it('is not moved at all by answers that are slower', () => {
    const { clock, device } = synced();
    const deadline = new Date(device.truth + 10_000).toISOString();
    let last = clock.until(deadline);
    for (const [there, back] of [
      [90, 40],
      [25, 300],
      [800, 30],
      [60, 60],
    ] as const) {
      clock.sample(device.ask(there, back));
      expect(clock.until(deadline)).toBeCloseTo(last - there - back, 6);
      last = clock.until(deadline);
    }
  });

  it('learns from answers that are slow in different directions', () => {
    const { clock, device } = synced();
    clock.sample(device.ask(0, 500));
    expect(clock.error).toBeLessThan(12);
    clock.sample(device.ask(500, 0));
    expect(clock.error).toBeLessThan(2);
    expect(off(clock, device)).toBeLessThanOrEqual(clock.error);
  });

  it('follows when a clock has moved without a trace', () => {
    for (const move of [
      (device: Device) => device.sleep(JUMP_MS - 500),
      (device: Device) => device.otherServer(-700),
    ]) {
      const { clock, device } = synced();
      for (let times = 0; times < 4; times++) {
        move(device);
        clock.sample(device.ask(30, 10));
        expect(off(clock, device)).toBeLessThanOrEqual(20 + PRINTED);
        expect(clock.isCertain.get()).toBe(true);
      }
    }
  });

  it('leaves nonsense alone', () => {
    const { clock, device } = synced();
    const { serverTime } = device.ask(0, 0);
    const [now, error] = [clock.now(), clock.error];
    clock.sample({ t0: 5_000, t1: 4_999, serverTime });
    clock.sample({ t0: Number.NaN, t1: 5_000, serverTime });
    clock.sample({ t0: 4_000, t1: 4_000, serverTime: 'soon' });
    expect([clock.now(), clock.error]).toEqual([now, error]);
  });
});

describe('before the first sample', () => {
  it('the time is what the device believes, and then what the server said last', () => {
    const device = new Device(DAY);
    const clock = new SyncedClock(device);
    expect(clock.now()).toBe(device.wall());
    const first = device.printed();
    device.pass(900);
    clock.observe(first);
    expect(off(clock, device)).toBe(900);
    clock.observe(device.printed());
    expect(off(clock, device)).toBe(0);
    clock.observe(first);
    clock.observe('never');
    expect(off(clock, device)).toBe(0);
    expect(clock.isCertain.get()).toBe(false);
  });

  it('a first guess gives way to a sample, and does not come back', () => {
    const device = new Device();
    const clock = new SyncedClock(device);
    clock.observe(new Date(device.truth - DAY).toISOString());
    clock.sample(device.ask(20, 20));
    clock.observe(new Date(device.truth - DAY).toISOString());
    clock.observe(new Date(device.truth + DAY).toISOString());
    expect(off(clock, device)).toBeLessThanOrEqual(20 + PRINTED);
  });
});

describe('a device that slept, or whose clock was set', () => {
  it('has missed time, which its wall clock tells until the server does', () => {
    const { clock, device } = synced();
    const certain: boolean[] = [];
    clock.isCertain.subscribe(() => certain.push(clock.isCertain.get()));
    device.sleep(HOUR);
    expect(clock.checkForJump()).toBe(true);
    expect(clock.checkForJump()).toBe(false);
    expect(off(clock, device)).toBeLessThan(1);
    expect(clock.error).toBe(Number.POSITIVE_INFINITY);
    device.pass(500);
    clock.sample(device.ask(5, 5));
    expect(certain).toEqual([false, true]);
    expect(off(clock, device)).toBeLessThanOrEqual(5 + PRINTED);
  });

  it('keeps the time when its clock is set back, and waits for the server', () => {
    const { clock, device } = synced();
    device.setWall(-HOUR);
    expect(clock.checkForJump()).toBe(true);
    expect(clock.isCertain.get()).toBe(false);
    expect(off(clock, device)).toBeLessThan(1);
  });

  it('is right again by the first sample after it, whatever happened', () => {
    const happening = fc.oneof(
      fc.record({ what: fc.constant('sleep'), ms: fc.integer({ min: 0, max: 3 * DAY }) }),
      fc.record({ what: fc.constant('set'), ms: fc.integer({ min: -DAY, max: DAY }) }),
      fc.record({ what: fc.constant('pass'), ms: fc.nat(HOUR) }),
      fc.record({ what: fc.constant('look'), ms: fc.constant(0) }),
      fc.record({ what: fc.constant('hear'), ms: fc.nat(DAY) }),
    );
    fc.assert(
      fc.property(wrong, fc.array(happening), trip, trip, (wrong, happenings, there, back) => {
        const { clock, device } = synced(new Device(wrong));
        for (const { what, ms } of happenings) {
          if (what === 'sleep') device.sleep(ms);
          else if (what === 'set') device.setWall(ms);
          else if (what === 'pass') device.pass(ms);
          else if (what === 'look') clock.checkForJump();
          else clock.observe(new Date(device.truth - ms).toISOString());
        }
        clock.checkForJump();
        clock.sample(device.ask(there, back));
        expect(clock.isCertain.get()).toBe(true);
        // What a nap that nobody noticed has left cannot lead out of what the sample allows.
        const trip = there + back;
        expect(off(clock, device)).toBeLessThanOrEqual(trip * (1 + DRIFT) + 2 * PRINTED + TINY);
        clock.sample(device.ask(0, 0));
        expect(off(clock, device)).toBeLessThanOrEqual(2 * PRINTED + TINY);
      }),
    );
  });

  it('does not mix what it knew before with a slow answer after it', () => {
    const { clock, device } = synced();
    device.sleep(JUMP_MS + 1_000);
    clock.checkForJump();
    clock.sample(device.ask(3_000, 5_000));
    expect(clock.error).toBeGreaterThanOrEqual(4_000);
    expect(off(clock, device)).toBeLessThanOrEqual(clock.error);
  });

  it('does not take an answer for the time that was asked for before the sleep', () => {
    const { clock, device } = synced();
    const asleep = device.ask(10, 10, () => device.sleep(HOUR));
    clock.sample(asleep);
    expect(clock.isCertain.get()).toBe(false);
    expect(off(clock, device)).toBeLessThan(1);
    clock.sample(device.ask(10, 10));
    expect(clock.isCertain.get()).toBe(true);
  });

  it('is noticed by any message, without being looked for', () => {
    const { clock, device } = synced();
    device.sleep(HOUR);
    clock.observe(device.printed());
    expect(clock.isCertain.get()).toBe(false);
    expect(off(clock, device)).toBe(0);
  });
});

describe('the time until a deadline', () => {
  it('ends at zero', () => {
    const { clock, device } = synced();
    const deadline = new Date(device.truth + 61_500).toISOString();
    expect(Math.ceil(clock.until(deadline) / 1000)).toBe(62);
    device.pass(70_000);
    expect(clock.until(deadline)).toBe(0);
  });

  it('is the same when the seasons change and in any time zone', () => {
    const { clock, device } = synced();
    const at = device.truth + 90_000;
    const there = new Date(at + 2 * HOUR).toISOString().replace('Z', '+02:00');
    expect(clock.until(there)).toBe(clock.until(new Date(at).toISOString()));
  });

  it('of something that is no time is an error', () => {
    expect(() => synced().clock.until('tomorrow')).toThrow(RangeError);
  });
});
