import { useLingui } from '@lingui/react/macro';
import { Icon } from './Icon';
import styles from './NumberChips.module.css';

interface Props {
  labels: readonly string[];
  /** Given: each chip can be taken away. */
  onRemove?: (label: string) => void;
  /** `mine` are held, `gone` were. */
  look?: 'mine' | 'gone' | 'plain';
}

/** Numbers as they are printed, side by side. */
export function NumberChips({ labels, onRemove, look = 'mine' }: Props) {
  const { t } = useLingui();
  return (
    <ul className={styles.chips}>
      {labels.map((label) => (
        <li key={label}>
          {onRemove ? (
            <button
              type="button"
              className={`${styles.chip} ${styles[look]} ${styles.removable}`}
              aria-label={t`Quitar el ${label}`}
              onClick={() => onRemove(label)}
            >
              {label}
              <Icon name="close" size={16} />
            </button>
          ) : (
            <span className={`${styles.chip} ${styles[look]}`}>{label}</span>
          )}
        </li>
      ))}
    </ul>
  );
}
