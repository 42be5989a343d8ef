/** What the keys do on the board, as the layout grid of the ARIA Authoring Practices has them. */

export interface Steps {
  readonly count: number;
  readonly columns: number;
  /** Rows that PageUp and PageDown pass. */
  readonly pageRows: number;
}

export interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

/** Where `key` leads from the number `index`; null when it is not a key that moves. */
export function moveBy(
  key: Key,
  index: number,
  { count, columns, pageRows }: Steps,
): number | null {
  const last = count - 1;
  const column = index % columns;
  const rowStart = index - column;
  const far = key.ctrlKey || key.metaKey;
  switch (key.key) {
    case 'ArrowRight':
      return Math.min(index + 1, last);
    case 'ArrowLeft':
      return Math.max(index - 1, 0);
    case 'ArrowDown':
      return down(1);
    case 'ArrowUp':
      return index < columns ? index : index - columns;
    case 'PageDown':
      return down(pageRows);
    case 'PageUp':
      return Math.max(index - pageRows * columns, column);
    case 'Home':
      return far ? 0 : rowStart;
    case 'End':
      return far ? last : Math.min(rowStart + columns - 1, last);
    default:
      return null;
  }

  /** In the same column where there is one; the last row may be shorter. */
  function down(rows: number): number {
    const lastRow = Math.floor(last / columns);
    const row = Math.min(Math.floor(index / columns) + rows, lastRow);
    return Math.min(row * columns + column, last);
  }
}

export type Command = 'toggle' | 'search' | 'help';

/** What else a key asks for on the board. */
export function commandOf({ key, ctrlKey, metaKey }: Key): Command | null {
  if (ctrlKey || metaKey) return null;
  if (key === ' ' || key === 'Enter') return 'toggle';
  if (key === '/') return 'search';
  if (key === '?') return 'help';
  return null;
}
