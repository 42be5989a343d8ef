/**
 * Where each number is on a board that scrolls. Pure; lengths are CSS pixels.
 *
 * A place on the whole board, as if it were laid out at full height, is called its `y`. Browsers do
 * not scroll through any height, so above `MAX_SCROLL_HEIGHT` the scroll bar runs over fewer pixels
 * than the board has, and `yOfScroll` and `scrollOfY` translate.
 */

/** Small: a canvas is copied as a whole whenever a cell of it is drawn. */
export const TILE_ROWS = 4;
/** Firefox ends near 17.9 million pixels, and above 2^24 a float does not tell two pixels apart. */
export const MAX_SCROLL_HEIGHT = 16_000_000;

const LEAST_CELL_WIDTH = 44;
const CELL_HEIGHT = 52;
const DIGIT_WIDTH = 8;
const CELL_PADDING = 14;
/** Rows that begin at a round number are found quickly. */
const ROUND_COLUMNS = [20, 10, 5];

export interface Geometry {
  readonly count: number;
  readonly columns: number;
  readonly rows: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** Height of the part that is seen. */
  readonly viewport: number;
  /** Height of the whole board. */
  readonly height: number;
  /** Height that the browser scrolls. */
  readonly scrollHeight: number;
}

export interface Box {
  left: number;
  y: number;
  width: number;
  height: number;
}

/** The most columns of a round number in which a label of `digits` fits a finger and its cell. */
export function columnsFor(width: number, digits: number): number {
  const least = Math.max(LEAST_CELL_WIDTH, digits * DIGIT_WIDTH + CELL_PADDING);
  const round = ROUND_COLUMNS.find((columns) => width / columns >= least);
  return round ?? Math.max(1, Math.floor(width / least));
}

export function layOut(count: number, digits: number, width: number, viewport: number): Geometry {
  const columns = columnsFor(width, digits);
  const rows = Math.ceil(count / columns);
  const height = rows * CELL_HEIGHT;
  return {
    count,
    columns,
    rows,
    cellWidth: width / columns,
    cellHeight: CELL_HEIGHT,
    viewport,
    height,
    scrollHeight: Math.min(height, MAX_SCROLL_HEIGHT),
  };
}

/** How many pixels of the board one pixel of scrolling is. */
function scrollScale({ height, scrollHeight, viewport }: Geometry): number {
  const scrolled = scrollHeight - viewport;
  return height > scrollHeight && scrolled > 0 ? (height - viewport) / scrolled : 1;
}

/** The `y` that is seen at the upper edge when the browser is scrolled to `scrollTop`. */
export function yOfScroll(geometry: Geometry, scrollTop: number): number {
  const last = Math.max(0, geometry.height - geometry.viewport);
  return clamp(scrollTop * scrollScale(geometry), 0, last);
}

/** Where to scroll to, to see `y` at the upper edge. */
export function scrollOfY(geometry: Geometry, y: number): number {
  const last = Math.max(0, geometry.scrollHeight - geometry.viewport);
  return clamp(y / scrollScale(geometry), 0, last);
}

export function boxOf({ columns, cellWidth, cellHeight }: Geometry, index: number): Box {
  const row = Math.floor(index / columns);
  return {
    left: (index - row * columns) * cellWidth,
    y: row * cellHeight,
    width: cellWidth,
    height: cellHeight,
  };
}

/** The number at a place; null beside the board and after its last number. */
export function indexAt(geometry: Geometry, x: number, y: number): number | null {
  const column = Math.floor(x / geometry.cellWidth);
  const row = Math.floor(y / geometry.cellHeight);
  if (column < 0 || column >= geometry.columns || row < 0) return null;
  const index = row * geometry.columns + column;
  return index < geometry.count ? index : null;
}

/** Rows that are seen as a whole, at least one. */
export function rowsOfScreen({ viewport, cellHeight }: Geometry): number {
  return Math.max(1, Math.floor(viewport / cellHeight));
}

/** The first and the last number of the rows that are seen at `y`, if only in part. */
export function seenAt(geometry: Geometry, y: number): [first: number, last: number] {
  const { cellHeight, columns, count, rows, viewport } = geometry;
  const firstRow = clamp(Math.floor(y / cellHeight), 0, rows - 1);
  const lastRow = clamp(Math.ceil((y + viewport) / cellHeight) - 1, firstRow, rows - 1);
  return [firstRow * columns, Math.min(count, (lastRow + 1) * columns) - 1];
}

/** A part of what is seen, from its upper edge: the rest may lie under something. */
export interface Part {
  readonly top: number;
  readonly bottom: number;
}

/** The least movement of `y` after which the row of `index` is seen as a whole in `part`. */
export function yToSee(geometry: Geometry, index: number, y: number, part: Part): number {
  const box = boxOf(geometry, index);
  if (box.y < y + part.top) return clampY(geometry, box.y - part.top);
  return clampY(geometry, Math.max(y, box.y + box.height - part.bottom));
}

/** The `y` at which the row of `index` is in the middle of `part`. */
export function yToCentre(geometry: Geometry, index: number, { top, bottom }: Part): number {
  const box = boxOf(geometry, index);
  return clampY(geometry, box.y + (box.height - top - bottom) / 2);
}

function clampY({ height, viewport }: Geometry, y: number): number {
  return clamp(y, 0, Math.max(0, height - viewport));
}

export function tileOf({ columns }: Geometry, index: number): number {
  return Math.floor(index / (columns * TILE_ROWS));
}

export function tileHeight({ cellHeight }: Geometry): number {
  return cellHeight * TILE_ROWS;
}

/** The tiles that are seen at `y`. */
export function tilesAt(geometry: Geometry, y: number): [first: number, last: number] {
  const [first, last] = seenAt(geometry, y);
  return [tileOf(geometry, first), tileOf(geometry, last)];
}

export function lastTile(geometry: Geometry): number {
  return tileOf(geometry, geometry.count - 1);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
