import type { ErrorCode, Outcome, Reservation } from './types';

/** A command that had no effect, or whose effect nobody knows (`timeout`, `unavailable`). */
export type Refused = Extract<Outcome, { ok: false }>;

export function refused(code: ErrorCode, params: Record<string, unknown> = {}): Refused {
  return { ok: false, code, params };
}

/** The numbers that somebody else was quicker to take; null when the command did not fail by that. */
export function takenNumbers(outcome: Outcome): string[] | null {
  if (outcome.ok || outcome.code !== 'numbers_taken') return null;
  const { numbers } = outcome.params;
  return Array.isArray(numbers) ? numbers.map(String) : [];
}

/** For `too_many_numbers`, how many more a person who holds `held` may have. */
export function roomLeft({ params }: Refused, held: number): number {
  const { limit, sold } = params;
  return typeof limit === 'number' ? Math.max(0, limit - held - (Number(sold) || 0)) : 0;
}

export function holdsAll(hold: Reservation | null, labels: readonly string[]): boolean {
  return hold !== null && labels.every((label) => hold.number_ids.includes(label));
}
