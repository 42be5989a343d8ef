import styles from './Skeleton.module.css';

/** Holds the place of a line of text that is on its way. `width` in any CSS unit. */
export function Skeleton({ width = '100%', height = '1em' }: { width?: string; height?: string }) {
  return <span aria-hidden="true" className={styles.skeleton} style={{ width, height }} />;
}
