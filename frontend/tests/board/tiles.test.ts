import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { CellPainter, Place } from '../../src/board/cellPainter';
import { layOut, TILE_ROWS } from '../../src/board/geometry';
import { FADE_MS, SHAKE_MS } from '../../src/board/motion';
import { TileLayer } from '../../src/board/tiles';
import type { BoardStore } from '../../src/sdk/board';
import { Cell } from '../../src/sdk/types';
import { aBoard, change } from '../offline/fakeLive';

/** Ten columns, so a tile is 40 numbers. */
const GEOMETRY = layOut(2_000, 4, 500, 400);
const PER_TILE = 10 * TILE_ROWS;

/** Notes which labels are drawn, and how. */
class NotingPainter {
  drawn: string[] = [];
  readonly tileSize = { width: 500, height: 416 };
  prepare(): void {}
  clear(): void {}
  placeOf(column: number, row: number): Place {
    return { x: column, y: row };
  }
  draw(_: unknown, __: Place, label: string, cell: Cell): void {
    this.drawn.push(`${label}:${cell}`);
  }
  blend(_: unknown, __: Place, label: string, from: Cell, to: Cell, share: number): void {
    this.drawn.push(`${label}:${from}>${to}@${share}`);
  }
  shake(_: unknown, __: Place, label: string, cell: Cell, share: number): void {
    this.drawn.push(`${label}~${cell}@${share}`);
  }
  /** What was drawn since it was asked last. */
  take(): string[] {
    return this.drawn.splice(0);
  }
}

let board: BoardStore;
let painter: NotingPainter;
let layer: HTMLElement;
let tiles: TileLayer;

beforeEach(() => {
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue({} as never);
  board = aBoard(2_000);
  painter = new NotingPainter();
  layer = document.createElement('div');
  tiles = new TileLayer(layer, board, GEOMETRY, painter as unknown as CellPainter);
  board.subscribe((changed) => tiles.touch(changed));
  tiles.show([0, 1], []);
  painter.take();
  return () => vi.restoreAllMocks();
});

function canvases(): HTMLCanvasElement[] {
  return [...layer.querySelectorAll('canvas')];
}

describe('what is drawn', () => {
  test('nothing, while nothing changes', () => {
    expect(tiles.paint(0)).toBe(false);
    expect(painter.take()).toEqual([]);
  });

  test('only the number that changed', () => {
    tiles.still = true;
    change(board, 17, Cell.sold);
    expect(tiles.paint(0)).toBe(false);
    expect(painter.take()).toEqual([`0017:${Cell.sold}`]);
  });

  test('nothing for numbers that are not near the screen', () => {
    change(board, 1_500, Cell.sold);
    expect(tiles.dirty.size).toBe(0);
  });

  test('nothing for a number that is again what it was', () => {
    change(board, 17, Cell.reserved);
    change(board, 17, Cell.available);
    tiles.paint(0);
    expect(painter.take()).toEqual([]);
  });

  test('only what differs, when anything may have changed', () => {
    tiles.still = true;
    change(board, PER_TILE, Cell.sold);
    tiles.touch('all');
    expect(tiles.dirty.size).toBe(2 * PER_TILE);
    tiles.paint(0);
    expect(painter.take()).toEqual([`${board.label(PER_TILE)}:${Cell.sold}`]);
    expect(tiles.dirty.size).toBe(0);
  });

  test('a tile that comes into sight shows what changed while it was away', () => {
    change(board, 1_500, Cell.sold);
    const tile = Math.floor(1_500 / PER_TILE);
    tiles.show([tile, tile], []);
    expect(painter.take()).toContain(`1500:${Cell.sold}`);
  });
});

describe('motion', () => {
  test('what others do fades, and comes to rest', () => {
    change(board, 5, Cell.reserved);
    expect(tiles.paint(1_000)).toBe(true);
    expect(tiles.paint(1_010)).toBe(true);
    expect(tiles.paint(1_000 + FADE_MS / 2)).toBe(true);
    expect(tiles.paint(1_000 + FADE_MS)).toBe(false);
    expect(painter.take()).toEqual([
      `0005:${Cell.available}>${Cell.reserved}@0.25`,
      `0005:${Cell.available}>${Cell.reserved}@0.5`,
      `0005:${Cell.reserved}`,
    ]);
  });

  test('my tap is there in the very next frame', () => {
    board.markPending(5);
    expect(tiles.paint(0)).toBe(false);
    expect(painter.take()).toEqual([`0005:${Cell.pending}`]);
  });

  test('a lost number shakes, and comes to rest where it was', () => {
    board.markLost(5);
    expect(tiles.paint(0)).toBe(true);
    expect(tiles.paint(SHAKE_MS)).toBe(false);
    expect(painter.take()).toEqual([`0005~${Cell.lost}@0`, `0005:${Cell.lost}`]);
  });

  test('who asks for less motion sees none', () => {
    tiles.still = true;
    board.markLost(5);
    change(board, 6, Cell.reserved);
    expect(tiles.paint(0)).toBe(false);
    expect(painter.take()).toEqual([`0005:${Cell.lost}`, `0006:${Cell.reserved}`]);
  });

  test('a wave of changes is painted at once', () => {
    for (let index = 0; index < 60; index += 1) change(board, index, Cell.sold);
    expect(tiles.paint(0)).toBe(false);
    expect(painter.take()).toHaveLength(60);
  });

  test('what I take while it fades does not fade on', () => {
    change(board, 5, Cell.reserved);
    tiles.paint(0);
    board.setMarks('mine', [5]);
    painter.take();
    expect(tiles.paint(10)).toBe(false);
    expect(painter.take()).toEqual([`0005:${Cell.mine}`]);
  });
});

describe('canvases', () => {
  test('go round as the board scrolls', () => {
    for (let tile = 0; tile < 20; tile += 1) tiles.show([tile, tile + 1], []);
    expect(canvases()).toHaveLength(2);
  });

  test('lie where their rows are, also where the scroll bar is shorter than the board', () => {
    tiles.show([3, 3], []);
    const [shown] = canvases().filter((canvas) => !canvas.hidden);
    expect(shown?.style.top).toBe(`${3 * TILE_ROWS * 52}px`);
    tiles.shiftBy(-100);
    expect(shown?.style.top).toBe(`${3 * TILE_ROWS * 52 - 100}px`);
  });

  test('of those ahead one is painted a frame, and more are asked for', () => {
    expect(tiles.show([2, 2], [3, 1, 0])).toBe(false);
    expect(tiles.show([10, 10], [11, 9])).toBe(true);
    expect(tiles.show([10, 10], [11, 9])).toBe(false);
  });

  test('leave the page with the board', () => {
    tiles.destroy();
    expect(canvases()).toEqual([]);
  });
});
