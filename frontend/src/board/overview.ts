import type { BoardView } from '../sdk/types';
import type { Palette } from './palette';
import { pixelsOf } from './palette';

/** Rows of the map begin at round numbers. */
const WIDTHS = [10, 20, 25, 50, 100, 200, 250, 500, 1_000, 2_000, 2_500, 5_000];

export interface MapSize {
  readonly columns: number;
  readonly rows: number;
}

/** The map of a board: as near to a square as rows that begin at round numbers allow. */
export function mapSize(count: number): MapSize {
  const columns = WIDTHS.find((width) => width * width >= count) ?? Math.ceil(Math.sqrt(count));
  return { columns, rows: Math.ceil(count / columns) };
}

/** The number at a place of the map, both coordinates from 0 to 1. */
export function indexOnMap(count: number, x: number, y: number): number {
  const { columns, rows } = mapSize(count);
  const column = Math.min(columns - 1, Math.max(0, Math.floor(x * columns)));
  const row = Math.min(rows - 1, Math.max(0, Math.floor(y * rows)));
  return Math.min(count - 1, row * columns + column);
}

/** Where a range of numbers lies on the map, as shares of its width and height. */
export function areaOnMap(
  count: number,
  first: number,
  last: number,
): { left: number; top: number; width: number; height: number } {
  const { columns, rows } = mapSize(count);
  const firstRow = Math.floor(first / columns);
  const lastRow = Math.floor(last / columns);
  const oneRow = firstRow === lastRow;
  return {
    left: oneRow ? (first - firstRow * columns) / columns : 0,
    top: firstRow / rows,
    width: oneRow ? (last - first + 1) / columns : 1,
    height: (lastRow - firstRow + 1) / rows,
  };
}

/** The whole board as a picture of one pixel a number, drawn again where it changed. */
export class Overview {
  readonly #context: CanvasRenderingContext2D;
  readonly #image: ImageData;
  readonly #pixels: Uint32Array;
  readonly #size: MapSize;
  #colours: Uint32Array;
  /** Rows that are to be drawn. */
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;

  constructor(
    canvas: HTMLCanvasElement,
    private readonly board: BoardView,
    palette: Palette,
  ) {
    this.#size = mapSize(board.count);
    canvas.width = this.#size.columns;
    canvas.height = this.#size.rows;
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser has no 2-D canvas');
    this.#context = context;
    this.#image = context.createImageData(this.#size.columns, this.#size.rows);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.#colours = pixelsOf(palette);
    this.touch('all');
  }

  set palette(palette: Palette) {
    this.#colours = pixelsOf(palette);
    this.touch('all');
  }

  /** These numbers may have changed. */
  touch(changed: readonly number[] | 'all'): void {
    if (changed === 'all') {
      for (let index = 0; index < this.board.count; index += 1) this.#set(index);
      this.#from = 0;
      this.#to = this.#size.rows - 1;
      return;
    }
    for (const index of changed) {
      this.#set(index);
      const row = Math.floor(index / this.#size.columns);
      this.#from = Math.min(this.#from, row);
      this.#to = Math.max(this.#to, row);
    }
  }

  paint(): void {
    const height = this.#to - this.#from + 1;
    if (height <= 0) return;
    this.#context.putImageData(this.#image, 0, 0, 0, this.#from, this.#size.columns, height);
    this.#from = Number.POSITIVE_INFINITY;
    this.#to = Number.NEGATIVE_INFINITY;
  }

  #set(index: number): void {
    this.#pixels[index] = this.#colours[this.board.cell(index)] as number;
  }
}
