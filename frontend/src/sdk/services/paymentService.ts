import { api } from '../http';
import { identity } from '../identity';
import type { Payment, PaymentMethod } from '../payments';
import { type Call, timed, untilHeard } from './asking';

const PAYMENTS = '/api/v1/reservations/{reservation_id}/payments';

/**
 * Paying. Every call may throw `ApiError`; repeating one is safe, and after `unavailable`, `offline`
 * and `timeout` it is the way to learn the outcome.
 */
export const paymentService = {
  /** How a raffle can be paid just now, the first choice first. Nobody has to be known for it. */
  async methods(raffleId: string): Promise<PaymentMethod[]> {
    const params = { query: { raffle: raffleId } };
    const { methods } = await identity.asAnybody((asking) =>
      api.GET('/api/v1/payment-methods', { params, ...asking }),
    );
    return methods;
  },

  /** All attempts to pay a reservation of mine, the latest first. */
  async of(reservationId: string): Promise<Payment[]> {
    const params = { path: { reservation_id: reservationId } };
    const { payments } = await timed<{ payments: Payment[] }>(
      (asking) => api.GET(PAYMENTS, { params, ...asking }) as Answered<{ payments: Payment[] }>,
      (answer) => answer.payments[0],
    );
    return payments;
  },

  /**
   * Begins to pay. `idempotencyKey` names the intention: a repeat with the same key answers with the
   * same payment, however it stands by now, and charges nothing twice. Asks again by itself when an
   * answer was lost.
   */
  pay(
    reservationId: string,
    provider: string,
    options: Record<string, string>,
    idempotencyKey: string,
  ): Promise<Payment> {
    const params = {
      path: { reservation_id: reservationId },
      header: { 'Idempotency-Key': idempotencyKey },
    };
    const body = { provider, options };
    return untilHeard(() =>
      one(
        ({ headers, signal }) =>
          api.POST(PAYMENTS, { params, body, headers, signal }) as Answered<Paid>,
      ),
    );
  },

  get(id: string): Promise<Payment> {
    const params = { path: { payment_id: id } };
    return one(
      (asking) => api.GET('/api/v1/payments/{payment_id}', { params, ...asking }) as Answered<Paid>,
    );
  },

  /** Gives an attempt up. The provider has the last word: see the answer's `status`. */
  cancel(id: string): Promise<Payment> {
    const path = '/api/v1/payments/{payment_id}/cancel';
    const params = { path: { payment_id: id } };
    return one((asking) => api.POST(path, { params, ...asking }) as Answered<Paid>);
  },

  /**
   * Says that it is paid: with the reference that the buyer's bank has shown, or with a picture
   * (PNG, JPEG or WebP, up to 2 MiB, at most five of them).
   */
  sendReceipt(id: string, receipt: { reference: string; bank?: string } | Blob): Promise<Payment> {
    const path = '/api/v1/payments/{payment_id}/receipt';
    const params = { path: { payment_id: id } };
    if (!(receipt instanceof Blob)) {
      const body = { reference: receipt.reference, bank: receipt.bank ?? '' };
      return one((asking) => api.POST(path, { params, body, ...asking }) as Answered<Paid>);
    }
    return one(({ headers, signal }) => {
      const picture = {
        params,
        signal,
        headers: { ...headers, 'Content-Type': receipt.type },
        body: receipt as never,
        bodySerializer: () => receipt,
      };
      return api.POST(path, picture) as Answered<Paid>;
    });
  },
};

type Paid = { payment: Payment };
/** The generated types know of an action only that it is an object. */
type Answered<T> = ReturnType<Call<T>>;

async function one(call: Call<Paid>): Promise<Payment> {
  return (await timed(call, (answer) => answer.payment)).payment;
}
