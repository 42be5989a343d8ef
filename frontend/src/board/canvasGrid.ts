import type { BoardView } from '../sdk/types';
import { AriaWindow } from './ariaWindow';
import { CellPainter } from './cellPainter';
import {
  boxOf,
  type Geometry,
  indexAt,
  lastTile,
  layOut,
  rowsOfScreen,
  scrollOfY,
  seenAt,
  tilesAt,
  yOfScroll,
  yToCentre,
  yToSee,
} from './geometry';
import { followGestures } from './gestures';
import type { GridEvents, GridHandle } from './grid';
import { commandOf, moveBy } from './keyboard';
import { Marker } from './marker';
import { readPalette, watchTheme } from './palette';
import { pixelRatio, watchPixelRatio } from './pixelRatio';
import { seenPart } from './seenPart';
import { TileLayer } from './tiles';

const SETTLED_MS = 120;

/** The elements that a canvas grid lives in; the page makes and names them. */
export interface GridElements {
  /** Scrolls, and has the size of what is seen. */
  scroller: HTMLElement;
  /** As high as the whole board. */
  content: HTMLElement;
  /** Inside `content`, for the canvases. */
  layer: HTMLElement;
  /** Inside `content`, with `role=grid`. */
  grid: HTMLElement;
  /** Inside `content`: lie around a number, to point at it. */
  ring: HTMLElement;
  hover: HTMLElement;
}

/**
 * A board of any size on the screen, outside the component tree. Work is done in one animation frame
 * at a time, and only when something changed. `destroy` ends it.
 */
export class CanvasGrid implements GridHandle {
  readonly #elements: GridElements;
  readonly #events: Required<GridEvents>;
  readonly #tiles: TileLayer;
  readonly #window: AriaWindow;
  readonly #ring: Marker;
  readonly #hover: Marker;
  readonly #leave: (() => void)[];
  #board: BoardView;
  #geometry: Geometry;
  #leaveBoard: () => void = () => {};
  #frame = 0;
  #y = 0;
  #shift = 0;
  #settled: ReturnType<typeof setTimeout> | undefined;

  constructor(
    elements: GridElements,
    board: BoardView,
    events: Required<GridEvents>,
    first: number,
  ) {
    this.#elements = elements;
    this.#events = events;
    this.#board = board;
    this.#geometry = this.#measure();
    this.#tiles = new TileLayer(elements.layer, board, this.#geometry, this.#painter());
    this.#window = new AriaWindow(elements.grid, board, this.#geometry);
    this.#ring = new Marker(elements.ring);
    this.#hover = new Marker(elements.hover);
    this.#followBoard();
    this.#resize();
    this.#scrollTo(boxOf(this.#geometry, first).y);
    this.#window.moveTo(first);
    this.#leave = this.#listen();
    this.#tick(0);
  }

