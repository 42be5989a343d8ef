import type { Raffle, Reservation } from '../sdk/types';

export interface Room {
  /** How many numbers this person can still hold, as far as is known here. */
  more: number;
  why: 'closed' | 'phase' | 'full' | null;
}

/** Whether chance may add numbers to what this person holds, and why not. */
export function quickPickRoom(raffle: Raffle | null, reservation: Reservation | null): Room {
  if (!raffle) return { more: 0, why: null };
  if (raffle.status !== 'active') return { more: 0, why: 'closed' };
  if (reservation && reservation.phase !== 'selection') return { more: 0, why: 'phase' };
  const more = raffle.max_numbers_per_user - (reservation?.number_ids.length ?? 0);
  return more > 0 ? { more, why: null } : { more: 0, why: 'full' };
}
