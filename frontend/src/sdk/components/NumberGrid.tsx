import { useLingui } from '@lingui/react/macro';
import { useMemo } from 'react';
import { listBoard, type RaffleNumber } from '../../board/listBoard';
import { Numbers } from '../../board/Numbers';
import styles from '../../board/Numbers.module.css';
import { type BoardView, Cell } from '../types';

export type { RaffleNumber };

export interface NumberGridProps {
  numbers?: readonly RaffleNumber[];
  /** Ids of what the person has chosen. */
  selectedNumbers?: readonly string[];
  /** A number was tapped that is free, or the person's own. Taken ones are not told. */
  onSelectNumber: (id: string) => void;
  currentUserId?: string | undefined;
  /**
   * A live board, of any size, in place of `numbers`. It knows what is the person's own, so
   * `selectedNumbers` and `currentUserId` are not looked at, and ids are the printed numbers.
   */
  source?: BoardView | null;
}

/** The numbers of a raffle to choose from. */
export function NumberGrid({
  numbers = [],
  selectedNumbers = [],
  onSelectNumber,
  currentUserId,
  source = null,
}: NumberGridProps) {
  const { t } = useLingui();
  const board = useMemo(
    () => source ?? listBoard(numbers, selectedNumbers, currentUserId),
    [source, numbers, selectedNumbers, currentUserId],
  );

  function toggle(index: number): void {
    const cell = board.cell(index);
    if (cell !== Cell.available && cell !== Cell.mine) return;
    const id = source ? source.label(index) : numbers[index]?.id;
    if (id !== undefined) onSelectNumber(id);
  }

  return (
    <div className={styles.frame}>
      {board.count > 0 && <Numbers board={board} label={t`Números`} events={{ toggle }} />}
    </div>
  );
}
