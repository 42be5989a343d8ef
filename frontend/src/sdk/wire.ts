/** The text messages of `sorteos.v2` (docs/api.md, "Live: the WebSocket"). */

import type { PaymentStatus } from './payments';
import type { ErrorCode, QuickPickFilter, Raffle, Reservation } from './types';

export const SUBPROTOCOL = 'sorteos.v2';

/** What changes a hold. `reservation_id` is made by the client. */
export type Command =
  | { type: 'reserve'; reservation_id: string; numbers: string[] }
  | { type: 'quick_pick'; reservation_id: string; count: number; filter?: QuickPickFilter }
  | { type: 'add' | 'remove'; reservation_id: string; numbers: string[] }
  | { type: 'swap'; reservation_id: string; give: string[]; take: string[] }
  | { type: 'checkout' | 'cancel'; reservation_id: string }
  | { type: 'extend'; reservation_id: string; expires_at: string };

/** What is answered by a reply. */
export type Request =
  | Command
  | { type: 'auth'; token: string }
  | { type: 'resume'; epoch: number; seq: number };

/** What became of a request. `timeout` means that nobody knows. */
export type Reply =
  | { ok: true; seq: number; reservation: Reservation | null }
  | { ok: false; code: ErrorCode; params: Record<string, unknown> };

export type ServerMessage =
  | { type: 'hello'; raffle: Raffle; epoch: number; seq: number; server_time: string }
  | { type: 'raffle'; raffle: Raffle }
  | { type: 'reservation'; reservation: Reservation; reason: string }
  | { type: 'reply'; ref: number; ok: true; seq: number; reservation: Reservation | null }
  | {
      type: 'reply';
      ref: number;
      ok: false;
      error: { code: ErrorCode; params: Record<string, unknown> };
    }
  | { type: 'payment'; payment_id: string; status: PaymentStatus }
  | { type: 'payment_methods' }
  | { type: 'pong'; t0: number; server_time: string };

/** Throws `SyntaxError` for what is not JSON. What is of no type that we know may be ignored. */
export function parseMessage(text: string): ServerMessage {
  return JSON.parse(text);
}

export function replyOf(message: Extract<ServerMessage, { type: 'reply' }>): Reply {
  if (!message.ok) return { ok: false, code: message.error.code, params: message.error.params };
  return { ok: true, seq: message.seq, reservation: message.reservation };
}