  /** Another board in the same place. */
  set board(board: BoardView) {
    if (board === this.#board) return;
    this.#board = board;
    this.#followBoard();
    this.#refresh();
  }

  /** Scrolls a number into the middle and puts a ring around it; null takes the ring away. */
  point(index: number | null, focus = false): void {
    this.#ring.moveTo(index, this.#geometry, this.#shift);
    if (index === null) return;
    this.#scrollTo(yToCentre(this.#geometry, index, seenPart(this.#elements.scroller)));
    this.#window.moveTo(index, focus);
    this.#ring.appear();
  }

  /** Gives the focus back to the current number. */
  focus(): void {
    this.#window.moveTo(this.#window.current, true);
  }

  /** Where a number is seen, from the upper edge of the scroller. */
  offsetOf(index: number): { top: number; bottom: number } {
    const { y, height } = boxOf(this.#geometry, index);
    const top = y - this.#currentY;
    return { top, bottom: top + height };
  }

  /** The names of the cells in the language that is spoken now. */
  rename(): void {
    this.#window.touch('all');
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#settled);
    this.#leaveBoard();
    for (const leave of this.#leave) leave();
    this.#tiles.destroy();
    this.#elements.grid.replaceChildren();
  }

  #measure(): Geometry {
    const { scroller } = this.#elements;
    const { clientWidth, clientHeight } = scroller;
    return layOut(this.#board.count, this.#board.width, clientWidth, clientHeight);
  }

  #painter(): CellPainter {
    const palette = readPalette(this.#elements.scroller);
    return new CellPainter(palette, this.#geometry, this.#board.width, pixelRatio());
  }

  #followBoard(): void {
    this.#leaveBoard();
    this.#leaveBoard = this.#board.subscribe((changed) => {
      this.#tiles.touch(changed);
      this.#window.touch(changed);
      if (this.#tiles.dirty.size > 0) this.#schedule();
    });
  }

  #listen(): (() => void)[] {
    const { scroller, grid } = this.#elements;
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    const calm = () => {
      this.#tiles.still = still.matches;
    };
    calm();
    still.addEventListener('change', calm);
    const onScroll = () => this.#schedule();
    const onKey = (event: KeyboardEvent) => this.#press(event);
    const onFocus = (event: FocusEvent) => this.#adopt(event.target as HTMLElement);
    scroller.addEventListener('scroll', onScroll, { passive: true });
    grid.addEventListener('keydown', onKey);
    grid.addEventListener('focusin', onFocus);
    const observer = new ResizeObserver(() => this.#refresh());
    observer.observe(scroller);
    const gestures = followGestures(scroller, (x, y) => this.#hit(x, y), {
      tap: (index) => this.#tap(index),
      hold: (index) => this.#events.inspect(index),
      hover: (index) => this.#hover.moveTo(index, this.#geometry, this.#shift),
    });
    return [
      gestures,
      watchTheme(() => this.#refresh()),
      watchPixelRatio(() => this.#refresh()),
      () => observer.disconnect(),
      () => still.removeEventListener('change', calm),
      () => scroller.removeEventListener('scroll', onScroll),
      () => grid.removeEventListener('keydown', onKey),
      () => grid.removeEventListener('focusin', onFocus),
    ];
  }

  #hit(x: number, y: number): number | null {
    const box = this.#elements.scroller.getBoundingClientRect();
    return indexAt(this.#geometry, x - box.left, y - box.top + this.#currentY);
  }

  #tap(index: number): void {
    this.#window.moveTo(index, this.#window.focused);
    this.#events.toggle(index);
  }

  #adopt(cell: HTMLElement): void {
    const index = Number(cell.dataset.index);
    if (index !== this.#window.current) this.#window.moveTo(index);
    this.#reveal(index);
  }

  #press(event: KeyboardEvent): void {
    if (event.altKey) return;
    const { count, columns } = this.#geometry;
    const pageRows = rowsOfScreen(this.#geometry);
    const current = this.#window.current;
    const next = moveBy(event, current, { count, columns, pageRows });
    const command = commandOf(event);
    if (next === null && command === null) return;
    event.preventDefault();
    if (next !== null) {
      this.#reveal(next);
      this.#window.moveTo(next, true);
    } else if (command === 'toggle') {
      if (!event.repeat) this.#events.toggle(current);
    } else if (command === 'search') this.#events.search();
    else this.#events.help();
  }

  /** The `y` at the upper edge now; `#y` is that of the last frame. */
  get #currentY(): number {
    return yOfScroll(this.#geometry, this.#elements.scroller.scrollTop);
  }

  /** Measures, reads the theme and paints anew. What was seen at the upper edge stays there. */
  #refresh(): void {
    const { clientWidth } = this.#elements.scroller;
    if (clientWidth === 0) return;
    const [first] = seenAt(this.#geometry, this.#y);
    const before = this.#geometry;
    this.#geometry = this.#measure();
    this.#tiles.reset(this.#board, this.#geometry, this.#painter());
    this.#window.reset(this.#board, this.#geometry);
    this.#resize();
    for (const marker of [this.#ring, this.#hover]) marker.place(this.#geometry, this.#shift);
    if (before.columns !== this.#geometry.columns) {
      this.#scrollTo(boxOf(this.#geometry, Math.min(first, this.#board.count - 1)).y);
    }
    this.#tick(performance.now());
  }

  #resize(): void {
    this.#elements.content.style.height = `${this.#geometry.scrollHeight}px`;
  }

  #reveal(index: number): void {
    const part = seenPart(this.#elements.scroller);
    this.#scrollTo(yToSee(this.#geometry, index, this.#currentY, part));
  }

  #scrollTo(y: number): void {
    const { scroller } = this.#elements;
    const top = Math.round(scrollOfY(this.#geometry, y));
    if (top !== scroller.scrollTop) scroller.scrollTop = top;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = 0;
      this.#tick(now);
    });
  }

  #tick(now: number): void {
    const { scrollTop } = this.#elements.scroller;
    const y = this.#currentY;
    const down = y >= this.#y;
    if (y !== this.#y) this.#awaitRest();
    this.#y = y;
    const shift = scrollTop - y;
    if (shift !== this.#shift) this.#shiftBy(shift);
    const [first, last] = tilesAt(this.#geometry, y);
    const next = down ? [last + 1, last + 2, first - 1] : [first - 1, first - 2, last + 1];
    const ahead = next.filter((tile) => tile >= 0 && tile <= lastTile(this.#geometry));
    const more = this.#tiles.show([first, last], ahead);
    const moving = this.#tiles.paint(now);
    if (more || moving) this.#schedule();
  }

  /** Where the board is higher than browsers scroll, what lies on it moves a little with each scroll. */
  #shiftBy(shift: number): void {
    this.#shift = shift;
    this.#tiles.shiftBy(shift);
    this.#window.shiftBy(shift);
    for (const marker of [this.#ring, this.#hover]) marker.place(this.#geometry, this.#shift);
  }

  #awaitRest(): void {
    clearTimeout(this.#settled);
    this.#settled = setTimeout(() => this.#rest(), SETTLED_MS);
  }

  /** Who comes to the board by Tab or by touch exploration meets the numbers that are seen. */
  #rest(): void {
    const [first, last] = seenAt(this.#geometry, this.#y);
    const { current, focused } = this.#window;
    const { columns } = this.#geometry;
    if (!focused && (current < first || current > last)) {
      this.#window.moveTo(Math.min(first + columns, last));
    }
    this.#events.seen(first, last);
  }
}
