import { type RefObject, useLayoutEffect, useRef } from 'react';

/** Holds what the last render was given, for code that outlives a render. */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value);
  useLayoutEffect(() => {
    latest.current = value;
  });
  return latest;
}
