import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterHint, BASE_MS, CAP_MS, fullJitter, LEAST_MS } from '../../src/sdk/backoff';
import { SyncedClock } from '../../src/sdk/clock';

const START = Date.parse('2026-01-31T18:00:00.000Z');

/** A device whose two clocks are moved by hand; `true` time is the server's. */
class Device {
  elapsed = 0;
  asleep = 0;
  constructor(public wallError: number) {}
  monotonic = () => 1_000 + this.elapsed - this.asleep;
  wall = () => START + this.elapsed + this.wallError;
  true = () => START + this.elapsed;
}

function ask(clock: SyncedClock, device: Device, there: number, back: number): void {
  const t0 = device.monotonic();
  device.elapsed += there;
  const serverTime = new Date(device.true()).toISOString();
  device.elapsed += back;
  clock.sample({ t0, t1: device.monotonic(), serverTime });
}

const day = 86_400_000;

describe('the clock of the server', () => {
  it('is right within half a round trip, however wrong the clock of the phone is', () => {
    const trips = fc.array(fc.tuple(fc.nat(3000), fc.nat(3000)), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: -day, max: day }), trips, (wrong, samples) => {
        const device = new Device(wrong);
        const clock = new SyncedClock(device);
        for (const [there, back] of samples) {
          ask(clock, device, there, back);
          expect(Math.abs(clock.now() - device.true())).toBeLessThanOrEqual(clock.error + 1);
          device.elapsed += 500;
        }
        const last = samples.slice(-8);
        const best = Math.min(...last.map(([there, back]) => (there + back) / 2));
        expect(clock.error).toBe(best);
      }),
    );
  });

  it('uses what the server said by itself until it was asked', () => {
    const device = new Device(day);
    const clock = new SyncedClock(device);
    expect(clock.isCertain.get()).toBe(false);
    clock.observe(new Date(START).toISOString());
    expect(clock.isCertain.get()).toBe(true);
    expect(clock.now()).toBe(START);
    ask(clock, device, 20, 20);
    clock.observe(new Date(START - 9_000).toISOString());
    expect(clock.now()).toBe(device.true());
  });

  it('knows that a sleeping device has missed time, and asks again', () => {
    const device = new Device(-day);
    const clock = new SyncedClock(device);
    ask(clock, device, 10, 10);
    device.elapsed += 300_000;
    device.asleep += 300_000;
    expect(clock.checkForJump()).toBe(true);
    expect(clock.isCertain.get()).toBe(false);
    expect(Math.abs(clock.now() - device.true())).toBeLessThanOrEqual(1);
    expect(clock.checkForJump()).toBe(false);
    ask(clock, device, 5, 5);
    expect(clock.isCertain.get()).toBe(true);
  });

  it('does not move when somebody sets the clock of the phone back', () => {
    const device = new Device(0);
    const clock = new SyncedClock(device);
    ask(clock, device, 10, 10);
    device.wallError = -3_600_000;
    expect(clock.checkForJump()).toBe(true);
    expect(clock.now()).toBe(device.true());
  });

  it('counts down to a deadline, and stops at zero', () => {
    const device = new Device(day);
    const clock = new SyncedClock(device);
    ask(clock, device, 0, 0);
    const deadline = new Date(device.true() + 61_500).toISOString();
    expect(clock.until(deadline)).toBe(61_500);
    device.elapsed += 70_000;
    expect(clock.until(deadline)).toBe(0);
  });

  it('leaves nonsense alone', () => {
    const device = new Device(0);
    const clock = new SyncedClock(device);
    clock.sample({ t0: 5, t1: 4, serverTime: new Date(0).toISOString() });
    clock.sample({ t0: 4, t1: 5, serverTime: 'soon' });
    clock.observe('never');
    expect(clock.isCertain.get()).toBe(false);
    expect(clock.now()).toBe(START);
  });
});

describe('the pause before coming back', () => {
  it('lies anywhere below a limit that doubles, and never grows beyond half a minute', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, luck) => {
        const pause = fullJitter(attempt, () => luck);
        expect(pause).toBeGreaterThanOrEqual(LEAST_MS);
        expect(pause).toBeLessThanOrEqual(Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 20)));
      }),
    );
    expect(fullJitter(0, () => 0)).toBe(LEAST_MS);
    expect(fullJitter(20, () => 0.999999)).toBe(CAP_MS);
  });

  it('is not before the server said, and not for everybody at once', () => {
    expect(afterHint(2_000, () => 0)).toBe(2_000);
    expect(afterHint(2_000, () => 0.5)).toBe(2_500);
    expect(afterHint(-5, () => 0)).toBe(LEAST_MS);
  });
});
