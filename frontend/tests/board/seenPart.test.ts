import { afterEach, beforeEach, expect, test } from 'vitest';
import { seenPart } from '../../src/board/seenPart';

let frame: HTMLElement;
let board: HTMLElement;
let bar: HTMLElement;

beforeEach(() => {
  frame = document.body.appendChild(document.createElement('div'));
  board = frame.appendChild(document.createElement('div'));
  bar = document.body.appendChild(document.createElement('div'));
});

afterEach(() => document.body.replaceChildren());

/** The board's box, and which element is on top at a height of the window. */
function screen(top: number, height: number, onTop: (y: number) => HTMLElement): void {
  board.getBoundingClientRect = () => new DOMRect(0, top, 100, height);
  document.elementFromPoint = (_, y) => onTop(y);
}

test('all of a board that nothing covers is seen', () => {
  screen(100, 300, () => board);
  expect(seenPart(board)).toEqual({ top: 0, bottom: 300 });
});

test('what is outside of the window is not', () => {
  screen(-50, 2_000, () => board);
  expect(seenPart(board)).toEqual({ top: 50, bottom: window.innerHeight + 50 });
});

test('what lies under a bar at the foot or at the head is not', () => {
  screen(100, 300, (y) => (y < 150 || y > 300 ? bar : board));
  const { top, bottom } = seenPart(board);
  expect(top).toBeGreaterThanOrEqual(49);
  expect(top).toBeLessThan(65);
  expect(bottom).toBeLessThanOrEqual(201);
  expect(bottom).toBeGreaterThan(185);
});

test('the card of the board itself does not cover it', () => {
  const card = frame.appendChild(document.createElement('div'));
  screen(100, 300, () => card);
  expect(seenPart(board)).toEqual({ top: 0, bottom: 300 });
});

test('of a board that is covered as a whole no part is better than another', () => {
  screen(100, 300, () => bar);
  expect(seenPart(board)).toEqual({ top: 0, bottom: 300 });
});
