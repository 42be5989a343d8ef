import type { Payment, Reservation } from '../../sdk/types';

/** How often to ask while the buyer waits for an answer. */
export const QUICK_MS = 2_000;
/** How often to ask for what takes a person, or a bank, hours. News of it is pushed as well. */
const SLOW_MS = 30_000;

/** Whether an attempt ended without money. */
export function isOver({ status }: Payment): boolean {
  return status === 'declined' || status === 'cancelled';
}

/** Whether an attempt of a reservation that still stands is neither paid nor over. */
function isUnderWay({ status, expires_at }: Payment): boolean {
  switch (status) {
    case 'starting':
    case 'authorised':
      return true;
    case 'pending':
    case 'review':
      return expires_at !== null;
    default:
      return false;
  }
}

/** The attempt that is under way; null for none. There is one at a time. */
export function attemptOf(
  { payment_id }: Reservation,
  payments: readonly Payment[],
): Payment | null {
  const open = payments.filter(isUnderWay);
  return open.find(({ id }) => id === payment_id) ?? open[0] ?? null;
}

/** Those of which there is something to tell after their reservation has gone on without them. */
export function strayMoney(
  reservation: Reservation,
  payments: readonly Payment[],
  attempt: Payment | null,
): Payment[] {
  return payments.filter((payment) => {
    if (payment === attempt || isOver(payment)) return false;
    return payment.status !== 'paid' || payment.sold_as !== reservation.id;
  });
}

/** How long to wait before asking again; null when nothing is open. */
export function paceOf(payments: readonly Payment[] | null): number | null {
  if (payments === null) return QUICK_MS;
  const paces = payments.map(({ status, expires_at }) => {
    switch (status) {
      case 'starting':
      case 'authorised':
      case 'late':
        return QUICK_MS;
      case 'pending':
        return expires_at === null ? SLOW_MS : QUICK_MS;
      case 'review':
      case 'refunding':
        return SLOW_MS;
      default:
        return Number.POSITIVE_INFINITY;
    }
  });
  const pace = Math.min(...paces);
  return Number.isFinite(pace) ? pace : null;
}
