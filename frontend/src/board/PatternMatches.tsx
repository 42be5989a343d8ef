import { useLingui } from '@lingui/react/macro';
import { useMemo, useState } from 'react';
import { useFormat } from '../i18n/useFormat';
import type { BoardView } from '../sdk/types';
import { announce } from '../ui/announce';
import { IconButton } from '../ui/Button';
import styles from './BoardSearch.module.css';
import { cellName } from './cellNames';
import { freeText } from './freeText';
import { findMatches, type PatternQuery, step } from './patterns';
import { useBoardTick } from './useBoardTick';

/** A board on which counting takes long enough to be felt on a slow phone. */
const LARGE = 100_000;

interface Props {
  query: PatternQuery;
  board: BoardView;
  onShow: (index: number) => void;
}

/** How many numbers answer a pattern, and the way from one free one to the next. */
export function PatternMatches({ query, board, onShow }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const tick = useBoardTick(board, board.count > LARGE ? 10_000 : 1_000);
  const [at, setAt] = useState<number | null>(null);
  // `tick`: the board has changed.
  const found = useMemo(() => findMatches(query, board), [query.kind, query.digits, board, tick]);
  const place = at === null ? 0 : found.free.indexOf(at) + 1;
  const free = found.free.length;
  const total = format.number(found.total);

  function go(direction: 1 | -1): void {
    const next = step(findMatches(query, board), at, direction);
    if (!next) return;
    setAt(next.index);
    onShow(next.index);
    announce(
      `${cellName(board.label(next.index), board.cell(next.index))}. ${t`${format.number(next.place)} de ${format.number(free)}`}`,
    );
  }

  return (
    <div className={styles.matches}>
      <p role="status">
        {freeText(free)} <span className={styles.total}>{t`de ${total}`}</span>
      </p>
      <div className={styles.steps}>
        <IconButton
          icon="back"
          label={t`Anterior libre`}
          disabled={free === 0}
          onClick={() => go(-1)}
        />
        <span className={styles.place}>
          {place > 0 ? t`${format.number(place)} de ${format.number(free)}` : '–'}
        </span>
        <IconButton
          icon="forward"
          label={t`Siguiente libre`}
          disabled={free === 0}
          onClick={() => go(1)}
        />
      </div>
    </div>
  );
}
