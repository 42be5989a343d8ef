import type { Appearance } from '@stripe/stripe-js';

/** Which of our colours each of Stripe's is. */
const COLOURS = {
  colorPrimary: '--brand',
  colorBackground: '--surface',
  colorText: '--ink',
  colorTextSecondary: '--ink-soft',
  colorTextPlaceholder: '--ink-soft',
  colorDanger: '--danger',
} as const;

/** Stripe's fields in the theme of the page, as it is at this moment. */
export function fieldAppearance(root: HTMLElement = document.documentElement): Appearance {
  const style = getComputedStyle(root);
  const read = (token: string) => style.getPropertyValue(token).trim();
  const variables: Record<string, string> = {
    fontFamily: read('--font') || 'system-ui, sans-serif',
    // Below this, phones zoom into a field that gets the focus.
    fontSizeBase: '16px',
    borderRadius: read('--radius-s') || '8px',
  };
  for (const [name, token] of Object.entries(COLOURS)) {
    // The system's colours, as in forced-colors, mean nothing inside Stripe's frame.
    if (read(token).startsWith('#')) variables[name] = read(token);
  }
  const line = read('--line-strong');
  return {
    theme: root.dataset.theme === 'dark' ? 'night' : 'stripe',
    disableAnimations: matchMedia('(prefers-reduced-motion: reduce)').matches,
    variables,
    rules: line.startsWith('#') ? { '.Input': { border: `1px solid ${line}` } } : {},
  };
}

/** Calls `onChange` whenever the theme or the contrast of the page changes, until `signal` ends it. */
export function watchTheme(onChange: () => void, signal: AbortSignal): void {
  const observer = new MutationObserver(onChange);
  const attributeFilter = ['data-theme', 'data-contrast'];
  observer.observe(document.documentElement, { attributes: true, attributeFilter });
  signal.addEventListener('abort', () => observer.disconnect());
}
