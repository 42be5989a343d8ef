import { useLingui } from '@lingui/react/macro';
import { Cell } from '../sdk/types';
import { CellSign, cellClass } from './CellSign';
import { stateName } from './cellNames';
import styles from './Legend.module.css';

const SHOWN = [Cell.available, Cell.reserved, Cell.sold, Cell.mine, Cell.paying, Cell.bought];

/** What the looks of the cells mean. */
export function Legend() {
  const { t } = useLingui();
  return (
    <ul className={styles.legend} aria-label={t`Qué significa cada casilla`}>
      {SHOWN.map((cell) => (
        <li key={cell}>
          <span className={`${styles.swatch} ${cellClass(cell)}`}>
            <CellSign cell={cell} size={11} />
          </span>
          {stateName(cell)}
        </li>
      ))}
    </ul>
  );
}
