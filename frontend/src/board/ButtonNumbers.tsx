import { useLingui } from '@lingui/react';
import { type KeyboardEvent, memo, useEffect, useId, useRef, useSyncExternalStore } from 'react';
import type { Cell } from '../sdk/types';
import { ButtonGrid } from './ButtonGrid';
import { CellSign, cellClass } from './CellSign';
import { cellName } from './cellNames';
import { GridHint } from './GridHint';
import { followGestures } from './gestures';
import { laterEvents, type NumbersProps } from './grid';
import { commandOf } from './keyboard';
import { isOwn } from './marks';
import styles from './Numbers.module.css';
import { seenPart } from './seenPart';
import { useColumns } from './useColumns';
import { useLatest } from './useLatest';
import { useRoving } from './useRoving';

/** Rows that PageUp and PageDown pass. */
const PAGE_ROWS = 8;

/** A board of a few numbers: one button each. */
export function ButtonNumbers(props: NumbersProps) {
  const { board, label, outdated = false, target = null, first = 0, handle } = props;
  const { i18n } = useLingui();
  const helpId = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const latest = useLatest(props);
  useSyncExternalStore(
    (listener) => board.subscribe(listener),
    () => board.version,
  );
  const columns = useColumns(scroller, board.width);
  const steps = { count: board.count, columns, pageRows: PAGE_ROWS };
  const roving = useRoving(scroller, steps, first);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const events = laterEvents(() => latest.current.events);
    return followGestures(element, numberAt, {
      tap: events.toggle,
      hold: events.inspect,
      // The style sheet does it.
      hover: () => {},
    });
  }, [latest]);

  useEffect(() => {
    if (!handle) return;
    handle.current = {
      focus: () => roving.focus(roving.current),
      offsetOf: (index) => offsetIn(scroller.current, index),
    };
  });

  // Once for each target.
  useEffect(() => {
    if (!target) return;
    scrollTo(scroller.current, target.index);
    if (target.focus) roving.focus(target.index);
  }, [target]);

  function onKeyDown(event: KeyboardEvent): void {
    const command = commandOf(event);
    if (command === 'search') props.events.search?.();
    else if (command === 'help') props.events.help?.();
    if (command === 'search' || command === 'help') event.preventDefault();
    // Space and Enter click the button, as everywhere.
    else if (command === null) roving.onKeyDown(event);
  }

  return (
    <div ref={scroller} className={`${styles.scroller} ${outdated ? styles.outdated : ''}`}>
      <ButtonGrid
        label={label}
        count={board.count}
        columns={columns}
        roving={roving}
        className={styles.buttons}
        rowClassName={styles.row}
        describedBy={helpId}
        selectable
        onKeyDown={onKeyDown}
      >
        {(index, column) => (
          <NumberButton
            key={index}
            index={index}
            column={column}
            label={board.label(index)}
            cell={board.cell(index)}
            tabIndex={roving.tabIndexOf(index)}
            ringed={target?.index === index}
            language={i18n.locale}
          />
        )}
      </ButtonGrid>
      <GridHint id={helpId} />
    </div>
  );
}

interface NumberButtonProps {
  index: number;
  column: number;
  label: string;
  cell: Cell;
  tabIndex: 0 | -1;
  ringed: boolean;
  /** Not read: a name is said anew in another language. */
  language: string;
}

const NumberButton = memo(function NumberButton(props: NumberButtonProps) {
  const { index, column, label, cell, tabIndex, ringed } = props;
  const own = isOwn(cell) ? styles.own : '';
  return (
    // biome-ignore lint/a11y/useSemanticElements: it is a cell of a grid, which a button may be.
    <button
      type="button"
      role="gridcell"
      data-index={index}
      aria-colindex={column + 1}
      aria-label={cellName(label, cell)}
      aria-selected={isOwn(cell)}
      tabIndex={tabIndex}
      className={`${styles.button} ${cellClass(cell)} ${own} ${ringed ? styles.ringed : ''}`}
    >
      <span className={styles.number}>{label}</span>
      <CellSign cell={cell} />
    </button>
  );
});

function numberAt(x: number, y: number): number | null {
  const button = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-index]');
  return button ? Number(button.dataset.index) : null;
}

function buttonOf(scroller: HTMLElement | null, index: number): HTMLElement | null {
  return scroller?.querySelector<HTMLElement>(`[data-index="${index}"]`) ?? null;
}

function offsetIn(
  scroller: HTMLElement | null,
  index: number,
): { top: number; bottom: number } | null {
  const button = buttonOf(scroller, index);
  if (!scroller || !button) return null;
  const edge = scroller.getBoundingClientRect().top;
  const { top, bottom } = button.getBoundingClientRect();
  return { top: top - edge, bottom: bottom - edge };
}

/** Scrolls the board alone: `scrollIntoView` would move the page too. */
function scrollTo(scroller: HTMLElement | null, index: number): void {
  const offset = offsetIn(scroller, index);
  if (!scroller || !offset) return;
  const part = seenPart(scroller);
  scroller.scrollTop += (offset.top + offset.bottom - part.top - part.bottom) / 2;
}
