import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoardStore } from '../../src/sdk/board';
import { nearestFree } from '../../src/sdk/nearest';
import { Cell } from '../../src/sdk/types';

describe('near alternatives', () => {
  it('are the nearest numbers that nobody has, I neither', () => {
    const board = new BoardStore(20);
    board.setMarks('mine', [11]);
    board.markPending(8);
    expect(nearestFree(board, 10, 3)).toEqual([9, 12, 13]);
  });

  it('lie on both sides as far as there are any', () => {
    const board = new BoardStore(20);
    expect(nearestFree(board, 0, 2)).toEqual([1, 2]);
    expect(nearestFree(board, 19, 2)).toEqual([18, 17]);
    expect(nearestFree(board, 10, 3)).toEqual([11, 9, 12]);
  });

  it('can be asked for with the same ending', () => {
    const board = new BoardStore(1_000);
    expect(nearestFree(board, 417, 3, (index) => index % 100 === 17)).toEqual([517, 317, 617]);
  });

  it('can be none', () => {
    expect(nearestFree(new BoardStore(1), 0, 3)).toEqual([]);
    expect(nearestFree(new BoardStore(9), 4, 3, () => false)).toEqual([]);
    expect(nearestFree(new BoardStore(9), 4, 0)).toEqual([]);
  });

  it('are what sorting all free numbers by distance gives', () => {
    const cells = fc.uint8Array({ min: 0, max: 3, minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(cells, fc.nat(59), fc.nat(8), fc.nat(3), (cells, at, howMany, rest) => {
        const board = new BoardStore(cells.length);
        board.applySnapshot({ kind: 'snapshot', epoch: 1, seq: 1, first: 0, cells });
        const index = at % cells.length;
        const isWelcome = (number: number) => number % 4 >= rest;
        const sorted = [...cells.keys()]
          .filter((number) => number !== index && cells[number] === Cell.available)
          .filter(isWelcome)
          .sort((a, b) => Math.abs(a - index) - Math.abs(b - index) || b - a);
        expect(nearestFree(board, index, howMany, isWelcome)).toEqual(sorted.slice(0, howMany));
      }),
    );
  });
});
