/**
 * Numbers as they are printed, and as people look for them.
 *
 * Everything here is arithmetic on indices: no string is made for a number that is only compared,
 * so a search over a million numbers is a matter of milliseconds.
 */

/** Digits of a printed number in a raffle of `count`: those of the largest, at least two. */
export function widthOf(count: number): number {
  return Math.max(2, String(count - 1).length);
}

/** The printed form: `labelOf(7, 4)` is "0007". */
export function labelOf(index: number, width: number): string {
  return String(index).padStart(width, '0');
}

/** The number printed as `label`; undefined for another width, other characters, or out of range. */
export function numberOf(label: string, width: number, count: number): number | undefined {
  if (label.length !== width || !/^[0-9]+$/.test(label)) return undefined;
  const index = Number(label);
  return index < count ? index : undefined;
}

/** What a person looks for: one number, or all that begin with, end with or contain some digits. */
export type NumberQuery =
  | { kind: 'exact'; index: number }
  | { kind: 'starts_with' | 'ends_with' | 'contains'; digits: string };

/**
 * Reads what a person typed: `417` and `4 1 7` are number 0417, `12*` begins with, `*07` ends with,
 * `*5*` contains. Null for what is no number of this raffle: letters, too many digits, out of range.
 */
export function parseQuery(text: string, width: number, count: number): NumberQuery | null {
  const typed = text.replace(/[\s.,-]/g, '');
  const found = /^(\*?)([0-9]+)(\*?)$/.exec(typed);
  if (found === null) return null;
  const [, before, digits = '', after] = found;
  if (digits.length > width) return null;
  if (before && after) return { kind: 'contains', digits };
  if (before) return { kind: 'ends_with', digits };
  if (after) return { kind: 'starts_with', digits };
  const index = Number(digits);
  return index < count ? { kind: 'exact', index } : null;
}

/** All numbers that answer a query, ascending. Lazy: stop when there are enough. */
export function* matches(query: NumberQuery, width: number, count: number): Generator<number> {
  if (query.kind === 'exact') {
    if (query.index < count) yield query.index;
    return;
  }
  const { digits } = query;
  const value = Number(digits);
  const power = 10 ** digits.length;
  const free = width - digits.length;
  if (free < 0) return;
  if (query.kind === 'starts_with') {
    const first = value * 10 ** free;
    const last = Math.min(count, first + 10 ** free);
    for (let index = first; index < last; index++) yield index;
  } else if (query.kind === 'ends_with') {
    for (let index = value; index < count; index += power) yield index;
  } else {
    for (let index = 0; index < count; index++) {
      if (contains(index, value, power, free)) yield index;
    }
  }
}

/** Whether one number answers a query. */
export function isMatch(query: NumberQuery, index: number, width: number): boolean {
  if (query.kind === 'exact') return query.index === index;
  const value = Number(query.digits);
  const power = 10 ** query.digits.length;
  const free = width - query.digits.length;
  if (free < 0) return false;
  if (query.kind === 'starts_with') return Math.floor(index / 10 ** free) === value;
  if (query.kind === 'ends_with') return index % power === value;
  return contains(index, value, power, free);
}

/** Looks at each window of digits: of the printed form, so leading zeros count. */
function contains(index: number, value: number, power: number, free: number): boolean {
  let rest = index;
  for (let i = 0; i <= free; i++) {
    if (rest % power === value) return true;
    rest = (rest / 10) | 0;
  }
  return false;
}
