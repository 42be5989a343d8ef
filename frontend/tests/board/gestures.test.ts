import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { followGestures, HOLD_MS } from '../../src/board/gestures';

let scroller: HTMLElement;
let leave: () => void;
let done: string[];

beforeEach(() => {
  vi.useFakeTimers();
  scroller = document.body.appendChild(document.createElement('div'));
  scroller.innerHTML = '<span data-index="7"></span>';
  done = [];
  // A number is as many as the point is to the right; left of the board there is none.
  leave = followGestures(scroller, (x) => (x < 0 ? null : x), {
    tap: (index) => done.push(`tap ${index}`),
    hold: (index) => done.push(`hold ${index}`),
    hover: () => {},
  });
});

afterEach(() => {
  leave();
  document.body.replaceChildren();
  vi.useRealTimers();
});

interface At {
  x?: number;
  y?: number;
  time?: number;
  mouse?: boolean;
  button?: number;
  detail?: number;
}

function send(
  type: string,
  { x = 4, y = 0, time = 1_000, mouse, button = 0, detail = 1 }: At = {},
) {
  const event = new MouseEvent(type, { bubbles: true, cancelable: true });
  const facts = { clientX: x, clientY: y, timeStamp: time, button, detail, isPrimary: true };
  const pointerType = mouse ? 'mouse' : 'touch';
  for (const [name, value] of Object.entries({ ...facts, pointerType })) {
    Object.defineProperty(event, name, { value });
  }
  scroller.dispatchEvent(event);
  return event;
}

describe('a tap', () => {
  test('counts for the number under the finger', () => {
    send('pointerdown');
    send('pointerup');
    send('click');
    expect(done).toEqual(['tap 4']);
  });

  test('does not count beside the board', () => {
    send('pointerdown', { x: -5 });
    send('click', { x: -5 });
    expect(done).toEqual([]);
  });

  test('that stops a board still rolling picks nothing', () => {
    send('scroll', { time: 950 });
    send('pointerdown', { time: 1_000 });
    send('click', { time: 1_050 });
    expect(done).toEqual([]);
  });

  test('after the board came to rest counts again', () => {
    send('scroll', { time: 500 });
    send('pointerdown', { time: 1_000 });
    send('click');
    expect(done).toEqual(['tap 4']);
  });

  test('picks nothing when the board was moved under it', () => {
    send('pointerdown');
    scroller.scrollTop = 40;
    send('click');
    expect(done).toEqual([]);
  });

  test('made by a screen reader, without a point, counts for its cell', () => {
    const click = new MouseEvent('click', { bubbles: true, detail: 0 });
    scroller.querySelector('[data-index]')?.dispatchEvent(click);
    expect(done).toEqual(['tap 7']);
  });
});

describe('a long press', () => {
  test('asks for details, and is no tap', () => {
    send('pointerdown');
    vi.advanceTimersByTime(HOLD_MS);
    send('pointerup');
    send('click');
    expect(done).toEqual(['hold 4']);
  });

  test('that the browser tells of too asks once', () => {
    send('pointerdown');
    vi.advanceTimersByTime(HOLD_MS);
    send('contextmenu');
    expect(done).toEqual(['hold 4']);
  });

  test.each(['pointermove', 'scroll', 'pointercancel'])('ends with %s', (type) => {
    send('pointerdown');
    send(type, { y: 30 });
    vi.advanceTimersByTime(HOLD_MS * 2);
    expect(done).toEqual([]);
  });

  test('of a mouse button is none', () => {
    send('pointerdown', { mouse: true });
    vi.advanceTimersByTime(HOLD_MS * 2);
    expect(done).toEqual([]);
  });

  test('does not swallow the tap after it', () => {
    send('pointerdown');
    vi.advanceTimersByTime(HOLD_MS);
    send('pointerup');
    send('pointerdown');
    send('click');
    expect(done).toEqual(['hold 4', 'tap 4']);
  });
});

test('a right click asks for details in place of the menu of the browser, every time', () => {
  for (const _ of [1, 2]) {
    send('pointerdown', { mouse: true, button: 2 });
    const event = send('contextmenu', { mouse: true, button: 2 });
    expect(event.defaultPrevented).toBe(true);
  }
  expect(done).toEqual(['hold 4', 'hold 4']);
});

test('the menu key asks for details of the cell that has the focus, every time', () => {
  for (const _ of [1, 2]) {
    const event = new MouseEvent('contextmenu', { bubbles: true, cancelable: true });
    scroller.querySelector('[data-index]')?.dispatchEvent(event);
  }
  expect(done).toEqual(['hold 7', 'hold 7']);
});

test('nothing is heard after leaving', () => {
  send('pointerdown');
  leave();
  vi.advanceTimersByTime(HOLD_MS * 2);
  send('click');
  expect(done).toEqual([]);
});
