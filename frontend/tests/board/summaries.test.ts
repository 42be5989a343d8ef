import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { areaOnMap, indexOnMap, mapSize } from '../../src/board/overview';
import { countFree, freeGroups, freeIn, groupSizes } from '../../src/board/ranges';
import { blockSize, Tally } from '../../src/board/tally';
import { Cell } from '../../src/sdk/types';
import { aBoard, change } from '../offline/fakeLive';

const counts = fc.integer({ min: 1, max: 1_000_000 });

describe('the map', () => {
  test('has a place for every number, and rows that begin at round numbers', () => {
    expect(mapSize(1_000_000)).toEqual({ columns: 1_000, rows: 1_000 });
    expect(mapSize(10_000)).toEqual({ columns: 100, rows: 100 });
    fc.assert(
      fc.property(counts, (count) => {
        const { columns, rows } = mapSize(count);
        expect(columns * rows).toBeGreaterThanOrEqual(count);
        expect(columns * (rows - 1)).toBeLessThan(count);
      }),
    );
  });

  test('gives the number that is shown at a place', () => {
    fc.assert(
      fc.property(counts, fc.nat(), (count, seed) => {
        const index = seed % count;
        const { left, top, width, height } = areaOnMap(count, index, index);
        expect(indexOnMap(count, left + width / 2, top + height / 2)).toBe(index);
      }),
    );
  });

  test('gives a number of the board also for a finger that left it', () => {
    expect(indexOnMap(1_000_000, -0.5, -0.5)).toBe(0);
    expect(indexOnMap(1_000_000, 1.5, 1.5)).toBe(999_999);
    expect(indexOnMap(1_003, 1, 1)).toBe(1_002);
  });
});

describe('blocks', () => {
  test('are of a hundred, or of a thousand where there would be too many', () => {
    expect(blockSize(5_000)).toBe(100);
    expect(blockSize(1_000_000)).toBe(1_000);
  });

  test('the last one is as large as what is left', () => {
    const tally = new Tally(aBoard(250), 100);
    expect(tally.blocks).toBe(3);
    expect(tally.sizeOf(0)).toBe(100);
    expect(tally.sizeOf(2)).toBe(50);
    expect(tally.freeOf(2)).toBe(50);
  });

  test('count the same by changes as by counting again, also when told twice', () => {
    const state = fc.constantFrom(Cell.available, Cell.reserved, Cell.sold, Cell.blocked);
    const changes = fc.array(fc.tuple(fc.nat(249), state), { maxLength: 60 });
    fc.assert(
      fc.property(changes, (steps) => {
        const board = aBoard(250, { 3: Cell.sold, 120: Cell.reserved });
        const tally = new Tally(board, 100);
        for (const [index, to] of steps) {
          change(board, index, to);
          tally.touch([index, index]);
        }
        const again = new Tally(board, 100);
        for (const block of [0, 1, 2]) expect(tally.freeOf(block)).toBe(again.freeOf(block));
      }),
    );
  });
});

describe('the list', () => {
  test('leads to a number in steps that can be read', () => {
    expect(groupSizes(1_000_000)).toEqual([100_000, 1_000, 100]);
    expect(groupSizes(10_000)).toEqual([1_000, 100]);
    expect(groupSizes(500)).toEqual([100]);
    expect(groupSizes(100)).toEqual([]);
  });

  test('leaves out groups without a free number, and numbers that are not free', () => {
    const sold = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [100 + i, Cell.sold]));
    const board = aBoard(250, { ...sold, 201: Cell.reserved });
    const groups = freeGroups(board, { first: 0, last: 249 }, 100);
    expect(groups).toEqual([
      { first: 0, last: 99, free: 100 },
      { first: 200, last: 249, free: 49 },
    ]);
    expect(freeIn(board, { first: 200, last: 203 })).toEqual([200, 202, 203]);
    expect(countFree(board, 100, 199)).toBe(0);
  });

  test('does not offer what is mine again', () => {
    const board = aBoard(10);
    board.setMarks('mine', [4]);
    expect(freeIn(board, { first: 3, last: 5 })).toEqual([3, 5]);
  });
});
