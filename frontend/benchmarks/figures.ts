import type { TestInfo } from '@playwright/test';

/** One measured thing: its rounds, what was to be reached, and what an empty page does. */
export interface Figure {
  name: string;
  unit: string;
  /** One value a round. The median is what is judged. */
  rounds: number[];
  goal?: { atLeast: number } | { atMost: number };
  /** The same measurement without the thing, in the same run. */
  baseline?: number;
  /** Decimals that mean something. */
  digits: number;
}

export const FIGURE = 'figure';

/** Hands a figure to the report. */
export async function note(test: TestInfo, figure: Figure): Promise<void> {
  await test.attach(FIGURE, { body: JSON.stringify(figure), contentType: 'application/json' });
}

/** The `share` quantile, by the nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function isMet({ rounds, goal }: Figure): boolean {
  if (goal === undefined) return true;
  const value = median(rounds);
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}
