import { useEffect, useRef } from 'react';

let byLink = false;

/** Whether the page that is shown was reached from another one of ours, not by opening it. */
export function arrivedByLink(): boolean {
  return byLink;
}

/** Sees a change of route: the new page begins at its top, unless one went back in history. */
export function useArrival(path: string): void {
  const last = useRef(path);
  const popped = useRef(false);

  useEffect(() => {
    const onPop = () => {
      popped.current = true;
    };
    addEventListener('popstate', onPop);
    return () => removeEventListener('popstate', onPop);
  }, []);

  if (last.current !== path) byLink = true;

  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    if (!popped.current) scrollTo(0, 0);
    popped.current = false;
  }, [path]);
}
