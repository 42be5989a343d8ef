/**
 * The words of the SDK: what the server says, and what the live raffle offers to a page.
 *
 * Wire shapes keep the server's snake_case, as docs/api.md and the seed's components have them.
 * Money is an integer in minor units, times are RFC 3339 strings in UTC.
 */

import type { BoardStore } from './board';
import type { Observable } from './observable';

export type {
  Payment,
  PaymentAction,
  PaymentMethod,
  PaymentStatus,
  SinpeAction,
} from './payments';

export type RaffleStatus = 'draft' | 'active' | 'paused' | 'closed' | 'drawn' | 'cancelled';
export type Phase =
  | 'selection'
  | 'checkout'
  | 'payment_review'
  | 'completed'
  | 'cancelled'
  | 'expired';
export type NumberStatus = 'available' | 'reserved' | 'sold' | 'blocked';

export interface Raffle {
  id: string;
  title: string;
  description: string | null;
  status: RaffleStatus;
  number_count: number;
  price: number;
  currency: string;
  max_numbers_per_user: number;
  selection_seconds: number;
  checkout_seconds: number;
  sales_close_at: string | null;
  draw_at: string | null;
  counts: { available: number; reserved: number; sold: number };
  epoch: number;
  seq: number;
}

export interface Reservation {
  id: string;
  raffle_id: string;
  user_id: string;
  phase: Phase;
  numbers: { number_id: string; status: NumberStatus }[];
  number_ids: string[];
  unit_price: number;
  total_amount: number;
  currency: string;
  created_at: string;
  expires_at: string;
  expires_in_ms: number;
  server_time: string;
  extensions_left: number;
  /** The attempt to pay that it waits for; once completed, the payment that paid it. */
  payment_id: string | null;
  /** The code of what it bought, or null; absent in what came over a socket. */
  ticket?: string | null;
}

/** A purchase as whoever holds its code sees it: who bought it is not told. */
export interface Ticket {
  code: string;
  status: 'valid' | 'partly_refunded' | 'refunded';
  raffle: { id: string; title: string; status: RaffleStatus; draw_at: string | null };
  /** Those that take part. */
  number_ids: string[];
  /** How many more there were, whose money went back. */
  refunded: number;
  sold_at: string;
  server_time: string;
}

export interface RafflePage {
  raffles: Raffle[];
  pagination: { page: number; page_size: number; total: number; total_pages: number };
}

/** What an organizer says of a new raffle; what is left out, the server's settings decide. */
export interface NewRaffle {
  title: string;
  number_count: number;
  price: number;
  currency: string;
  description?: string | null;
  selection_seconds?: number | null;
  checkout_seconds?: number | null;
  max_numbers_per_user?: number | null;
  sales_close_at?: string | null;
  draw_at?: string | null;
}

/** How a person can be reached. `phone` comes back in E.164. */
export interface Contact {
  name: string;
  phone: string;
  email: string | null;
  /** In which mails are written; without it, Spanish. */
  language?: 'es' | 'en' | 'pt' | null;
}

/** Why the server, or the road to it, said no. `offline` and `timeout` are the client's own. */
export type ErrorCode =
  | 'bad_request'
  | 'unknown_number'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'numbers_taken'
  | 'too_many_numbers'
  | 'already_reserved'
  | 'wrong_phase'
  | 'raffle_not_active'
  | 'reservation_expired'
  | 'payment_in_progress'
  | 'already_paid'
  | 'wrong_amount'
  | 'method_not_offered'
  | 'reference_taken'
  | 'payload_too_large'
  | 'rate_limited'
  | 'unavailable'
  | 'offline'
  | 'timeout';

/** Where a board stands: positions of different epochs cannot be compared. */
export interface Position {
  epoch: number;
  seq: number;
}

/**
 * One number as this person sees it. The first four are the server's public states and keep its
 * values; the others lay over them and are nobody else's business.
 */
export const Cell = {
  available: 0,
  reserved: 1,
  sold: 2,
  blocked: 3,
  /** Tapped here, the server has not answered yet. */
  pending: 4,
  /** Held by me, still choosing. */
  mine: 5,
  /** Held by me, in checkout or while a payment is confirmed. */
  paying: 6,
  /** Bought by me. */
  bought: 7,
  /** Tapped here, and somebody else was quicker. Shows for a moment. */
  lost: 8,
} as const;
export type Cell = (typeof Cell)[keyof typeof Cell];

