import { read, write } from '../app/remembered';
import { type Observable, Value } from '../sdk/observable';

export const THEMES = ['system', 'light', 'dark', 'contrast'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'sorteos.theme';
const chosen = new Value<Theme>(read(KEY, THEMES) ?? 'system');

/** What the person chose. */
export const theme: Observable<Theme> = chosen;

export function chooseTheme(next: Theme): void {
  write(KEY, next);
  chosen.set(next);
}

/** Keeps `data-theme` and `data-contrast` of the page as chosen, and as the system changes. */
export function applyTheme(root: HTMLElement = document.documentElement): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const contrast = matchMedia('(prefers-contrast: more)');
  const apply = () => {
    const theme = chosen.get();
    const systemDecides = theme === 'system' || theme === 'contrast';
    root.dataset.theme = (systemDecides ? dark.matches : theme === 'dark') ? 'dark' : 'light';
    if (theme === 'contrast' || (theme === 'system' && contrast.matches)) {
      root.dataset.contrast = 'more';
    } else {
      delete root.dataset.contrast;
    }
  };
  apply();
  const unsubscribe = chosen.subscribe(apply);
  for (const query of [dark, contrast]) query.addEventListener('change', apply);
  return () => {
    unsubscribe();
    for (const query of [dark, contrast]) query.removeEventListener('change', apply);
  };
}
