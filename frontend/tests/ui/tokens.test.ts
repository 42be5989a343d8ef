import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(`${import.meta.dirname}/../../src/theme/tokens.css`, 'utf8');

type Tokens = Record<string, string>;

/** The tokens of the block that begins with `selector`. */
function block(selector: string): Tokens {
  const start = css.indexOf(`${selector} {`);
  expect(start, selector).toBeGreaterThanOrEqual(0);
  const body = css.slice(start, css.indexOf('\n}', start));
  return Object.fromEntries(
    [...body.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
  );
}

const light = block(':root');
const dark = { ...light, ...block(':root[data-theme="dark"]') };
const more = block(':root[data-contrast="more"]');
const themes: Record<string, Tokens> = {
  light,
  dark,
  'high contrast': { ...light, ...more },
  'high contrast, dark': {
    ...dark,
    ...more,
    ...block(':root[data-contrast="more"][data-theme="dark"]'),
  },
};

const CELLS = ['free', 'held', 'sold', 'blocked', 'pending', 'mine', 'paying', 'bought', 'lost'];

describe.each(Object.entries(themes))('%s', (_, tokens) => {
  const contrast = (one: string, other: string) => ratio(tokens[one], tokens[other]);

  it.each(CELLS)('prints the number of a cell that is %s at 5:1 or better', (state) => {
    expect(contrast(`--cell-${state}-ink`, `--cell-${state}`)).toBeGreaterThanOrEqual(5);
  });

  it('draws the line of a free cell at 3:1 or better on the page', () => {
    expect(contrast('--cell-free-line', '--bg')).toBeGreaterThanOrEqual(3);
  });

  it.each([
    ['--ink', '--bg'],
    ['--ink-soft', '--bg'],
    ['--ink-soft', '--surface'],
    ['--ink-soft', '--surface-sunken'],
    ['--brand-ink', '--brand'],
    ['--brand-ink', '--brand-strong'],
    ['--brand-soft-ink', '--brand-soft'],
    ['--link', '--bg'],
    ['--link', '--surface'],
    ['--ok', '--ok-soft'],
    ['--ok', '--bg'],
    ['--warn', '--warn-soft'],
    ['--danger', '--danger-soft'],
    ['--danger', '--surface'],
  ])('prints %s on %s at 4.5:1 or better', (ink, ground) => {
    expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['--bg', '--surface', '--surface-raised'])('shows the focus on %s', (ground) => {
    expect(contrast('--focus', ground)).toBeGreaterThanOrEqual(3);
  });
});

it('has no purple', () => {
  for (const value of css.matchAll(/#([0-9a-f]{6})\b/g)) {
    const { hue, chroma } = hueOf(value[1] ?? '');
    expect(chroma > 0.15 && hue > 255 && hue < 330, value[0]).toBe(false);
  }
});

function channels(hex: string): [number, number, number] {
  const at = (place: number) => Number.parseInt(hex.slice(place, place + 2), 16) / 255;
  return [at(0), at(2), at(4)];
}

/** Contrast of two colours by WCAG 2. */
function ratio(one = '', other = ''): number {
  const luminance = (colour: string) => {
    const [r, g, b] = channels(colour.slice(1)).map((c) =>
      c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
    ) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function hueOf(hex: string): { hue: number; chroma: number } {
  const [r, g, b] = channels(hex);
  const most = Math.max(r, g, b);
  const chroma = most - Math.min(r, g, b);
  if (chroma === 0) return { hue: 0, chroma };
  const sector =
    most === r
      ? ((g - b) / chroma + 6) % 6
      : most === g
        ? (b - r) / chroma + 2
        : (r - g) / chroma + 4;
  return { hue: sector * 60, chroma };
}
