import { useLingui } from '@lingui/react/macro';
import { type CSSProperties, useEffect, useMemo, useRef } from 'react';
import { useFormat } from '../i18n/useFormat';
import type { BoardView } from '../sdk/types';
import styles from './BlockHeat.module.css';
import { ButtonGrid } from './ButtonGrid';
import { freeText } from './freeText';
import { blockSize, Tally } from './tally';
import { useBoardTick } from './useBoardTick';
import { useColumns } from './useColumns';
import { useRoving } from './useRoving';

const PAGE_ROWS = 6;
/** Digits for which a block's width is reckoned: its label, and some air. */
const LABEL_DIGITS = 10;

interface Props {
  board: BoardView;
  /** The number that the board shows when it is opened. */
  first: number;
  outdated: boolean;
  /** Shows the numbers of a block. */
  onOpen: (first: number) => void;
}

/** The board in blocks of a hundred or a thousand, each with how much of it is free. */
export function BlockHeat({ board, first, outdated, onOpen }: Props) {
  const { t } = useLingui();
  const list = useRef<HTMLDivElement>(null);
  const tally = useMemo(() => new Tally(board, blockSize(board.count)), [board]);
  const columns = useColumns(list, LABEL_DIGITS);
  const here = Math.floor(first / tally.size);
  const steps = { count: tally.blocks, columns, pageRows: PAGE_ROWS };
  const roving = useRoving(list, steps, here);
  useEffect(() => board.subscribe((changed) => tally.touch(changed)), [board, tally]);
  useBoardTick(board, 500);

  // When it opens, and is laid out anew.
  useEffect(() => {
    const element = list.current?.querySelector<HTMLElement>(`[data-index="${here}"]`);
    if (element && list.current) {
      list.current.scrollTop = element.offsetTop - list.current.clientHeight / 2;
    }
  }, [columns]);

  return (
    <div ref={list} className={`${styles.scroller} ${outdated ? styles.outdated : ''}`}>
      <ButtonGrid
        label={t`Bloques de números`}
        count={tally.blocks}
        columns={columns}
        roving={roving}
        className={styles.blocks}
        rowClassName={styles.row}
      >
        {(block, column) => (
          <Block
            key={block}
            board={board}
            tally={tally}
            block={block}
            column={column}
            here={block === here}
            tabIndex={roving.tabIndexOf(block)}
            onOpen={onOpen}
          />
        )}
      </ButtonGrid>
    </div>
  );
}

interface BlockProps {
  board: BoardView;
  tally: Tally;
  block: number;
  column: number;
  here: boolean;
  tabIndex: 0 | -1;
  onOpen: (first: number) => void;
}

function Block({ board, tally, block, column, here, tabIndex, onOpen }: BlockProps) {
  const { t } = useLingui();
  const format = useFormat();
  const first = block * tally.size;
  const size = tally.sizeOf(block);
  const free = tally.freeOf(block);
  const label = board.label(first);
  const end = board.label(first + size - 1);
  return (
    // biome-ignore lint/a11y/useSemanticElements: it is a cell of a grid, which a button may be.
    <button
      type="button"
      role="gridcell"
      data-index={block}
      aria-colindex={column + 1}
      tabIndex={tabIndex}
      aria-current={here || undefined}
      aria-label={`${t`Del ${label} al ${end}`}. ${freeText(free)}`}
      className={styles.block}
      style={{ '--free': free / size } as CSSProperties}
      onClick={() => onOpen(first)}
    >
      <span className={styles.label}>{label}</span>
      <span className={styles.bar} />
      <span className={styles.count}>{free > 0 ? format.number(free) : t`lleno`}</span>
    </button>
  );
}
