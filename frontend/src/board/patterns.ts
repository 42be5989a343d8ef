import { matches, type NumberQuery } from '../sdk/numbers';
import { type BoardView, Cell, type QuickPickFilter } from '../sdk/types';

/** The ways to look for numbers by some of their digits. */
export const PATTERNS = ['starts_with', 'ends_with', 'contains'] as const;
export type Pattern = (typeof PATTERNS)[number];
export type PatternQuery = Exclude<NumberQuery, { kind: 'exact' }>;

/** A pattern as it is typed: `12*`, `*07`, `*5*`. */
export function patternText(pattern: Pattern, digits: string): string {
  const before = pattern === 'starts_with' ? '' : '*';
  const after = pattern === 'ends_with' ? '' : '*';
  return `${before}${digits}${after}`;
}

/** The digits of what was typed, with their zeros. */
export function digitsOf(text: string): string {
  return text.replace(/\D/g, '');
}

export function filterOf({ kind, digits }: PatternQuery): QuickPickFilter {
  return { [kind]: digits };
}

export interface Matches {
  /** How many numbers answer the query. */
  readonly total: number;
  /** Those of them that are free, ascending. */
  readonly free: readonly number[];
}

export function findMatches(query: NumberQuery, board: BoardView): Matches {
  const free: number[] = [];
  let total = 0;
  for (const index of matches(query, board.width, board.count)) {
    total += 1;
    if (board.cell(index) === Cell.available) free.push(index);
  }
  return { total, free };
}

/**
 * The free match after `from`, or before it, going round at the ends; with its place among all, from
 * 1. Null when nothing is free.
 */
export function step(
  { free }: Matches,
  from: number | null,
  direction: 1 | -1,
): { index: number; place: number } | null {
  if (free.length === 0) return null;
  let place = direction === 1 ? 0 : free.length - 1;
  if (from !== null) {
    const after = free.findIndex((index) => index > from);
    if (direction === 1) place = Math.max(after, 0);
    else {
      const atOrAfter = free.findIndex((index) => index >= from);
      const before = (atOrAfter < 0 ? free.length : atOrAfter) - 1;
      place = before < 0 ? free.length - 1 : before;
    }
  }
  return { index: free[place] as number, place: place + 1 };
}
