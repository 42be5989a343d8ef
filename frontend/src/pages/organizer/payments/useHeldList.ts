import { useState } from 'react';

/**
 * A list that can be told to hold still, as while a dialog of one of its rows is open: new rows wait,
 * and rows that have gone stay as they were last known.
 */
export function useHeldList<T>(
  now: readonly T[],
  idOf: (row: T) => string,
): [rows: readonly T[], hold: (isHeld: boolean) => void] {
  const [held, setHeld] = useState<readonly T[] | null>(null);
  const rows = held?.map((row) => now.find((each) => idOf(each) === idOf(row)) ?? row) ?? now;
  return [rows, (isHeld) => setHeld(isHeld ? rows : null)];
}
