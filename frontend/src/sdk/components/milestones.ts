/** How pressing a deadline is. */
export type Urgency = 'calm' | 'soon' | 'last' | 'over';

export function urgencyOf(remainingMs: number): Urgency {
  if (remainingMs <= 0) return 'over';
  if (remainingMs <= 30_000) return 'last';
  return remainingMs <= 120_000 ? 'soon' : 'calm';
}

export interface Milestone {
  seconds: number;
  tone: 'polite' | 'assertive';
}

const MILESTONES: readonly Milestone[] = [
  { seconds: 30, tone: 'assertive' },
  { seconds: 60, tone: 'polite' },
  { seconds: 120, tone: 'polite' },
  { seconds: 300, tone: 'polite' },
];

/**
 * The milestone that was passed between two looks at the clock. After a sleep that passed several
 * it is the last of them, as the others are no news.
 */
export function milestonePassed(beforeMs: number, nowMs: number): Milestone | null {
  if (nowMs <= 0) return null;
  return MILESTONES.find(({ seconds: s }) => beforeMs > s * 1000 && nowMs <= s * 1000) ?? null;
}
