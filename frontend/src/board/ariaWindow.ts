import type { BoardView } from '../sdk/types';
import { cellName } from './cellNames';
import type { Geometry } from './geometry';
import { isOwn } from './marks';

/** Rows above and below the current number that are in the document. */
const REACH = 3;

/**
 * The part of the board that keyboards and screen readers meet: real, focusable cells for the rows
 * around the current number, laid over the painted ones. The current number is the grid's one tab
 * stop. Its cell stays in the document wherever the board is scrolled to, so the focus is never lost.
 */
export class AriaWindow {
  readonly #rows = new Map<number, HTMLElement>();
  #current = 0;
  #shift = 0;

  /** `grid` is the element with the role; its cells are this window's alone. */
  constructor(
    private readonly grid: HTMLElement,
    private board: BoardView,
    private geometry: Geometry,
  ) {
    this.#describe();
  }

  get current(): number {
    return this.#current;
  }

  get focused(): boolean {
    return this.grid.contains(document.activeElement);
  }

  reset(board: BoardView, geometry: Geometry): void {
    const focused = this.focused;
    this.board = board;
    this.geometry = geometry;
    this.#describe();
    const old = [...this.#rows.values()];
    this.#rows.clear();
    this.moveTo(Math.min(this.#current, board.count - 1), focused);
    for (const row of old) row.remove();
  }

  shiftBy(shift: number): void {
    if (shift === this.#shift) return;
    this.#shift = shift;
    for (const [row, element] of this.#rows) this.#put(row, element);
  }

  /** Makes `index` the current number. Scrolling it into view is the caller's. */
  moveTo(index: number, focus = false): void {
    const before = this.cellOf(this.#current);
    if (before) before.tabIndex = -1;
    this.#current = index;
    const row = Math.floor(index / this.geometry.columns);
    const first = Math.max(0, row - REACH);
    const last = Math.min(this.geometry.rows - 1, row + REACH);
    for (let wanted = first; wanted <= last; wanted += 1) this.#rowAt(wanted);
    const cell = this.cellOf(index);
    if (cell) cell.tabIndex = 0;
    // Before the old rows go: the focus must never fall out of the document.
    if (focus) cell?.focus({ preventScroll: true });
    for (const [number, element] of this.#rows) {
      if (number >= first && number <= last) continue;
      this.#rows.delete(number);
      element.remove();
    }
  }

  /** Tells the new states of these numbers. */
  touch(changed: readonly number[] | 'all'): void {
    if (changed === 'all') {
      for (const cell of this.grid.querySelectorAll<HTMLElement>('[data-index]')) this.#tell(cell);
      return;
    }
    for (const index of changed) {
      const cell = this.cellOf(index);
      if (cell) this.#tell(cell);
    }
  }

  /** The cell of a number, if it is in the window. */
  cellOf(index: number): HTMLElement | null {
    const { columns } = this.geometry;
    const row = Math.floor(index / columns);
    return (this.#rows.get(row)?.children[index - row * columns] as HTMLElement) ?? null;
  }

  #describe(): void {
    this.grid.setAttribute('aria-rowcount', String(this.geometry.rows));
    this.grid.setAttribute('aria-colcount', String(this.geometry.columns));
  }

  #rowAt(row: number): void {
    if (this.#rows.has(row)) return;
    const { columns, cellWidth, cellHeight, count } = this.geometry;
    const element = document.createElement('div');
    element.setAttribute('role', 'row');
    element.setAttribute('aria-rowindex', String(row + 1));
    const first = row * columns;
    for (let index = first; index < Math.min(first + columns, count); index += 1) {
      const cell = document.createElement('div');
      cell.setAttribute('role', 'gridcell');
      cell.setAttribute('aria-colindex', String(index - first + 1));
      cell.dataset.index = String(index);
      cell.tabIndex = -1;
      cell.style.left = `${(index - first) * cellWidth}px`;
      cell.style.width = `${cellWidth}px`;
      cell.style.height = `${cellHeight}px`;
      this.#tell(cell);
      element.append(cell);
    }
    this.#put(row, element);
    this.#rows.set(row, element);
    this.#insert(row, element);
  }

  /** Rows stand in the document in the order they are read in. */
  #insert(row: number, element: HTMLElement): void {
    let next: number | null = null;
    for (const other of this.#rows.keys()) {
      if (other > row && (next === null || other < next)) next = other;
    }
    this.grid.insertBefore(element, next === null ? null : (this.#rows.get(next) ?? null));
  }

  #put(row: number, element: HTMLElement): void {
    element.style.top = `${row * this.geometry.cellHeight + this.#shift}px`;
  }

  #tell(cell: HTMLElement): void {
    const index = Number(cell.dataset.index);
    const state = this.board.cell(index);
    cell.setAttribute('aria-label', cellName(this.board.label(index), state));
    cell.setAttribute('aria-selected', String(isOwn(state)));
  }
}
