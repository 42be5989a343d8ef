import { i18n } from '@lingui/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CanvasGrid, type GridElements } from '../../src/board/canvasGrid';
import type { BoardStore } from '../../src/sdk/board';
import { Cell } from '../../src/sdk/types';
import { aBoard, change } from '../offline/fakeLive';
import { fakeScreen, leaveScreen } from './fakeScreen';

/** Five columns of 68 pixels, and eight rows of 52 are seen. */
const WIDTH = 340;
const ROW = 52;

let screen: ReturnType<typeof fakeScreen>;
let elements: GridElements;
let board: BoardStore;
let grid: CanvasGrid;
let told: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  i18n.loadAndActivate({ locale: 'es', messages: {} });
  screen = fakeScreen(WIDTH, 8 * ROW);
  elements = someElements();
  board = aBoard(1_000_000, { 3: Cell.sold });
  told = [];
  grid = new CanvasGrid(
    elements,
    board,
    {
      toggle: (index) => told.push(`toggle ${index}`),
      inspect: (index) => told.push(`inspect ${index}`),
      search: () => told.push('search'),
      help: () => told.push('help'),
      seen: (first, last) => told.push(`seen ${first}-${last}`),
    },
    0,
  );
  atRest();
});

afterEach(() => {
  grid.destroy();
  leaveScreen();
  vi.useRealTimers();
  document.body.replaceChildren();
});

function someElements(): GridElements {
  const make = (parent: HTMLElement) => parent.appendChild(document.createElement('div'));
  const scroller = make(document.body);
  const content = make(scroller);
  return {
    scroller,
    content,
    layer: make(content),
    grid: make(content),
    ring: make(content),
    hover: make(content),
  };
}

/** Frames until none is asked for. */
function atRest(): void {
  for (let turn = 0; screen.waiting > 0 && turn < 50; turn += 1) screen.frame(turn * 20);
}

function scrollTo(top: number): void {
  elements.scroller.scrollTop = top;
  elements.scroller.dispatchEvent(new Event('scroll'));
  atRest();
}

function focused(): number {
  return Number((document.activeElement as HTMLElement).dataset.index);
}

function focusFirst(): void {
  elements.grid.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
}

function key(name: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', {
    key: name,
    bubbles: true,
    cancelable: true,
    ...more,
  });
  document.activeElement?.dispatchEvent(event);
  atRest();
  return event;
}

describe('frames', () => {
  test('none is asked for while nothing changes', () => {
    expect(screen.waiting).toBe(0);
  });

  test('none for numbers that are far away', () => {
    change(board, 900_000, Cell.sold);
    expect(screen.waiting).toBe(0);
  });

  test('one for a number that is seen, however many change', () => {
    change(board, 5, Cell.sold);
    change(board, 6, Cell.sold);
    expect(screen.waiting).toBe(1);
  });

  test('none after the board has left the page', () => {
    grid.destroy();
    change(board, 5, Cell.sold);
    elements.scroller.dispatchEvent(new Event('scroll'));
    expect(screen.waiting).toBe(0);
  });
});

describe('keys', () => {
  beforeEach(focusFirst);

  test('move the focus, and the board only as far as it must', () => {
    key('ArrowDown');
    expect(focused()).toBe(5);
    expect(elements.scroller.scrollTop).toBe(0);
    for (let row = 2; row <= 8; row += 1) key('ArrowDown');
    expect(focused()).toBe(40);
    expect(elements.scroller.scrollTop).toBe(ROW);
  });

  test('jump to the very last number of a board that is not in the document', () => {
    key('End', { ctrlKey: true });
    expect(focused()).toBe(999_999);
    expect(elements.scroller.scrollTop).toBe(200_000 * ROW - 8 * ROW);
    key('Home', { ctrlKey: true });
    expect(focused()).toBe(0);
    expect(elements.scroller.scrollTop).toBe(0);
  });

  test('Space and Enter toggle the number, once, also when they are held down', () => {
    expect(key(' ').defaultPrevented).toBe(true);
    key(' ', { repeat: true });
    key('Enter');
    expect(told).toEqual(['toggle 0', 'toggle 0']);
  });

  test('search and help are asked for', () => {
    key('/');
    key('?');
    expect(told).toEqual(['search', 'help']);
  });

  test('that are not the board’s are left alone', () => {
    expect(key('a').defaultPrevented).toBe(false);
    expect(key('ArrowDown', { altKey: true }).defaultPrevented).toBe(false);
    expect(focused()).toBe(0);
  });

  test('after the board was scrolled away come back to where the focus is', () => {
    scrollTo(10_000);
    expect(focused()).toBe(0);
    key('ArrowRight');
    expect(focused()).toBe(1);
    expect(elements.scroller.scrollTop).toBe(0);
  });
});

