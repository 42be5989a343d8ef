import { useLingui } from '@lingui/react';
import { useEffect, useId, useLayoutEffect, useRef } from 'react';
import { CanvasGrid, type GridElements } from './canvasGrid';
import { GridHint } from './GridHint';
import { laterEvents, type NumbersProps } from './grid';
import styles from './Numbers.module.css';
import { useLatest } from './useLatest';

/** A board of any size, painted on canvases, with real cells around the current number. */
export function CanvasNumbers(props: NumbersProps) {
  const { board, label, outdated = false, target = null } = props;
  const { i18n } = useLingui();
  const helpId = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const grid = useRef<CanvasGrid | null>(null);
  const latest = useLatest(props);

  useLayoutEffect(() => {
    if (!scroller.current) return;
    const { board, first = 0, handle } = latest.current;
    const events = laterEvents(() => latest.current.events);
    const made = new CanvasGrid(partsOf(scroller.current), board, events, first);
    grid.current = made;
    if (handle) handle.current = made;
    return () => {
      made.destroy();
      grid.current = null;
      if (handle) handle.current = null;
    };
  }, [latest]);

  useLayoutEffect(() => {
    if (grid.current) grid.current.board = board;
  }, [board]);

  useLayoutEffect(() => {
    grid.current?.point(target?.index ?? null, target?.focus);
  }, [target]);

  // The names follow the language.
  useEffect(() => grid.current?.rename(), [i18n.locale]);

  return (
    <div ref={scroller} className={`${styles.scroller} ${outdated ? styles.outdated : ''}`}>
      <div data-part="content" className={styles.content}>
        <div data-part="layer" className={styles.layer} aria-hidden="true" />
        {/* biome-ignore lint/a11y/useSemanticElements: a table has no selection and no keys. */}
        <div
          data-part="grid"
          className={styles.grid}
          role="grid"
          aria-label={label}
          aria-describedby={helpId}
          aria-multiselectable="true"
        />
        <div data-part="hover" className={styles.hover} hidden />
        <div data-part="ring" className={styles.ring} hidden />
      </div>
      <GridHint id={helpId} />
    </div>
  );
}

function partsOf(scroller: HTMLElement): GridElements {
  const part = (name: string): HTMLElement => {
    const element = scroller.querySelector<HTMLElement>(`[data-part="${name}"]`);
    if (!element) throw new Error(`the board has no part "${name}"`);
    return element;
  };
  return {
    scroller,
    content: part('content'),
    layer: part('layer'),
    grid: part('grid'),
    ring: part('ring'),
    hover: part('hover'),
  };
}
