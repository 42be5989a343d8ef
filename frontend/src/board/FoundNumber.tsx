import { useLingui } from '@lingui/react/macro';
import { nearestFree } from '../sdk/nearest';
import { type BoardView, Cell } from '../sdk/types';
import { Button } from '../ui/Button';
import styles from './BoardSearch.module.css';
import { CellSign, cellClass } from './CellSign';
import { explanation } from './cellNames';
import { NumberChoices } from './NumberChoices';
import { useBoardTick } from './useBoardTick';

interface Props {
  index: number;
  board: BoardView;
  ready: boolean;
  onShow: () => void;
  onTake: (index: number) => void;
}

/** The number that was looked for: how it stands, and the next best when it is taken. */
export function FoundNumber({ index, board, ready, onShow, onTake }: Props) {
  const { t } = useLingui();
  useBoardTick(board, 200);
  const label = board.label(index);
  const cell = board.cell(index);
  return (
    <>
      <div className={styles.number}>
        <button
          type="button"
          className={`${styles.badge} ${cellClass(cell)}`}
          aria-label={t`Ver el ${label} en el tablero`}
          onClick={onShow}
        >
          {label}
          <CellSign cell={cell} />
        </button>
        <span>{explanation(cell)}</span>
        {cell === Cell.available && (
          <Button look="primary" disabled={!ready} onClick={() => onTake(index)}>
            {t`Apartar`}
          </Button>
        )}
      </div>
      {(cell === Cell.reserved || cell === Cell.sold || cell === Cell.lost) && (
        <NumberChoices
          indices={nearestFree(board, index, 3)}
          board={board}
          ready={ready}
          onChoose={onTake}
        />
      )}
    </>
  );
}
