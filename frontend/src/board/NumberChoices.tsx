import { useLingui } from '@lingui/react/macro';
import type { BoardView } from '../sdk/types';
import styles from './NumberCard.module.css';

interface Props {
  indices: readonly number[];
  board: BoardView;
  ready: boolean;
  onChoose: (index: number) => void;
}

/** Near numbers that are free, each to be held with one tap. */
export function NumberChoices({ indices, board, ready, onChoose }: Props) {
  const { t } = useLingui();
  return (
    <div className={styles.near}>
      <span>{t`Libres cerca:`}</span>
      {indices.map((index) => {
        const label = board.label(index);
        return (
          <button
            key={index}
            type="button"
            className={styles.choice}
            disabled={!ready}
            aria-label={t`Apartar el ${label}`}
            onClick={() => onChoose(index)}
          >
            {label}
          </button>
        );
      })}
    </div>
  );
}
