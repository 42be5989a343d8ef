import { type RefObject, useEffect, useReducer, useRef } from 'react';

/**
 * Gives the focus to `place` once the page shows what was changed together with the call: while a
 * modal dialog is open, nothing behind it takes the focus.
 */
export function useLateFocus<T extends HTMLElement>(): [place: RefObject<T | null>, () => void] {
  const place = useRef<T>(null);
  const [calls, call] = useReducer((before: number) => before + 1, 0);
  useEffect(() => {
    if (calls > 0) place.current?.focus({ preventScroll: true });
  }, [calls]);
  return [place, call];
}
