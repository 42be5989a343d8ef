import type { ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { act } from 'react-dom/test-utils';
import { vi } from 'vitest';

const roots: Root[] = [];

/** Renders; answers how to render again into the same place. */
export function render(node: ReactNode): (next: ReactNode) => void {
  const root = createRoot(document.body.appendChild(document.createElement('div')));
  roots.push(root);
  const show = (next: ReactNode) => act(() => root.render(next));
  show(node);
  return show;
}

export function leave(): void {
  for (const root of roots.splice(0)) act(() => root.unmount());
  document.body.replaceChildren();
}

export async function pass(ms: number): Promise<void> {
  await act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });
}

export function text(): string {
  return document.body.textContent ?? '';
}
