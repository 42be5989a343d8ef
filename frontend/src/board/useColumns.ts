import { type RefObject, useLayoutEffect, useState } from 'react';
import { columnsFor } from './geometry';

/** How many columns of labels of `digits` the element has room for, also after it changes. */
export function useColumns(element: RefObject<HTMLElement | null>, digits: number): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured) return;
    const measure = () => setWidth(measured.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(measured);
    return () => observer.disconnect();
  }, [element]);
  return columnsFor(width, digits);
}
