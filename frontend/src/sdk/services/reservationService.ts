import { api } from '../http';
import type { Reservation } from '../types';
import { type Call, timed, untilHeard } from './asking';

/**
 * Holds by HTTP, for pages without a live board. Every call may throw `ApiError`; repeating one is
 * safe, and after `unavailable`, `offline` and `timeout` it is the way to learn the outcome.
 */
export const reservationService = {
  /**
   * Holds these numbers, all or none. `idempotencyKey` names the intention: a repeat with the same
   * key answers with the same reservation. Without one this makes its own, and asks again by itself
   * when an answer was lost.
   */
  create(
    hold: { raffle_id: string; number_ids: string[] },
    idempotencyKey: string = crypto.randomUUID(),
  ): Promise<Reservation> {
    const params = { header: { 'Idempotency-Key': idempotencyKey } };
    return untilHeard(() =>
      one(({ headers, signal }) =>
        api.POST('/api/v1/reservations', { body: hold, params, headers, signal }),
      ),
    );
  },

  get(id: string): Promise<Reservation> {
    const params = { path: { reservation_id: id } };
    return one((asking) => api.GET('/api/v1/reservations/{reservation_id}', { params, ...asking }));
  },

  /** All of mine, live and ended, newest first, at most 200. */
  async mine(): Promise<Reservation[]> {
    const { reservations } = await timed(
      (asking) => api.GET('/api/v1/reservations/me', asking),
      (answer) => answer.reservations[0],
    );
    return reservations;
  },

  /** My live hold in a raffle; null for none. */
  async myReservation(raffleId: string): Promise<Reservation | null> {
    const params = { path: { raffle_id: raffleId } };
    const { reservation } = await timed(
      (asking) => api.GET('/api/v1/raffles/{raffle_id}/my-reservation', { params, ...asking }),
      (answer) => answer.reservation,
    );
    return reservation;
  },

  /** To the payment step. Doing it twice does not reset the clock. */
  moveToCheckout(id: string): Promise<Reservation> {
    return act(id, 'move-to-checkout');
  },

  addNumber(id: string, numberId: string): Promise<Reservation> {
    const path = '/api/v1/reservations/{reservation_id}/add-number';
    const options = { params: { path: { reservation_id: id } }, body: { number_id: numberId } };
    return one((asking) => api.POST(path, { ...options, ...asking }));
  },

  /** Taking the last one away cancels the hold. */
  removeNumber(id: string, numberId: string): Promise<Reservation> {
    const path = '/api/v1/reservations/{reservation_id}/numbers/{number_id}';
    const params = { path: { reservation_id: id, number_id: numberId } };
    return one((asking) => api.DELETE(path, { params, ...asking }));
  },

  /** More time. `expiresAt` is the deadline that the person sees: a repeat then adds nothing. */
  extend(id: string, expiresAt?: string): Promise<Reservation> {
    const path = '/api/v1/reservations/{reservation_id}/extend';
    const body = { expires_at: expiresAt ?? null };
    const params = { path: { reservation_id: id } };
    return one((asking) => api.POST(path, { params, body, ...asking }));
  },

  cancel(id: string): Promise<Reservation> {
    return act(id, 'cancel');
  },
};

function act(id: string, verb: 'move-to-checkout' | 'cancel'): Promise<Reservation> {
  const path = `/api/v1/reservations/{reservation_id}/${verb}` as const;
  const params = { path: { reservation_id: id } };
  return one((asking) => api.POST(path, { params, ...asking }));
}

/** Each reservation tells the time: so a countdown is right also where there is no socket. */
async function one(call: Call<{ reservation: Reservation }>): Promise<Reservation> {
  return (await timed(call, (answer) => answer.reservation)).reservation;
}
