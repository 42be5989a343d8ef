/** What the server says of money (docs/api.md, "Paying"). Amounts are in minor units. */

import type { components } from './api';

/**
 * - `starting`: the provider has not answered yet.
 * - `pending`: the buyer, or the bank, has something to do: `action`.
 * - `review`: a person looks for the money.
 * - `authorised`: the money is there, the numbers are being sold.
 * - `late`: the money came when no reservation waited for it any more.
 * - `refunding`, `refunded`: it goes back, or is back; `reason` says why.
 */
export type PaymentStatus = components['schemas']['PaymentView']['status'];

/** What SINPE Móvil asks of the buyer: to send exactly this, with the code in the description. */
export interface SinpeAction {
  type: 'sinpe';
  phone: string;
  name: string;
  amount: number;
  currency: string;
  code: string;
}

/** What the buyer has to do next. Panels know the fields of their own provider's actions. */
export type PaymentAction = { type: string } & Record<string, unknown>;

/** One attempt to pay one reservation. */
export interface Payment {
  id: string;
  raffle_id: string;
  reservation_id: string;
  provider: string;
  status: PaymentStatus;
  amount: number;
  currency: string;
  number_ids: string[];
  /** Null when there is nothing to do. */
  action: PaymentAction | null;
  /** The provider's, or the raffle's, word for why it ended so. */
  reason: string | null;
  refunded: number;
  /** The reservation that has the numbers; another one than was paid for when the money came late. */
  sold_as: string | null;
  /** A person confirms it. */
  needs_review: boolean;
  created_at: string;
  /** Until when its reservation waits for it; null when none does. */
  expires_at: string | null;
  expires_in_ms: number;
  server_time: string;
}

/** A way to pay that a raffle offers. */
export interface PaymentMethod {
  provider: string;
  priority: number;
  /** The buyer hears within seconds whether it worked. */
  immediate: boolean;
  /** A person confirms it, within `longest_settle_ms` of the buyer's word. */
  needs_review: boolean;
  longest_settle_ms: number;
}

/** Narrows an action of SINPE Móvil. */
export function isSinpe(action: PaymentAction | null): action is PaymentAction & SinpeAction {
  return action?.type === 'sinpe';
}
