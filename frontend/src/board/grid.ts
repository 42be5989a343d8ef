import type { RefObject } from 'react';
import type { BoardView } from '../sdk/types';

/** A number to point at. A new object points anew, also at the same number. */
export interface Target {
  readonly index: number;
  /** The keyboard's focus goes there too. */
  readonly focus?: boolean;
}

/** What a person does on a board of numbers. */
export interface GridEvents {
  /** A tap, Space or Enter. */
  toggle(index: number): void;
  /** A long press, a right click or the menu key. */
  inspect?(index: number): void;
  /** The key `/`. */
  search?(): void;
  /** The key `?`. */
  help?(): void;
  /** The first and last number of the rows that are seen, once scrolling has come to rest. */
  seen?(first: number, last: number): void;
}

export interface GridHandle {
  /** Gives the focus back to the number that had it last. */
  focus(): void;
  /** Where a number is, from the upper edge of what is seen. Null while that is not known. */
  offsetOf(index: number): { top: number; bottom: number } | null;
}

/** A board of numbers to choose from, whatever draws it. */
export interface NumbersProps {
  board: BoardView;
  /** The name of the board to a screen reader. */
  label: string;
  events: GridEvents;
  /** Shown dimmed: what is seen may no longer be true. */
  outdated?: boolean;
  target?: Target | null;
  /** The number that is seen first. */
  first?: number;
  handle?: RefObject<GridHandle | null>;
}

/** The events of whatever `current` gives at the time, for code that outlives a render. */
export function laterEvents(current: () => GridEvents): Required<GridEvents> {
  return {
    toggle: (index) => current().toggle(index),
    inspect: (index) => current().inspect?.(index),
    search: () => current().search?.(),
    help: () => current().help?.(),
    seen: (first, last) => current().seen?.(first, last),
  };
}
