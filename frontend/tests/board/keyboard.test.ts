import { describe, expect, test } from 'vitest';
import { commandOf, moveBy, type Steps } from '../../src/board/keyboard';

/** Three rows of ten, and a last row of five. */
const board: Steps = { count: 35, columns: 10, pageRows: 2 };

function press(key: string, from: number, { ctrl = false, meta = false, steps = board } = {}) {
  return moveBy({ key, ctrlKey: ctrl, metaKey: meta }, from, steps);
}

describe('keys that move', () => {
  test.each([
    ['ArrowRight', 9, 10, 'goes on in the next row'],
    ['ArrowRight', 34, 34, 'stays at the last number'],
    ['ArrowLeft', 10, 9, 'goes back to the row before'],
    ['ArrowLeft', 0, 0, 'stays at the first number'],
    ['ArrowDown', 3, 13, 'keeps the column'],
    ['ArrowDown', 27, 34, 'takes the last number where the last row is shorter'],
    ['ArrowDown', 32, 32, 'stays in the last row'],
    ['ArrowUp', 13, 3, 'keeps the column'],
    ['ArrowUp', 3, 3, 'stays in the first row'],
    ['PageDown', 3, 23, 'passes a screen'],
    ['PageDown', 23, 33, 'ends in the last row'],
    ['PageUp', 33, 13, 'passes a screen'],
    ['PageUp', 13, 3, 'ends in the first row, in its column'],
    ['Home', 17, 10, 'is the start of the row'],
    ['End', 12, 19, 'is the end of the row'],
    ['End', 31, 34, 'is the end of a shorter row'],
  ])('%s from %i leads to %i: it %s', (key, from, to) => {
    expect(press(key, from)).toBe(to);
  });

  test.each([{ ctrl: true }, { meta: true }])(
    'with %o Home and End are the ends of the board',
    (mod) => {
      expect(press('Home', 17, mod)).toBe(0);
      expect(press('End', 17, mod)).toBe(34);
    },
  );

  test('no key leaves the board, from any number of it', () => {
    const keys = [
      'ArrowRight',
      'ArrowLeft',
      'ArrowDown',
      'ArrowUp',
      'PageDown',
      'PageUp',
      'Home',
      'End',
    ];
    for (const count of [1, 5, 10, 11, 35]) {
      for (let from = 0; from < count; from += 1) {
        for (const key of keys) {
          const to = press(key, from, { steps: { ...board, count } });
          expect(to, `${key} from ${from} of ${count}`).toBeGreaterThanOrEqual(0);
          expect(to, `${key} from ${from} of ${count}`).toBeLessThan(count);
        }
      }
    }
  });

  test('other keys are left to the browser', () => {
    for (const key of ['Tab', 'Escape', 'a', ' ']) expect(press(key, 3)).toBeNull();
  });
});

describe('keys that ask for something', () => {
  const command = (key: string, ctrlKey = false) => commandOf({ key, ctrlKey, metaKey: false });

  test('Space and Enter toggle, / searches and ? helps', () => {
    expect(command(' ')).toBe('toggle');
    expect(command('Enter')).toBe('toggle');
    expect(command('/')).toBe('search');
    expect(command('?')).toBe('help');
  });

  test('the shortcuts of the browser are not taken', () => {
    expect(command('Enter', true)).toBeNull();
    expect(command('/', true)).toBeNull();
  });
});
