import { Cell } from '../sdk/types';
import { type Geometry, tileHeight } from './geometry';
import { LOOKS } from './marks';
import type { Palette } from './palette';

/** Lengths in CSS pixels. */
const GAP = 2;
const AIR = 5;
const RADIUS = 9;
const SIGN = 11;
const LARGEST_TEXT = 16;
const SHAKE = 3;
/** Shares of a cell's height. Labels of all states lie on one line. */
const LABEL_MIDDLE = 0.46;
const SIGN_MIDDLE = 0.79;

const STATES = Object.values(Cell);
const BORDERS = { thin: 1.25, dashed: 1.75, thick: 2.25 };

/** A place on a tile's canvas, in device pixels. */
export interface Place {
  x: number;
  y: number;
}

/**
 * Draws cells, in device pixels. Everything but the label is drawn once per state beforehand: a cell
 * is then one image and one text, which is what keeps a slow phone fluent.
 */
export class CellPainter {
  readonly width: number;
  readonly height: number;
  readonly #palette: Palette;
  readonly #geometry: Geometry;
  readonly #ratio: number;
  readonly #font: string;
  readonly #sheet: HTMLCanvasElement;

  constructor(palette: Palette, geometry: Geometry, digits: number, ratio: number) {
    this.#palette = palette;
    this.#geometry = geometry;
    this.#ratio = ratio;
    this.width = Math.round(geometry.cellWidth * ratio);
    this.height = Math.round(geometry.cellHeight * ratio);
    this.#sheet = document.createElement('canvas');
    this.#font = this.#fit(digits);
    this.#drawSheet();
  }

  /** Makes a canvas ready for labels. To be called after its size is set. */
  prepare(context: CanvasRenderingContext2D): void {
    context.font = this.#font;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
  }

  placeOf(column: number, row: number): Place {
    const { cellWidth, cellHeight } = this.#geometry;
    return {
      x: Math.round(column * cellWidth * this.#ratio),
      y: Math.round(row * cellHeight * this.#ratio),
    };
  }

  /** The size of a tile's canvas, in device pixels. */
  get tileSize(): { width: number; height: number } {
    const { columns, cellWidth } = this.#geometry;
    return {
      width: Math.round(columns * cellWidth * this.#ratio),
      height: Math.round(tileHeight(this.#geometry) * this.#ratio),
    };
  }

  clear(
    context: CanvasRenderingContext2D,
    { x, y }: Place,
    size: { width: number; height: number },
  ) {
    context.fillStyle = this.#palette.ground;
    context.fillRect(x, y, size.width, size.height);
  }

  draw(context: CanvasRenderingContext2D, place: Place, label: string, cell: Cell): void {
    this.#stamp(context, place.x, place.y, label, cell);
  }

  /** On the way from one state to another; `share` is how far, 0 to 1. */
  blend(
    context: CanvasRenderingContext2D,
    place: Place,
    label: string,
    from: Cell,
    to: Cell,
    share: number,
  ): void {
    this.draw(context, place, label, from);
    context.globalAlpha = share;
    this.draw(context, place, label, to);
    context.globalAlpha = 1;
  }

  /** Beside its place, to one side and to the other and less and less. */
  shake(
    context: CanvasRenderingContext2D,
    place: Place,
    label: string,
    cell: Cell,
    share: number,
  ): void {
    const away = Math.sin(share * Math.PI * 6) * (1 - share) * SHAKE * this.#ratio;
    context.save();
    context.beginPath();
    context.rect(place.x, place.y, this.width, this.height);
    context.clip();
    this.clear(context, place, this);
    this.#stamp(context, place.x + away, place.y, label, cell);
    context.restore();
  }

  #stamp(context: CanvasRenderingContext2D, x: number, y: number, label: string, cell: Cell): void {
    const { width, height } = this;
    context.drawImage(this.#sheet, cell * width, 0, width, height, x, y, width, height);
    context.fillStyle = this.#palette.cells[cell].ink;
    context.fillText(label, x + width / 2, y + Math.round(height * LABEL_MIDDLE));
  }

  /** The largest font in which a label leaves some air in its cell. */
  #fit(digits: number): string {
    const font = (size: number) => `600 ${size * this.#ratio}px ${this.#palette.font}`;
    const context = contextOf(this.#sheet);
    context.font = font(LARGEST_TEXT);
    const room = this.width - 2 * (GAP + AIR) * this.#ratio;
    const needed = context.measureText('0'.repeat(digits)).width;
    return font(LARGEST_TEXT * Math.min(1, room / needed));
  }

  #drawSheet(): void {
    const sheet = this.#sheet;
    sheet.width = this.width * STATES.length;
    sheet.height = this.height;
    const context = contextOf(sheet);
    context.fillStyle = this.#palette.ground;
    context.fillRect(0, 0, sheet.width, sheet.height);
    for (const cell of STATES) {
      context.save();
      context.translate(cell * this.width, 0);
      this.#drawBody(context, cell);
      this.#drawSign(context, cell);
      context.restore();
    }
  }

  #drawBody(context: CanvasRenderingContext2D, cell: Cell): void {
    const { fill, line } = this.#palette.cells[cell];
    const ratio = this.#ratio;
    const stroke = BORDERS[LOOKS[cell].border] * ratio;
    const edge = GAP * ratio + stroke / 2;
    context.beginPath();
    context.roundRect(edge, edge, this.width - 2 * edge, this.height - 2 * edge, RADIUS * ratio);
    context.fillStyle = fill;
    context.fill();
    context.lineWidth = stroke;
    context.strokeStyle = line;
    if (LOOKS[cell].border === 'dashed') context.setLineDash([5 * ratio, 4 * ratio]);
    context.stroke();
    context.setLineDash([]);
  }

  #drawSign(context: CanvasRenderingContext2D, cell: Cell): void {
    const { sign, solid } = LOOKS[cell];
    if (sign === null) return;
    const size = SIGN * this.#ratio;
    context.translate(this.width / 2 - size / 2, this.height * SIGN_MIDDLE - size / 2);
    context.scale(size / 24, size / 24);
    const path = new Path2D(sign);
    if (solid) {
      context.fillStyle = this.#palette.cells[cell].ink;
      context.fill(path);
      return;
    }
    context.strokeStyle = this.#palette.cells[cell].ink;
    context.lineWidth = 3.6;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.stroke(path);
  }
}

/** The opaque drawing context of a canvas. Throws when the browser has none to give. */
export function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('this browser has no 2-D canvas');
  return context;
}
