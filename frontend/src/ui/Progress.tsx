import styles from './Progress.module.css';

/**
 * How much of the board is taken: sold, and held beside it. The words that stand with it tell the
 * same, so it is hidden from screen readers.
 */
export function Progress({ sold, held, total }: { sold: number; held: number; total: number }) {
  const share = (value: number) => `${total > 0 ? (100 * value) / total : 0}%`;
  return (
    <div className={styles.bar} aria-hidden="true">
      <span className={styles.sold} style={{ width: share(sold) }} />
      <span className={styles.held} style={{ width: share(held) }} />
    </div>
  );
}
