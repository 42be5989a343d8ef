import { Value } from './observable';
import type { Notice, Phase, Reservation } from './types';

/** Whether a hold in this phase keeps its numbers taken. */
export function isLivePhase(phase: Phase): boolean {
  return phase === 'selection' || phase === 'checkout' || phase === 'payment_review';
}

/**
 * What this person holds in one raffle, as the server tells it: by replies, by pushes that may come
 * in any order, and by what it answers when it is asked. Nothing here is a guess of ours.
 */
export class Hold {
  readonly reservation = new Value<Reservation | null>(null);
  readonly expired = new Value<Reservation | null>(null);
  /** What has ended does not come back, whatever an old message says. */
  readonly #ended = new Set<string>();

  constructor(private readonly tell: (notice: Notice) => void) {}

  /** Takes news. `isOwn`: it comes of something done in this tab, so nobody has to be told. */
  take(news: Reservation, isOwn: boolean): void {
    if (this.#ended.has(news.id)) return;
    const current = this.reservation.get();
    if (isLivePhase(news.phase)) {
      if (current?.id === news.id && isOlder(news, current)) return;
      this.reservation.set(news);
      if (!isOwn && !isSame(news, current)) this.tell({ kind: 'changed', reservation: news });
      return;
    }
    this.#ended.add(news.id);
    if (current?.id === news.id) this.reservation.set(null);
    if (news.phase === 'expired') this.expired.set(news);
    if (news.phase === 'cancelled' && isOwn) return;
    this.tell({ kind: news.phase as 'expired' | 'completed' | 'cancelled', reservation: news });
  }

  /** Takes what the server says is mine. Answers the hold that is gone, if nobody said why. */
  truth(mine: Reservation | null): Reservation | null {
    const before = this.reservation.get();
    if (mine !== null) this.take(mine, true);
    else this.reservation.set(null);
    return before !== null && before.id !== mine?.id ? before : null;
  }

  forgetExpired(): void {
    this.expired.set(null);
  }

  /** Somebody else is at this browser. */
  clear(): void {
    this.reservation.set(null);
    this.expired.set(null);
  }
}

function isOlder(news: Reservation, current: Reservation): boolean {
  return Date.parse(news.server_time) < Date.parse(current.server_time);
}

function isSame(one: Reservation, other: Reservation | null): boolean {
  return (
    one.id === other?.id &&
    one.phase === other.phase &&
    one.expires_at === other.expires_at &&
    one.number_ids.join() === other.number_ids.join()
  );
}
