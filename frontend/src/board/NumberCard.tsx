import { useLingui } from '@lingui/react/macro';
import { type CSSProperties, type RefObject, useLayoutEffect, useRef, useState } from 'react';
import { type BoardView, Cell } from '../sdk/types';
import { Button, IconButton } from '../ui/Button';
import { CardText } from './CardText';
import type { GridHandle } from './grid';
import styles from './NumberCard.module.css';
import { NumberChoices } from './NumberChoices';
import { seenPart } from './seenPart';
import { useBoardTick } from './useBoardTick';
import type { Card } from './useTaps';

/** Between the number and its card, in pixels. */
const GAP = 8;

interface Props {
  card: Card;
  board: BoardView;
  grid: RefObject<GridHandle | null>;
  /** Taps are answered now. */
  ready: boolean;
  onToggle: (index: number) => void;
  /** Shows one of the near numbers and holds it. */
  onTake: (index: number) => void;
  onClose: () => void;
}

/** Tells about one number, beside it: its state, what was refused, and what is free near by. */
export function NumberCard({ card, board, grid, ready, onToggle, onTake, onClose }: Props) {
  const { t } = useLingui();
  const element = useRef<HTMLElement>(null);
  useBoardTick(board, 100);
  const place = usePlaceBeside(element, grid, indexOf(card, board));

  function close(): void {
    const inside = element.current?.contains(document.activeElement);
    onClose();
    if (inside) grid.current?.focus();
  }

  return (
    <aside
      ref={element}
      className={`${styles.card} ${card.kind === 'lost' ? styles.lost : ''}`}
      style={place}
      aria-label={t`Sobre el número`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <div className={styles.head}>
        <CardText card={card} board={board} />
        <IconButton icon="close" label={t`Cerrar`} onClick={close} />
      </div>
      {card.kind === 'number' && (
        <NumberAction index={card.index} board={board} ready={ready} onToggle={onToggle} />
      )}
      {card.kind !== 'refused' && card.near.length > 0 && (
        <NumberChoices indices={card.near} board={board} ready={ready} onChoose={onTake} />
      )}
    </aside>
  );
}

function NumberAction({
  index,
  board,
  ready,
  onToggle,
}: Pick<Props, 'board' | 'ready' | 'onToggle'> & { index: number }) {
  const { t } = useLingui();
  const label = board.label(index);
  const cell = board.cell(index);
  if (cell === Cell.available) {
    return (
      <Button look="primary" disabled={!ready} onClick={() => onToggle(index)}>
        {t`Apartar el ${label}`}
      </Button>
    );
  }
  if (cell === Cell.mine) {
    return (
      <Button disabled={!ready} onClick={() => onToggle(index)}>{t`Soltar el ${label}`}</Button>
    );
  }
  return null;
}

function indexOf(card: Card, board: BoardView): number | null {
  if (card.kind !== 'lost') return card.index;
  return board.indexOf(card.labels[0] ?? '') ?? null;
}

/** Under the number, or above it where there is no room; at the top when it is not in sight. */
function usePlaceBeside(
  card: RefObject<HTMLElement | null>,
  grid: RefObject<GridHandle | null>,
  index: number | null,
): CSSProperties {
  const [place, setPlace] = useState<CSSProperties>({ top: GAP });

  useLayoutEffect(() => {
    const element = card.current;
    const frame = element?.parentElement;
    if (!element || !frame) return;
    const offset = index === null ? null : (grid.current?.offsetOf(index) ?? null);
    const { top, bottom } = seenPart(frame);
    const height = element.offsetHeight + 2 * GAP;
    if (!offset || offset.bottom < top || offset.top > bottom) setPlace({ top: top + GAP });
    else if (offset.bottom + height <= bottom) setPlace({ top: offset.bottom + GAP });
    else setPlace({ top: Math.max(top + GAP, offset.top - height + GAP) });
  }, [card, grid, index]);

  return place;
}
