import { type KeyboardEvent, type RefObject, useState } from 'react';
import { moveBy, type Steps } from './keyboard';

export interface Roving {
  readonly current: number;
  tabIndexOf(index: number): 0 | -1;
  focus(index: number): void;
  onKeyDown(event: KeyboardEvent): void;
  onFocus(event: { target: EventTarget }): void;
}

/**
 * One tab stop for many elements, and the keys of a grid between them. Each carries its place in
 * `data-index`, and `tabIndexOf` its place.
 */
export function useRoving(
  container: RefObject<HTMLElement | null>,
  steps: Steps,
  first = 0,
): Roving {
  const [chosen, setCurrent] = useState(first);
  const current = Math.min(chosen, steps.count - 1);

  function focus(index: number): void {
    setCurrent(index);
    container.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus();
  }

  return {
    current,
    focus,
    tabIndexOf: (index) => (index === current ? 0 : -1),
    onKeyDown: (event) => {
      if (event.altKey) return;
      const next = moveBy(event, current, steps);
      if (next === null) return;
      event.preventDefault();
      focus(next);
    },
    onFocus: ({ target }) => {
      const index = (target as HTMLElement).dataset?.index;
      if (index !== undefined) setCurrent(Number(index));
    },
  };
}
