import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isMatch,
  labelOf,
  matches,
  type NumberQuery,
  numberOf,
  parseQuery,
  widthOf,
} from '../../src/sdk/numbers';

const counts = fc.oneof(
  fc.constantFrom(1, 2, 10, 99, 100, 101, 1000),
  fc.integer({ min: 1, max: 4000 }),
);

describe('a label', () => {
  it('has the width of the largest number, and at least two digits', () => {
    expect([1, 10, 100, 101, 10_000, 1_000_000].map(widthOf)).toEqual([2, 2, 2, 3, 4, 6]);
  });

  it('names its number and no other', () => {
    fc.assert(
      fc.property(counts, fc.nat(5000), (count, n) => {
        const width = widthOf(count);
        const label = labelOf(n % count, width);
        expect(label).toHaveLength(width);
        expect(numberOf(label, width, count)).toBe(n % count);
      }),
    );
    expect(numberOf('7', 2, 100)).toBeUndefined();
    expect(numberOf('٠٧', 2, 100)).toBeUndefined();
    expect(numberOf('99', 2, 50)).toBeUndefined();
  });
});

describe('what a person types', () => {
  it.each<[string, NumberQuery | null]>([
    ['417', { kind: 'exact', index: 417 }],
    ['4 1 7', { kind: 'exact', index: 417 }],
    ['0417', { kind: 'exact', index: 417 }],
    ['12*', { kind: 'starts_with', digits: '12' }],
    ['*07', { kind: 'ends_with', digits: '07' }],
    ['*5*', { kind: 'contains', digits: '5' }],
    ['', null],
    ['*', null],
    ['abc', null],
    ['12345', null],
    ['-1', { kind: 'exact', index: 1 }],
  ])('%j is understood', (typed, expected) => {
    expect(parseQuery(typed, 4, 10_000)).toEqual(expected);
  });

  it('finds exactly the numbers whose printed form answers it', () => {
    const query = fc.record({
      kind: fc.constantFrom('starts_with' as const, 'ends_with' as const, 'contains' as const),
      digits: fc.stringMatching(/^[0-9]{1,4}$/),
    });
    fc.assert(
      fc.property(counts, query, (count, { kind, digits }) => {
        const width = widthOf(count);
        const test = (label: string) =>
          kind === 'starts_with'
            ? label.startsWith(digits)
            : kind === 'ends_with'
              ? label.endsWith(digits)
              : label.includes(digits);
        const expected: number[] = [];
        for (let i = 0; i < count; i++) if (test(labelOf(i, width))) expected.push(i);
        expect([...matches({ kind, digits }, width, count)]).toEqual(expected);
        const all = Array.from({ length: count }, (_, i) => i);
        expect(all.filter((i) => isMatch({ kind, digits }, i, width))).toEqual(expected);
      }),
    );
  });
});
