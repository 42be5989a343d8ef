import { describe, expect, test } from 'vitest';
import { digitsOf, filterOf, findMatches, patternText, step } from '../../src/board/patterns';
import { quickPickRoom } from '../../src/board/quickPickRoom';
import { parseQuery } from '../../src/sdk/numbers';
import { Cell, type Raffle, type Reservation } from '../../src/sdk/types';
import { aBoard } from '../offline/fakeLive';

describe('patterns', () => {
  test('zeros before a number are digits like any other', () => {
    expect(digitsOf('*07')).toBe('07');
    expect(digitsOf('00*')).toBe('00');
  });

  test.each([
    ['starts_with', '12*'],
    ['ends_with', '*12'],
    ['contains', '*12*'],
  ] as const)('what %s makes is read back as that', (pattern, text) => {
    expect(patternText(pattern, '12')).toBe(text);
    expect(parseQuery(text, 4, 10_000)).toEqual({ kind: pattern, digits: '12' });
  });

  test('chance is asked for the same numbers that the search shows', () => {
    expect(filterOf({ kind: 'ends_with', digits: '07' })).toEqual({ ends_with: '07' });
    expect(filterOf({ kind: 'starts_with', digits: '12' })).toEqual({ starts_with: '12' });
  });
});

describe('matches', () => {
  const board = aBoard(1_000, { 107: Cell.sold, 207: Cell.reserved });
  const found = findMatches({ kind: 'ends_with', digits: '07' }, board);

  test('all are counted, and only free ones are stepped through', () => {
    expect(found.total).toBe(10);
    expect(found.free).toEqual([7, 307, 407, 507, 607, 707, 807, 907]);
  });

  test('next and previous go round at the ends', () => {
    expect(step(found, null, 1)).toEqual({ index: 7, place: 1 });
    expect(step(found, null, -1)).toEqual({ index: 907, place: 8 });
    expect(step(found, 7, 1)).toEqual({ index: 307, place: 2 });
    expect(step(found, 907, 1)).toEqual({ index: 7, place: 1 });
    expect(step(found, 7, -1)).toEqual({ index: 907, place: 8 });
    expect(step(found, 907, -1)).toEqual({ index: 807, place: 7 });
  });

  test('a match that was taken meanwhile is passed, not lost as a place', () => {
    expect(step(found, 107, 1)).toEqual({ index: 307, place: 2 });
    expect(step(found, 107, -1)).toEqual({ index: 7, place: 1 });
  });

  test('there is nowhere to go when nothing is free', () => {
    expect(step({ total: 3, free: [] }, null, 1)).toBeNull();
  });
});

describe('room for chance', () => {
  const raffle = { status: 'active', max_numbers_per_user: 10 } as Raffle;
  const holding = (count: number, phase = 'selection') =>
    ({ phase, number_ids: Array.from({ length: count }, String) }) as unknown as Reservation;

  test('is what the limit leaves', () => {
    expect(quickPickRoom(raffle, null)).toEqual({ more: 10, why: null });
    expect(quickPickRoom(raffle, holding(7))).toEqual({ more: 3, why: null });
  });

  test('says why there is none', () => {
    expect(quickPickRoom(raffle, holding(10)).why).toBe('full');
    expect(quickPickRoom(raffle, holding(2, 'checkout')).why).toBe('phase');
    expect(quickPickRoom({ ...raffle, status: 'paused' }, null).why).toBe('closed');
  });

  test('is none, without a reason, while the raffle is not known', () => {
    expect(quickPickRoom(null, null)).toEqual({ more: 0, why: null });
  });
});
