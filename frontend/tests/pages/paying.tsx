/** A server of payments that a test steers, and a live raffle that tells. */
import { act } from 'react-dom/test-utils';
import { vi } from 'vitest';
import { PaymentStep } from '../../src/pages/checkout/PaymentStep';
import { usePayment } from '../../src/pages/checkout/usePayment';
import { usePaymentNews } from '../../src/pages/checkout/usePaymentNews';
import { ApiError } from '../../src/sdk/errors';
import { forgetIntent } from '../../src/sdk/paymentIntents';
import { paymentService } from '../../src/sdk/services/paymentService';
import type { LiveRaffle, Notice, Payment, PaymentMethod, Reservation } from '../../src/sdk/types';
import { fakeLive, hold, render } from './page';

export const CHECKOUT = hold(300_000, { phase: 'checkout' });

export function method(provider: string): PaymentMethod {
  return {
    provider,
    priority: 1,
    immediate: true,
    needs_review: provider === 'sinpe',
    longest_settle_ms: 900_000,
  };
}

export function payment(change: Partial<Payment> = {}): Payment {
  return {
    id: 'p1',
    raffle_id: 'moto',
    reservation_id: 'h1',
    provider: 'sandbox',
    status: 'pending',
    amount: 4_500_000,
    currency: 'CRC',
    number_ids: ['0417', '0532', '0999'],
    action: { type: 'wait' },
    reason: null,
    refunded: 0,
    sold_as: null,
    needs_review: false,
    created_at: '2026-01-01T00:00:00.000Z',
    expires_at: '2026-01-01T00:05:00.000Z',
    expires_in_ms: 300_000,
    server_time: '2026-01-01T00:00:00.000Z',
    ...change,
  };
}

/** Something that ended: nobody waits for it any more. */
export function ended(status: Payment['status'], change: Partial<Payment> = {}): Payment {
  return payment({ status, action: null, expires_at: null, ...change });
}

export function fakePayments() {
  const listeners = new Set<(notice: Notice) => void>();
  const live: LiveRaffle = {
    ...fakeLive(),
    onNotice: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const payments: Payment[] = [];
  const methods: PaymentMethod[] = [method('sinpe'), method('sandbox')];
  const keep = (next: Payment) => {
    const place = payments.findIndex(({ id }) => id === next.id);
    if (place < 0) payments.unshift(next);
    else payments[place] = next;
    return next;
  };
  forgetIntent('h1');
  return {
    live,
    payments,
    methods,
    /** What the server has come to know, without telling anybody. */
    keep,
    of: vi.spyOn(paymentService, 'of').mockImplementation(async () => [...payments]),
    offered: vi.spyOn(paymentService, 'methods').mockImplementation(async () => [...methods]),
    pay: vi
      .spyOn(paymentService, 'pay')
      .mockImplementation(async (_, provider) => keep(payment({ provider }))),
    cancel: vi
      .spyOn(paymentService, 'cancel')
      .mockImplementation(async () => keep(ended('cancelled'))),
    receipt: vi
      .spyOn(paymentService, 'sendReceipt')
      .mockImplementation(async () => keep({ ...(payments[0] as Payment), status: 'review' })),
    refuse: (code: ApiError['code'], params = {}) => new ApiError(code, params, 409),
    tell: (notice: Notice) =>
      act(async () => {
        for (const listener of listeners) listener(notice);
      }),
  };
}

/** The payment of a reservation, as the checkout page shows it. */
export function Step({ live, reservation }: { live: LiveRaffle; reservation: Reservation }) {
  const paying = usePayment(live, reservation);
  usePaymentNews(paying.payments);
  return <PaymentStep live={live} reservation={reservation} paying={paying} />;
}

export async function show(live: LiveRaffle, reservation = CHECKOUT): Promise<void> {
  await render(<Step live={live} reservation={reservation} />);
}
