import { useLingui } from '@lingui/react/macro';
import { type BoardView, Cell } from '../sdk/types';
import { Icon } from '../ui/Icon';
import { CellSign, cellClass } from './CellSign';
import { explanation } from './cellNames';
import styles from './NumberCard.module.css';
import type { Card } from './useTaps';

/** What a card tells, in a sentence. */
export function CardText({ card, board }: { card: Card; board: BoardView }) {
  const { t } = useLingui();
  if (card.kind === 'refused') {
    return (
      <p className={styles.text}>
        <Icon name="info" />
        {card.text}
      </p>
    );
  }
  if (card.kind === 'lost') {
    const labels = card.labels.join(', ');
    return (
      <p className={styles.text}>
        <span className={`${styles.badge} ${cellClass(Cell.lost)}`}>
          <CellSign cell={Cell.lost} size={16} />
        </span>
        <strong>
          {card.labels.length === 1
            ? t`El ${labels} lo apartó otra persona`
            : t`Otra persona apartó estos: ${labels}`}
        </strong>
      </p>
    );
  }
  const cell = board.cell(card.index);
  return (
    <p className={styles.text}>
      <span className={`${styles.badge} ${cellClass(cell)}`}>
        {board.label(card.index)}
        <CellSign cell={cell} />
      </span>
      {explanation(cell)}
    </p>
  );
}
