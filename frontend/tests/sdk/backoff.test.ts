import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterHint, BASE_MS, CAP_MS, fullJitter, LEAST_MS } from '../../src/sdk/backoff';

const luck = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Numbers as random as a test needs them, and the same each time. */
function* chance(): Generator<number> {
  for (let seed = 1; ; ) {
    seed = (seed * 48_271) % 2_147_483_647;
    yield seed / 2_147_483_647;
  }
}

/** How many of `pauses` lie in each tenth of the time from `from` to `to`. */
function tenths(pauses: number[], from: number, to: number): number[] {
  const counts = Array<number>(10).fill(0);
  for (const pause of pauses) {
    const tenth = Math.min(9, Math.floor(((pause - from) / (to - from)) * 10));
    counts[tenth] = (counts[tenth] ?? 0) + 1;
  }
  return counts;
}

describe('the pause before coming back', () => {
  it('lies anywhere below a limit that doubles up to half a minute, after any attempt', () => {
    fc.assert(
      fc.property(fc.nat(5_000), luck, (attempt, luck) => {
        const limit = attempt < 20 ? Math.min(CAP_MS, BASE_MS * 2 ** attempt) : CAP_MS;
        const pause = fullJitter(attempt, () => luck);
        expect(pause).toBeGreaterThanOrEqual(LEAST_MS);
        expect(pause).toBeLessThanOrEqual(limit);
      }),
    );
    const longest = [0, 1, 2, 3, 4, 5, 6, 7].map((attempt) => fullJitter(attempt, () => 1 - 1e-9));
    expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it.each([0, 3, 40])('spreads a crowd evenly (attempt %i)', (attempt) => {
    const random = chance();
    const crowd = Array.from({ length: 10_000 }, () =>
      fullJitter(attempt, () => random.next().value),
    );
    const limit = fullJitter(attempt, () => 1 - 1e-9);
    for (const count of tenths(crowd, LEAST_MS, limit)) {
      expect(count).toBeGreaterThan(850);
      expect(count).toBeLessThan(1_150);
    }
  });
});

describe('the pause that a server asks for', () => {
  it('is kept, and spread over half as much again', () => {
    fc.assert(
      fc.property(fc.integer({ min: LEAST_MS, max: 10 * CAP_MS }), luck, (asked, luck) => {
        const pause = afterHint(asked, () => luck);
        expect(pause).toBeGreaterThanOrEqual(asked);
        expect(pause).toBeLessThanOrEqual(Math.ceil(asked * 1.5));
      }),
    );
  });

  it('is neither nothing nor endless', () => {
    expect(afterHint(-5, () => 0)).toBe(LEAST_MS);
    expect(afterHint(1e12, () => 0)).toBe(10 * CAP_MS);
  });

  it('brings no crowd back at once', () => {
    const random = chance();
    const crowd = Array.from({ length: 10_000 }, () => afterHint(4_000, () => random.next().value));
    expect(Math.max(...tenths(crowd, 4_000, 6_000))).toBeLessThan(1_150);
  });
});
