/** The reservations that this browser saw last, for "Mis números" without a network. */
import type { Observable } from '../sdk/observable';
import type { Reservation } from '../sdk/types';
import { pageStore, type Store } from './store';

const KEY = 'reservations';
const MOST = 50;

export interface LastReservations {
  /** Whose they are; another person's are never shown. */
  userId: string;
  reservations: Reservation[];
  /** `Date.now()` when the server said so. */
  seenAt: number;
}

/** Keeps the newest of `reservations` (newest first, as the server lists them). */
export function keepReservations(
  userId: string,
  reservations: readonly Reservation[],
  now: number = Date.now(),
  store: Store = pageStore,
): Promise<void> {
  const seen: LastReservations = {
    userId,
    reservations: reservations.slice(0, MOST),
    seenAt: now,
  };
  return store.set(KEY, seen);
}

/** What was kept for this person; null for nothing. */
export async function readReservations(
  userId: string,
  store: Store = pageStore,
): Promise<LastReservations | null> {
  const seen = await store.get<LastReservations>(KEY);
  return seen?.userId === userId ? seen : null;
}

/** From now on nothing stays behind when somebody signs out: the next one here finds nothing. */
export function forgetWhenSignedOut(person: Observable<unknown>, store: Store = pageStore): void {
  person.subscribe(() => {
    if (person.get() === null) void store.delete([KEY]);
  });
}