/** A board to look at. Numbers are indices from 0; `label` prints one as the raffle does. */
export interface BoardView {
  readonly count: number;
  /** Digits of a label, at least 2. */
  readonly width: number;
  /** Grows by at least one with every change. */
  readonly version: number;
  cell(index: number): Cell;
  label(index: number): string;
  /** The index of exactly this label ("07", not "7"); undefined for none. */
  indexOf(label: string): number | undefined;
  counts(): { available: number; reserved: number; sold: number; blocked: number };
  /** Tells which indices changed, or that all may have. Listeners must not throw. */
  subscribe(listener: (changed: readonly number[] | 'all') => void): () => void;
}

/**
 * - `connecting`: opening a socket.
 * - `syncing`: open, the board is on its way.
 * - `live`: the board is the truth, but for the time light needs.
 * - `stale`: open, but nothing was heard for too long.
 * - `waiting`: no socket; the next attempt comes at `retryAt`.
 * - `closed`: we left.
 * - `blocked`: the server said that coming back is no use (`code`).
 */
export type ConnectionState =
  | 'connecting'
  | 'syncing'
  | 'live'
  | 'stale'
  | 'waiting'
  | 'closed'
  | 'blocked';

export interface ConnectionView {
  state: ConnectionState;
  /** `performance.now()` at which the truth was last known; null before, and while it is (`live`). */
  lostSince: number | null;
  /** For `waiting`: `performance.now()` of the next attempt. */
  retryAt: number | null;
  /** For `waiting`: the browser says that there is no network. */
  offline: boolean;
  /** For `waiting`: the server announced a restart. */
  maintenance: boolean;
  /** For `blocked`: the close code. */
  code: number | null;
}

/** What a buyer's command came to. */
export type Outcome =
  | { ok: true; reservation: Reservation | null }
  | { ok: false; code: ErrorCode; params: Record<string, unknown> };

/** What happened to *me*, once each. Others' doings are seen on the board and never told. */
export type Notice =
  | { kind: 'lost'; numbers: string[]; nearest: string[] }
  | { kind: 'expired'; reservation: Reservation }
  | { kind: 'completed'; reservation: Reservation }
  | { kind: 'cancelled'; reservation: Reservation }
  | { kind: 'changed'; reservation: Reservation }
  /** A payment of mine moved on, where no reservation of mine says so: fetch it. */
  | { kind: 'payment' }
  /** The ways to pay this raffle may have changed: fetch them. */
  | { kind: 'payment_methods' };

export interface QuickPickFilter {
  starts_with?: string;
  ends_with?: string;
  contains?: string;
}

/** What became of the numbers of an expired hold that a person wanted back. */
export interface Recovery {
  regained: string[];
  gone: string[];
  /** For each number that is gone the nearest free one, in the order of `gone`. */
  proposed: string[];
  outcome: Outcome;
}

/**
 * One raffle, live: the board, my hold, the connection, and everything a buyer can do.
 *
 * Commands never throw for a refusal; they resolve to an `Outcome`. They may be repeated. While the
 * truth is unknown (`connection` is not `live`) they resolve to `offline` at once, and are not sent
 * later.
 */
export interface LiveRaffle {
  readonly raffleId: string;
  readonly connection: Observable<ConnectionView>;
  readonly raffle: Observable<Raffle | null>;
  /** Null until the first board; the same object from then on, through every reconnect. */
  readonly board: Observable<BoardView | null>;
  /** My live hold in this raffle. Null is "none" only once `connection` is live. */
  readonly reservation: Observable<Reservation | null>;
  /** The hold that ended by its deadline and that `recover` would bring back. */
  readonly expired: Observable<Reservation | null>;
  onNotice(listener: (notice: Notice) => void): () => void;

  /** Hold one more number; makes the reservation when there is none. Marked on the board at once. */
  pick(label: string): Promise<Outcome>;
  /** Let one of mine go; the last one cancels the hold. */
  unpick(label: string): Promise<Outcome>;
  /** Let chance add `more` numbers. */
  quickPick(more: number, filter?: QuickPickFilter): Promise<Outcome>;
  swap(give: string, take: string): Promise<Outcome>;
  cancel(): Promise<Outcome>;
  /** To the payment step: sets the clock to the raffle's `checkout_seconds`. */
  checkout(): Promise<Outcome>;
  extend(): Promise<Outcome>;
  /** Hold again what is still free of `expired`. */
  recover(): Promise<Recovery>;
  /** Forget `expired` (the person said no). */
  forgetExpired(): void;

  /**
   * Shows a board that was seen before, until the server sends its own (into this same board). False
   * when there is a board already; then nothing is changed.
   */
  restore(raffle: Raffle, board: BoardStore): boolean;

  /** Do not wait for the next attempt. */
  reconnectNow(): void;
  close(): void;
}

/** Server time on this device, whatever its own clock says. */
export interface ServerClock {
  /** Now on the server, in milliseconds since 1970. */
  now(): number;
  /** Milliseconds until an RFC 3339 time of the server; never below 0. */
  until(time: string): number;
}
