import { i18n } from '@lingui/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { cellName, explanation, stateName } from '../../src/board/cellNames';
import { LOOKS } from '../../src/board/marks';
import { FADE_MS, motionFor, SHAKE_MS, shareOf } from '../../src/board/motion';
import { Cell } from '../../src/sdk/types';

const STATES = Object.values(Cell);

beforeAll(() => i18n.loadAndActivate({ locale: 'es', messages: {} }));

describe('what is said of a number', () => {
  test('is the number as it is printed, and its state', () => {
    expect(cellName('0417', Cell.available)).toBe('Número 0417, libre');
    expect(cellName('0417', Cell.reserved)).toBe('Número 0417, apartado por otra persona');
    expect(cellName('0417', Cell.mine)).toBe('Número 0417, apartado por usted');
  });

  test('tells every two states apart', () => {
    for (const say of [(cell: Cell) => cellName('07', cell), stateName, explanation]) {
      expect(new Set(STATES.map(say)).size).toBe(STATES.length);
    }
  });
});

describe('what is seen of a number', () => {
  test('tells every two states apart without colour', () => {
    const shapes = STATES.map((cell) => `${LOOKS[cell].border} ${LOOKS[cell].sign}`);
    expect(new Set(shapes).size).toBe(STATES.length);
  });

  test('takes its colours from tokens of its own', () => {
    expect(new Set(STATES.map((cell) => LOOKS[cell].token)).size).toBe(STATES.length);
  });
});

describe('how a change is seen', () => {
  test('what others do fades', () => {
    expect(motionFor(Cell.available, Cell.reserved)).toBe('fade');
    expect(motionFor(Cell.reserved, Cell.sold)).toBe('fade');
  });

  test('what I do is there at once', () => {
    expect(motionFor(Cell.available, Cell.pending)).toBeNull();
    expect(motionFor(Cell.pending, Cell.mine)).toBeNull();
    expect(motionFor(Cell.mine, Cell.available)).toBeNull();
  });

  test('what I lost shakes', () => {
    expect(motionFor(Cell.pending, Cell.lost)).toBe('shake');
  });

  test('a motion goes from its start to its end and stays there', () => {
    const fade = { kind: 'fade', from: Cell.available, began: 1_000 } as const;
    expect(shareOf(fade, 1_000 + FADE_MS / 2)).toBe(0.5);
    expect(shareOf(fade, 9_000)).toBe(1);
    const shake = { ...fade, kind: 'shake' } as const;
    expect(shareOf(shake, 900)).toBe(0);
    expect(shareOf(shake, 1_000 + SHAKE_MS / 2)).toBe(0.5);
    expect(shareOf(shake, 1_000 + SHAKE_MS)).toBe(1);
  });

  test('a fade is seen from its first frame on, and is drawn four times', () => {
    const fade = { kind: 'fade', from: Cell.available, began: 1_000 } as const;
    const times = Array.from({ length: FADE_MS + 1 }, (_, ms) => shareOf(fade, 1_000 + ms));
    expect([...new Set(times)]).toEqual([0.25, 0.5, 0.75, 1]);
  });
});
