import { readReservations } from '../../offline/lastReservations';
import { pageStore } from '../../offline/store';
import { identity } from '../../sdk/identity';

/** What "Mis números" saw of an own ticket; there may have been refunds since. */
export interface KnownTicket {
  title: string | null;
  numberIds: readonly string[];
  /** `Date.now()` when the server said so. */
  seenAt: number;
}

/** An own ticket without a network; null when this browser never saw it, or nobody is signed in. */
export async function ticketSeenHere(code: string): Promise<KnownTicket | null> {
  const userId = identity.get()?.userId;
  const seen = userId ? await readReservations(userId) : null;
  const bought = seen?.reservations.find(({ ticket }) => ticket === code);
  if (!seen || !bought) return null;
  const titles = await pageStore.get<Record<string, string>>('titles');
  return {
    title: titles?.[bought.raffle_id] ?? null,
    numberIds: bought.number_ids,
    seenAt: seen.seenAt,
  };
}
