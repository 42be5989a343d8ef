import type { Cell } from '../sdk/types';
import styles from './cells.module.css';
import { LOOKS } from './marks';

/** The classes that give an element the colours and the border of a state. */
export function cellClass(cell: Cell): string {
  const { token, border } = LOOKS[cell];
  return `${styles[token]} ${styles[border]}`;
}

/** The sign of a state; nothing for a free number. */
export function CellSign({ cell, size = 12 }: { cell: Cell; size?: number }) {
  const { sign, solid } = LOOKS[cell];
  if (sign === null) return null;
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={solid ? 'currentColor' : 'none'}
      stroke={solid ? 'none' : 'currentColor'}
      strokeWidth="3.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={sign} />
    </svg>
  );
}
