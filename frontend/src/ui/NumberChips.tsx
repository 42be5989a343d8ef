import { useLingui } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';
import { Icon } from './Icon';
import styles from './NumberChips.module.css';

interface Props {
  labels: readonly string[];
  /** Given: each chip can be taken away. */
  onRemove?: (label: string) => void;
  /** `mine` looks as it does on the board. */
  look?: 'mine' | 'plain';
}

/** Numbers as they are printed, side by side. */
export function NumberChips({ labels, onRemove, look = 'mine' }: Props) {
  const { t } = useLingui();
  const list = useRef<HTMLUListElement>(null);
  const removed = useRef<number | null>(null);

  // The chip that was tapped takes the focus with it: give it to the one in its place.
  useEffect(() => {
    if (removed.current === null || document.activeElement !== document.body) return;
    const buttons = list.current?.querySelectorAll('button') ?? [];
    buttons[Math.min(removed.current, buttons.length - 1)]?.focus();
    removed.current = null;
  }, [labels]);

  return (
    <ul ref={list} className={styles.chips}>
      {labels.map((label, place) => (
        <li key={label}>
          {onRemove ? (
            <button
              type="button"
              className={`${styles.chip} ${styles[look]} ${styles.removable}`}
              aria-label={t`Quitar el ${label}`}
              onClick={() => {
                removed.current = place;
                onRemove(label);
              }}
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
