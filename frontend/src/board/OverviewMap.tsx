import { useLingui } from '@lingui/react/macro';
import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  useEffect,
  useRef,
} from 'react';
import type { BoardView } from '../sdk/types';
import { Button } from '../ui/Button';
import { freeText } from './freeText';
import styles from './OverviewMap.module.css';
import { areaOnMap, indexOnMap, mapSize, Overview } from './overview';
import { readPalette, watchTheme } from './palette';
import { countFree } from './ranges';
import { useBoardTick } from './useBoardTick';

interface Props {
  board: BoardView;
  /** The numbers that the board shows when it is opened. */
  first: number;
  last: number;
  /** My own numbers, which would be lost among a million. */
  own: readonly number[];
  outdated: boolean;
  /** The window was moved so that it begins here. */
  onMove: (first: number) => void;
  /** Shows the numbers of the window. */
  onOpen: () => void;
}

/** The whole raffle at a glance, one point a number, with a window to move over it. */
export function OverviewMap({ board, first, last, own, outdated, onMove, onOpen }: Props) {
  const { t } = useLingui();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useBoardTick(board, 500);
  usePicture(canvas, board);
  const { columns, rows } = mapSize(board.count);
  const span = last - first + 1;
  const free = countFree(board, first, last);
  const from = board.label(first);
  const to = board.label(last);

  function moveTo(index: number): void {
    onMove(Math.max(0, Math.min(board.count - span, index)));
  }

  function followPointer(event: { clientX: number; clientY: number }): void {
    const box = frame.current?.getBoundingClientRect();
    if (!box) return;
    const x = (event.clientX - box.left) / box.width;
    const y = (event.clientY - box.top) / box.height;
    moveTo(indexOnMap(board.count, x, y) - Math.floor(span / 2));
  }

  function drag(event: PointerEvent<HTMLElement>): void {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) followPointer(event);
  }

  function press(event: KeyboardEvent): void {
    const steps: Record<string, number> = {
      ArrowLeft: -span,
      ArrowRight: span,
      ArrowUp: -columns,
      ArrowDown: columns,
      PageUp: -columns * 10,
      PageDown: columns * 10,
      Home: -board.count,
      End: board.count,
    };
    const step = steps[event.key];
    if (event.key === 'Enter') onOpen();
    else if (step !== undefined) moveTo(first + step);
    else return;
    event.preventDefault();
  }

  return (
    <div className={`${styles.map} ${outdated ? styles.outdated : ''}`}>
      <div className={styles.room}>
        {/* The window beside it does the same by keyboard. */}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: see above. */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: see above. */}
        <div
          ref={frame}
          className={styles.frame}
          style={
            { '--ratio': columns / rows, aspectRatio: `${columns} / ${rows}` } as CSSProperties
          }
          onClick={followPointer}
        >
          <canvas ref={canvas} className={styles.picture} />
          {own.map((index) => (
            <span key={index} className={styles.own} style={placeOf(board.count, index, index)} />
          ))}
          <div
            role="slider"
            tabIndex={0}
            className={styles.window}
            style={placeOf(board.count, first, last)}
            aria-label={t`Números que se ven`}
            aria-valuemin={0}
            aria-valuemax={board.count - 1}
            aria-valuenow={first}
            aria-valuetext={`${t`Del ${from} al ${to}`}. ${freeText(free)}`}
            onKeyDown={press}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={drag}
          />
        </div>
      </div>
      <div className={styles.foot}>
        <p>
          <strong>
            {from} – {to}
          </strong>
          <br />
          {freeText(free)}
        </p>
        <Button look="primary" onClick={onOpen}>{t`Ver estos números`}</Button>
      </div>
    </div>
  );
}

function placeOf(count: number, first: number, last: number): CSSProperties {
  const { left, top, width, height } = areaOnMap(count, first, last);
  const percent = (share: number) => `${(share * 100).toFixed(3)}%`;
  return {
    left: percent(left + width / 2),
    top: percent(top + height / 2),
    width: percent(width),
    height: percent(height),
  };
}

/** Draws the board on the canvas, and again when it or the theme changes. */
function usePicture(ref: { current: HTMLCanvasElement | null }, board: BoardView): void {
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    const overview = new Overview(canvas, board, readPalette(canvas));
    let frame = 0;
    const paintSoon = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        overview.paint();
      });
    };
    overview.paint();
    const unsubscribe = board.subscribe((changed) => {
      overview.touch(changed);
      paintSoon();
    });
    const unwatch = watchTheme(() => {
      overview.palette = readPalette(canvas);
      paintSoon();
    });
    return () => {
      cancelAnimationFrame(frame);
      unsubscribe();
      unwatch();
    };
  }, [ref, board]);
}
