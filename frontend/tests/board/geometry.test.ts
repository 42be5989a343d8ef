import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boxOf,
  columnsFor,
  indexAt,
  lastTile,
  layOut,
  MAX_SCROLL_HEIGHT,
  scrollOfY,
  seenAt,
  TILE_ROWS,
  tileOf,
  tilesAt,
  yOfScroll,
  yToCentre,
  yToSee,
} from '../../src/board/geometry';

const PHONE = { width: 340, height: 480 };
const geometries = fc
  .record({
    count: fc.integer({ min: 1, max: 1_000_000 }),
    width: fc.integer({ min: 280, max: 2_000 }),
    viewport: fc.integer({ min: 200, max: 1_400 }),
  })
  .map(({ count, width, viewport }) =>
    layOut(count, Math.max(2, String(count - 1).length), width, viewport),
  );

describe('columns', () => {
  test('a cell is never narrower than a finger, and labels fit in it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 280, max: 2_500 }),
        fc.integer({ min: 2, max: 7 }),
        (width, digits) => {
          const cell = width / columnsFor(width, digits);
          expect(cell).toBeGreaterThanOrEqual(44);
          expect(cell).toBeGreaterThanOrEqual(digits * 8);
        },
      ),
    );
  });

  test('rows begin at a round number where there is room for it', () => {
    expect(columnsFor(PHONE.width, 4)).toBe(5);
    expect(columnsFor(700, 4)).toBe(10);
    expect(columnsFor(1_200, 4)).toBe(20);
  });

  test('there is a column even before the page has a width', () => {
    expect(columnsFor(0, 6)).toBe(1);
  });
});

describe('numbers and places', () => {
  test('the number in the middle of its own box is found there', () => {
    fc.assert(
      fc.property(geometries, fc.nat(), (geometry, seed) => {
        const index = seed % geometry.count;
        const { left, y, width, height } = boxOf(geometry, index);
        expect(indexAt(geometry, left + width / 2, y + height / 2)).toBe(index);
      }),
    );
  });

  test('beside the board and after its last number there is none', () => {
    const geometry = layOut(12, 2, 500, 400);
    expect(geometry.columns).toBe(10);
    expect(indexAt(geometry, 125, 60)).toBeNull();
    expect(indexAt(geometry, -1, 10)).toBeNull();
    expect(indexAt(geometry, 501, 10)).toBeNull();
    expect(indexAt(geometry, 10, -1)).toBeNull();
    expect(indexAt(geometry, 75, 60)).toBe(11);
  });
});

describe('scrolling', () => {
  test('a board that fits is scrolled one to one', () => {
    const geometry = layOut(10_000, 4, PHONE.width, PHONE.height);
    expect(geometry.scrollHeight).toBe(geometry.height);
    expect(yOfScroll(geometry, 1_234)).toBe(1_234);
    expect(scrollOfY(geometry, 1_234)).toBe(1_234);
  });

  test('a board too high for browsers is still scrolled to its very ends', () => {
    const geometry = layOut(5_000_000, 7, PHONE.width, PHONE.height);
    expect(geometry.height).toBeGreaterThan(MAX_SCROLL_HEIGHT);
    expect(geometry.scrollHeight).toBe(MAX_SCROLL_HEIGHT);
    expect(yOfScroll(geometry, 0)).toBe(0);
    const bottom = yOfScroll(geometry, MAX_SCROLL_HEIGHT - PHONE.height);
    expect(bottom).toBeCloseTo(geometry.height - PHONE.height, 3);
    expect(seenAt(geometry, bottom)[1]).toBe(4_999_999);
  });

  test('scrolling to a place and reading where that is gives the place again', () => {
    const tall = layOut(5_000_000, 7, PHONE.width, PHONE.height);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
        const y = share * (tall.height - tall.viewport);
        expect(yOfScroll(tall, scrollOfY(tall, y))).toBeCloseTo(y, 3);
      }),
    );
  });

  test('a scroll position beyond the board, as elastic scrolling gives, is its end', () => {
    const geometry = layOut(10_000, 4, PHONE.width, PHONE.height);
    expect(yOfScroll(geometry, -80)).toBe(0);
    expect(yOfScroll(geometry, geometry.height)).toBe(geometry.height - PHONE.height);
  });

  test('a row that is to be seen is moved by the least, and not at all when it is seen', () => {
    const geometry = layOut(10_000, 4, PHONE.width, PHONE.height);
    const row = 5;
    const whole = { top: 0, bottom: PHONE.height };
    expect(yToSee(geometry, 20 * row, 4_000, whole)).toBe(20 * row * (52 / geometry.columns));
    expect(yToSee(geometry, 0, 0, whole)).toBe(0);
    const below = boxOf(geometry, 500);
    expect(yToSee(geometry, 500, 0, whole)).toBe(below.y + below.height - PHONE.height);
  });

  test('a number is not hidden under what lies over the foot or the head of the board', () => {
    const geometry = layOut(10_000, 4, PHONE.width, PHONE.height);
    const part = { top: 60, bottom: 300 };
    const { y, height } = boxOf(geometry, 500);
    expect(yToSee(geometry, 500, 0, part)).toBe(y + height - part.bottom);
    expect(yToSee(geometry, 500, 9_000, part)).toBe(y - part.top);
    const middle = y + height / 2 - yToCentre(geometry, 500, part);
    expect(middle).toBe((part.top + part.bottom) / 2);
  });

  test('a number that is pointed at is seen as a whole, wherever it is', () => {
    fc.assert(
      fc.property(geometries, fc.nat(), (geometry, seed) => {
        const { y, height } = boxOf(geometry, seed % geometry.count);
        const whole = { top: 0, bottom: geometry.viewport };
        const top = yToCentre(geometry, seed % geometry.count, whole);
        expect(top).toBeLessThanOrEqual(y);
        expect(top + geometry.viewport).toBeGreaterThanOrEqual(y + height);
      }),
    );
  });
});

describe('tiles', () => {
  test('every number that is seen is on a tile that is shown', () => {
    fc.assert(
      fc.property(geometries, fc.double({ min: 0, max: 1, noNaN: true }), (geometry, share) => {
        const y = share * Math.max(0, geometry.height - geometry.viewport);
        const [first, last] = tilesAt(geometry, y);
        for (const index of seenAt(geometry, y)) {
          expect(tileOf(geometry, index)).toBeGreaterThanOrEqual(first);
          expect(tileOf(geometry, index)).toBeLessThanOrEqual(last);
        }
        expect(last).toBeLessThanOrEqual(lastTile(geometry));
      }),
    );
  });

  test('a screen is a handful of tiles, however large the board', () => {
    const geometry = layOut(1_000_000, 6, PHONE.width, PHONE.height);
    const [first, last] = tilesAt(geometry, 2_500_000);
    expect(last - first + 1).toBeLessThanOrEqual(Math.ceil(PHONE.height / (52 * TILE_ROWS)) + 1);
  });
});