describe('a pointer', () => {
  function click(x: number, y: number): void {
    const facts = { clientX: x, clientY: y, bubbles: true, detail: 1 };
    elements.scroller.dispatchEvent(new MouseEvent('click', facts));
  }

  test('taps the number that is under it, wherever the board is scrolled to', () => {
    click(100, 60);
    scrollTo(1_000 * ROW);
    told.length = 0;
    click(100, 60);
    expect(told).toEqual(['toggle 5006']);
  });

  test('leaves the keyboard where it tapped', () => {
    click(100, 60);
    expect(elements.grid.querySelector<HTMLElement>('[tabindex="0"]')?.dataset.index).toBe('6');
  });
});

describe('what is seen', () => {
  test('is told once the board comes to rest, and the tab stop is there', () => {
    scrollTo(100 * ROW);
    scrollTo(200 * ROW);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual(['seen 1000-1039']);
    const stop = elements.grid.querySelector<HTMLElement>('[tabindex="0"]');
    expect(stop?.dataset.index).toBe('1005');
  });

  test('does not take the focus from the number that has it', () => {
    focusFirst();
    scrollTo(200 * ROW);
    vi.advanceTimersByTime(1_000);
    expect(focused()).toBe(0);
  });

  test('begins at the same number when the columns become others', () => {
    scrollTo(200 * ROW);
    screen.resize(700);
    atRest();
    expect(elements.grid.getAttribute('aria-colcount')).toBe('10');
    expect(elements.scroller.scrollTop).toBe(100 * ROW);
  });
});

describe('pointing at a number', () => {
  test('brings it to the middle, puts the ring around it, and can take the focus there', () => {
    grid.point(5_002, true);
    atRest();
    expect(elements.ring.hidden).toBe(false);
    expect(elements.ring.style.top).toBe(`${1_000 * ROW}px`);
    expect(elements.scroller.scrollTop).toBe(1_000 * ROW - 3.5 * ROW);
    expect(focused()).toBe(5_002);
    expect(grid.offsetOf(5_002)).toEqual({ top: 3.5 * ROW, bottom: 4.5 * ROW });
  });

  test('ends with null', () => {
    grid.point(5_002);
    grid.point(null);
    expect(elements.ring.hidden).toBe(true);
  });
});

test('another board in its place is shown, and the old one is left', () => {
  const other = aBoard(2_000, { 0: Cell.sold });
  grid.board = other;
  atRest();
  expect(elements.grid.getAttribute('aria-rowcount')).toBe('400');
  change(board, 5, Cell.sold);
  expect(screen.waiting).toBe(0);
  change(other, 5, Cell.sold);
  expect(screen.waiting).toBe(1);
});

test('a board higher than browsers scroll is seen and tapped to its end', () => {
  screen.resize(190);
  atRest();
  expect(elements.grid.getAttribute('aria-colcount')).toBe('3');
  expect(elements.content.style.height).toBe('16000000px');
  scrollTo(16_000_000 - 8 * ROW);
  const facts = { clientX: 10, clientY: 8 * ROW - 1, bubbles: true, detail: 1 };
  elements.scroller.dispatchEvent(new MouseEvent('click', facts));
  expect(told).toEqual(['toggle 999999']);
  // What lies on the board lies inside of what is scrolled.
  grid.point(999_999);
  atRest();
  const end = elements.scroller.scrollTop + grid.offsetOf(999_999).top;
  expect(Number.parseFloat(elements.ring.style.top)).toBeCloseTo(end, 3);
  expect(end).toBeLessThan(16_000_000);
  const shown = [...elements.layer.querySelectorAll('canvas')].filter((canvas) => !canvas.hidden);
  for (const canvas of shown) {
    expect(Number.parseFloat(canvas.style.top)).toBeLessThan(16_000_000);
  }
});
