import type { ReactNode } from 'react';
import styles from './PayBar.module.css';

/** The one thing to do next: at the foot of a phone's screen, under the thumb. */
export function PayBar({ note, children }: { note?: ReactNode; children: ReactNode }) {
  return (
    <div className={styles.bar} data-pay-bar="">
      {note && <p className={styles.note}>{note}</p>}
      {children}
    </div>
  );
}
