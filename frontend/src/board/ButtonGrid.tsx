import type { CSSProperties, KeyboardEvent, ReactNode, RefObject } from 'react';
import type { Roving } from './useRoving';

interface Props {
  /** The name to a screen reader. */
  label: string;
  count: number;
  columns: number;
  roving: Roving;
  className: string | undefined;
  rowClassName: string | undefined;
  element?: RefObject<HTMLDivElement | null>;
  describedBy?: string;
  selectable?: boolean;
  onKeyDown?: (event: KeyboardEvent) => void;
  /** The button of one cell. It carries `role=gridcell`, `data-index` and `roving.tabIndexOf`. */
  children: (index: number, column: number) => ReactNode;
}

/** A grid of buttons with one tab stop, in rows of `columns`. */
export function ButtonGrid(props: Props) {
  const { count, columns, roving } = props;
  const rows = Math.ceil(count / columns);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table has no selection and no keys.
    <div
      ref={props.element}
      role="grid"
      className={props.className}
      aria-label={props.label}
      aria-describedby={props.describedBy}
      aria-multiselectable={props.selectable}
      aria-rowcount={rows}
      aria-colcount={columns}
      style={{ '--columns': columns, '--rows': rows } as CSSProperties}
      onKeyDown={props.onKeyDown ?? roving.onKeyDown}
      onFocusCapture={roving.onFocus}
    >
      {numbers(rows).map((row) => (
        // biome-ignore lint/a11y/useSemanticElements: as above.
        // biome-ignore lint/a11y/useFocusableInteractive: its cells are.
        <div key={row} role="row" aria-rowindex={row + 1} className={props.rowClassName}>
          {numbers(Math.min(columns, count - row * columns)).map((column) =>
            props.children(row * columns + column, column),
          )}
        </div>
      ))}
    </div>
  );
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}
