import type { components } from '../api';
import { api } from '../http';
import { identity } from '../identity';

type Schemas = components['schemas'];

/** A payment whose buyer says that it was sent, with all that helps to find the money. */
export type Review = Schemas['ReviewView'];
/** A payment that has brought money or numbers, whatever became of it later. */
export type Received = Schemas['ReceivedView'];
/** Money that is not as it should be. */
export type MoneyCase = Schemas['CaseView'];
/** A method of payment, whether it is offered, and who said so. */
export type MethodSwitch = Schemas['MethodSwitchView'];
/** What is set about a method in one place; what is left out of `settings` is unset. */
export type MethodSetting = Required<Schemas['MethodBody']>;
type Payment = Schemas['PaymentView'];

/** What the server gives at most of a list. */
const MOST_A_PAGE = 200;

/** What the organizer's own bank says: `amount` is all that came, in minor units. */
export interface Arrival {
  reference: string;
  amount: number;
  bank: string;
}

/** How the money stood when it was last held against what must be true of it. */
export interface MoneyAudit {
  answered_at: string | null;
  clean_at: string | null;
  findings: Record<string, unknown[]>;
}

/**
 * The desk of whoever answers for the money: organizers for their raffles, admins for all. Every call
 * may throw `ApiError`, and repeating one is safe: `wrong_phase` says that the payment has moved on,
 * and its `status` where to.
 */
export const deskService = {
  /** What waits for a word, oldest first, at most 200. */
  async waiting(raffleId: string): Promise<Review[]> {
    const params = { path: { raffle_id: raffleId }, query: { status: 'review' as const } };
    const { payments } = await identity.asPerson((asking) =>
      api.GET('/api/v1/raffles/{raffle_id}/payments', { params, ...asking }),
    );
    return payments as Review[];
  },

  /**
   * The first `count` payments that have brought money, newest first; fewer when there are no more.
   * With a number, as it is printed, those only that have bought it, or were given back for it.
   */
  async received(raffleId: string, count: number, number?: string): Promise<Received[]> {
    const path = { raffle_id: raffleId };
    const found: Received[] = [];
    while (found.length < count) {
      const limit = Math.min(MOST_A_PAGE, count - found.length);
      const before = found.at(-1)?.payment.id;
      const about = { ...(before && { before }), ...(number && { number }) };
      const params = { path, query: { status: 'paid' as const, limit, ...about } };
      const { payments } = await identity.asPerson((asking) =>
        api.GET('/api/v1/raffles/{raffle_id}/payments', { params, ...asking }),
      );
      found.push(...(payments as Received[]));
      if (payments.length < limit) break;
    }
    return found;
  },

  /** For admins. Puts numbers that it has bought on sale again, and sends their price back. */
  async refund(paymentId: string, reason: string, numbers: readonly string[]): Promise<Payment> {
    const params = { path: { payment_id: paymentId } };
    const body = { reason, numbers: [...numbers] };
    const { payment } = await identity.asPerson((asking) =>
      api.POST('/api/v1/payments/{payment_id}/refund', { params, body, ...asking }),
    );
    return payment;
  },

  /** The money has come. Another amount than the payment's sells nothing and opens a case. */
  async approve(paymentId: string, body: Arrival): Promise<Payment> {
    const params = { path: { payment_id: paymentId } };
    const { payment } = await identity.asPerson((asking) =>
      api.POST('/api/v1/payments/{payment_id}/approve', { params, body, ...asking }),
    );
    return payment;
  },

  /** It has not. */
  async reject(paymentId: string, reason: string): Promise<Payment> {
    const params = { path: { payment_id: paymentId } };
    const { payment } = await identity.asPerson((asking) =>
      api.POST('/api/v1/payments/{payment_id}/reject', { params, body: { reason }, ...asking }),
    );
    return payment;
  },

  /** The bytes of a picture, counted from 1. */
  async picture(paymentId: string, n: number): Promise<Blob> {
    const params = { path: { payment_id: paymentId, n: String(n) } };
    const path = '/api/v1/payments/{payment_id}/receipts/{n}';
    return (await identity.asPerson((asking) =>
      api.GET(path, { params, parseAs: 'blob', ...asking }),
    )) as Blob;
  },

  /** Open cases, the most urgent first; of all raffles and of none for null, which is for admins. */
  async cases(raffleId: string | null): Promise<MoneyCase[]> {
    const { cases } = await identity.asPerson(async (asking) => {
      if (raffleId === null) return api.GET('/api/v1/money-cases', asking);
      const params = { path: { raffle_id: raffleId } };
      return api.GET('/api/v1/raffles/{raffle_id}/money-cases', { params, ...asking });
    });
    return cases;
  },

  /** Decides a case; `note` says what was agreed. */
  async resolve(caseId: string, resolution: 'refund' | 'keep', note: string): Promise<void> {
    const params = { path: { case_id: caseId } };
    const body = { resolution, note };
    await identity.asPerson((asking) =>
      api.POST('/api/v1/money-cases/{case_id}/resolve', { params, body, ...asking }),
    );
  },

  /** Every method, also those that are not offered, the first choice first. */
  async switches(raffleId: string): Promise<MethodSwitch[]> {
    const params = { path: { raffle_id: raffleId } };
    const { methods } = await identity.asPerson((asking) =>
      api.GET('/api/v1/raffles/{raffle_id}/payment-methods', { params, ...asking }),
    );
    return methods;
  },

  /** In a raffle; for null everywhere, which is for admins. Takes the place of what was set there. */
  async setMethod(raffleId: string | null, provider: string, body: MethodSetting): Promise<void> {
    await identity.asPerson(async (asking) => {
      if (raffleId === null) {
        const params = { path: { provider } };
        return api.PUT('/api/v1/payment-methods/{provider}', { params, body, ...asking });
      }
      const params = { path: { raffle_id: raffleId, provider } };
      const path = '/api/v1/raffles/{raffle_id}/payment-methods/{provider}';
      return api.PUT(path, { params, body, ...asking });
    });
  },

  /** For admins. */
  async audit(): Promise<MoneyAudit> {
    return identity.asPerson((asking) => api.GET('/api/v1/money/audit', asking));
  },
};
