import type { BoardView, Cell } from '../sdk/types';
import { type CellPainter, contextOf } from './cellPainter';
import { type Geometry, TILE_ROWS, tileHeight, tileOf } from './geometry';
import { type Motion, motionFor, shareOf } from './motion';

/** More changes at once than this are not followed by an eye: they are painted without fading. */
const MOST_FADES = 48;

interface Tile {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  /** Which rows of the board it shows: tiles count from its top. */
  index: number;
  /** The state each of its cells is painted in, or is on the way to. */
  painted: Uint8Array;
}

/**
 * The painted board: a canvas for every few rows near the screen. Canvases go round as the board
 * scrolls. After that only cells whose state differs from the painted one are drawn again.
 */
export class TileLayer {
  readonly #layer: HTMLElement;
  readonly #tiles = new Map<number, Tile>();
  readonly #free: Tile[] = [];
  readonly #dirty = new Set<number>();
  readonly #motions = new Map<number, Motion & { drawn: number }>();
  #shift = 0;
  #still = false;

  constructor(
    layer: HTMLElement,
    private board: BoardView,
    private geometry: Geometry,
    private painter: CellPainter,
  ) {
    this.#layer = layer;
  }

  /** Another board, size, theme or screen: everything is painted anew, and nothing moves. */
  reset(board: BoardView, geometry: Geometry, painter: CellPainter): void {
    this.board = board;
    this.geometry = geometry;
    this.painter = painter;
    this.#dirty.clear();
    this.#motions.clear();
    for (const tile of [...this.#tiles.values(), ...this.#free]) this.#size(tile);
    for (const tile of this.#tiles.values()) this.#release(tile);
  }

  /** Whether changes are shown without motion, as `prefers-reduced-motion` asks. */
  set still(still: boolean) {
    this.#still = still;
  }

  /** How far the tiles lie from their `y`, where the board is higher than browsers scroll. */
  shiftBy(shift: number): void {
    if (shift === this.#shift) return;
    this.#shift = shift;
    for (const tile of this.#tiles.values()) this.#put(tile);
  }

  /**
   * Shows these tiles, and paints those of them that are new. Of the tiles `ahead` at most one is
   * painted a call, so that no frame pays for all of them. True when some are left for later.
   */
  show([first, last]: [number, number], ahead: readonly number[]): boolean {
    const wanted = new Set(ahead);
    for (let index = first; index <= last; index += 1) wanted.add(index);
    for (const tile of [...this.#tiles.values()]) {
      if (!wanted.has(tile.index)) this.#release(tile);
    }
    for (let index = first; index <= last; index += 1) this.#mount(index);
    const [next, ...later] = ahead.filter((index) => !this.#tiles.has(index));
    if (next !== undefined) this.#mount(next);
    return later.length > 0;
  }

  /** These numbers may have changed. */
  touch(changed: readonly number[] | 'all'): void {
    if (changed === 'all') {
      for (const tile of this.#tiles.values()) {
        for (const index of this.#indicesOf(tile)) this.#dirty.add(index);
      }
      return;
    }
    for (const index of changed) {
      if (this.#tiles.has(tileOf(this.geometry, index))) this.#dirty.add(index);
    }
  }

  /** Draws what changed and what is moving. True while something moves. `now` in milliseconds. */
  paint(now: number): boolean {
    this.#begin(now);
    for (const [index, motion] of this.#motions) {
      const share = shareOf(motion, now);
      if (share === motion.drawn) continue;
      motion.drawn = share;
      this.#draw(index, share < 1 ? motion : null, share);
      if (share === 1) this.#motions.delete(index);
    }
    return this.#motions.size > 0;
  }

  /** Numbers that a call of `paint` would look at. */
  get dirty(): ReadonlySet<number> {
    return this.#dirty;
  }

  destroy(): void {
    for (const tile of [...this.#tiles.values(), ...this.#free]) tile.canvas.remove();
    this.#tiles.clear();
    this.#free.length = 0;
  }

  /** Draws the dirty cells, or sets them in motion. */
  #begin(now: number): void {
    const calm = this.#still || this.#dirty.size > MOST_FADES;
    for (const index of this.#dirty) {
      const found = this.#find(index);
      if (!found) continue;
      const { tile, offset } = found;
      const from = tile.painted[offset] as Cell;
      const to = this.board.cell(index);
      if (from === to) continue;
      tile.painted[offset] = to;
      const kind = calm ? null : motionFor(from, to);
      if (kind) this.#motions.set(index, { kind, from, began: now, drawn: -1 });
      else {
        this.#motions.delete(index);
        this.#draw(index, null, 1);
      }
    }
    this.#dirty.clear();
  }

  #draw(index: number, motion: Motion | null, share: number): void {
    const found = this.#find(index);
    if (!found) return;
    const { tile, offset } = found;
    const { columns } = this.geometry;
    const place = this.painter.placeOf(offset % columns, Math.floor(offset / columns));
    const label = this.board.label(index);
    const cell = tile.painted[offset] as Cell;
    const { painter } = this;
    if (!motion) painter.draw(tile.context, place, label, cell);
    else if (motion.kind === 'shake') painter.shake(tile.context, place, label, cell, share);
    else painter.blend(tile.context, place, label, motion.from, cell, share);
  }

  #find(index: number): { tile: Tile; offset: number } | null {
    const tile = this.#tiles.get(tileOf(this.geometry, index));
    return tile ? { tile, offset: index - tile.index * this.#cellsPerTile } : null;
  }

  get #cellsPerTile(): number {
    return this.geometry.columns * TILE_ROWS;
  }

  *#indicesOf(tile: Tile): Generator<number> {
    const first = tile.index * this.#cellsPerTile;
    const end = Math.min(first + this.#cellsPerTile, this.geometry.count);
    for (let index = first; index < end; index += 1) yield index;
  }

  #mount(index: number): void {
    if (this.#tiles.has(index)) return;
    const tile = this.#free.pop() ?? this.#create();
    tile.index = index;
    this.#tiles.set(index, tile);
    this.#put(tile);
    tile.canvas.hidden = false;
    this.painter.clear(tile.context, { x: 0, y: 0 }, this.painter.tileSize);
    for (const number of this.#indicesOf(tile)) {
      tile.painted[number - index * this.#cellsPerTile] = this.board.cell(number);
      this.#draw(number, null, 1);
    }
  }

  #release(tile: Tile): void {
    for (const index of this.#indicesOf(tile)) {
      this.#dirty.delete(index);
      this.#motions.delete(index);
    }
    this.#tiles.delete(tile.index);
    this.#free.push(tile);
    tile.canvas.hidden = true;
  }

  #create(): Tile {
    const canvas = document.createElement('canvas');
    canvas.style.position = 'absolute';
    canvas.style.left = '0';
    const tile = { canvas, context: contextOf(canvas), index: -1, painted: new Uint8Array(0) };
    this.#size(tile);
    this.#layer.append(canvas);
    return tile;
  }

  #size(tile: Tile): void {
    const { canvas } = tile;
    const { columns, cellWidth } = this.geometry;
    const { width, height } = this.painter.tileSize;
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${columns * cellWidth}px`;
    canvas.style.height = `${tileHeight(this.geometry)}px`;
    this.painter.prepare(tile.context);
    tile.painted = new Uint8Array(this.#cellsPerTile);
  }

  #put(tile: Tile): void {
    const top = tile.index * tileHeight(this.geometry) + this.#shift;
    tile.canvas.style.top = `${top}px`;
  }
}
