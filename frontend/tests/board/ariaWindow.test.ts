import { i18n } from '@lingui/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AriaWindow } from '../../src/board/ariaWindow';
import { layOut } from '../../src/board/geometry';
import type { BoardStore } from '../../src/sdk/board';
import { Cell } from '../../src/sdk/types';
import { aBoard, change } from '../offline/fakeLive';

/** Ten columns. */
const GEOMETRY = layOut(1_000_000, 6, 700, 400);

let grid: HTMLElement;
let board: BoardStore;
let window: AriaWindow;

beforeEach(() => {
  i18n.loadAndActivate({ locale: 'es', messages: {} });
  grid = document.body.appendChild(document.createElement('div'));
  board = aBoard(1_000_000);
  window = new AriaWindow(grid, board, GEOMETRY);
  board.subscribe((changed) => window.touch(changed));
  window.moveTo(500_005);
});

afterEach(() => document.body.replaceChildren());

function cells(): HTMLElement[] {
  return [...grid.querySelectorAll<HTMLElement>('[role="gridcell"]')];
}

test('says how large the whole board is, though few cells are there', () => {
  expect(grid.getAttribute('aria-rowcount')).toBe('100000');
  expect(grid.getAttribute('aria-colcount')).toBe('10');
  expect(cells()).toHaveLength(70);
});

test('a cell says its number, its state, and where it is', () => {
  const cell = window.cellOf(500_005);
  expect(cell?.getAttribute('aria-label')).toBe('Número 500005, libre');
  expect(cell?.getAttribute('aria-colindex')).toBe('6');
  expect(cell?.parentElement?.getAttribute('role')).toBe('row');
  expect(cell?.parentElement?.getAttribute('aria-rowindex')).toBe('50001');
});

test('rows are read in their order, whichever way the board was moved', () => {
  for (const index of [500_045, 499_985, 500_015]) window.moveTo(index);
  const rows = [...grid.children].map((row) => Number(row.getAttribute('aria-rowindex')));
  expect(rows).toEqual([...rows].sort((one, other) => one - other));
  expect(rows).toHaveLength(7);
});

test('the current number is the only tab stop', () => {
  window.moveTo(500_016);
  const stops = cells().filter((cell) => cell.tabIndex === 0);
  expect(stops.map((cell) => cell.dataset.index)).toEqual(['500016']);
});

describe('a change of state', () => {
  test('is told by the cell, which stays the one that has the focus', () => {
    window.moveTo(500_005, true);
    const focused = document.activeElement;
    change(board, 500_005, Cell.reserved);
    expect(document.activeElement).toBe(focused);
    expect(focused?.getAttribute('aria-label')).toBe('Número 500005, apartado por otra persona');
    expect(focused?.getAttribute('aria-selected')).toBe('false');
  });

  test('selects what is mine', () => {
    board.setMarks('mine', [500_005]);
    expect(window.cellOf(500_005)?.getAttribute('aria-selected')).toBe('true');
  });

  test('far from the window makes no cells', () => {
    change(board, 7, Cell.sold);
    expect(cells()).toHaveLength(70);
  });
});

describe('the focus', () => {
  test('never leaves the grid on a jump across the board, not even while rows go', () => {
    window.moveTo(500_005, true);
    const inside: boolean[] = [];
    const remove = vi.spyOn(HTMLElement.prototype, 'remove').mockImplementation(function (
      this: HTMLElement,
    ) {
      this.parentNode?.removeChild(this);
      inside.push(grid.contains(document.activeElement));
    });
    window.moveTo(999_999, true);
    remove.mockRestore();
    expect(inside).toHaveLength(7);
    expect(inside).not.toContain(false);
    expect((document.activeElement as HTMLElement).dataset.index).toBe('999999');
  });

  test('stays at its number when the columns become others', () => {
    window.moveTo(500_005, true);
    window.reset(board, layOut(1_000_000, 6, 340, 400));
    expect((document.activeElement as HTMLElement).dataset.index).toBe('500005');
    expect(window.cellOf(500_005)?.getAttribute('aria-colindex')).toBe('1');
  });

  test('is not taken from elsewhere', () => {
    const elsewhere = document.body.appendChild(document.createElement('button'));
    elsewhere.focus();
    window.moveTo(3);
    window.reset(board, GEOMETRY);
    expect(document.activeElement).toBe(elsewhere);
  });
});
