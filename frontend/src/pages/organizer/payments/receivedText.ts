import { plural, t } from '@lingui/core/macro';
import { errorText } from '../../../i18n/errors';
import type { ApiError } from '../../../sdk/errors';
import type { Received } from '../../../sdk/services/deskService';

export interface Standing {
  text: string;
  /** `ok` needs nobody, `open` is under way, `soft` is over. */
  tone: 'ok' | 'open' | 'soft';
}

/** The numbers that it has bought and that were not given back. */
export function numbersLeft({ payment, returned_ids }: Received): string[] {
  if (payment.sold_as === null) return [];
  return payment.number_ids.filter((label) => !returned_ids.includes(label));
}

/** Where the money of a payment is, in a few words. */
export function standingOf(received: Received): Standing {
  const { payment, returned_ids, refund_by_hand } = received;
  if (payment.status === 'refunding') {
    return {
      text: refund_by_hand ? t`Falta enviar la devolución` : t`Devolución en curso`,
      tone: 'open',
    };
  }
  if (payment.sold_as !== null) {
    if (returned_ids.length === 0) return { text: t`Pagado`, tone: 'ok' };
    return numbersLeft(received).length > 0
      ? { text: t`Devuelto en parte`, tone: 'soft' }
      : { text: t`Devuelto`, tone: 'soft' };
  }
  if (payment.status === 'refunded') return { text: t`Devuelto`, tone: 'soft' };
  if (payment.status === 'review') return { text: t`Por resolver`, tone: 'open' };
  return { text: t`Asignando los números`, tone: 'open' };
}

/** Whose it is, how much, and where its money is; `money` is its amount. */
export function shortText(received: Received, money: string): string {
  const name = received.contact?.name;
  return `${name ? `${name}, ` : ''}${money}: ${standingOf(received).text}`;
}

/** What became of a refund; `money` is what goes back, null where the numbers had cost nothing. */
export function refundedText(
  { status }: Received['payment'],
  numbers: readonly string[],
  money: string | null,
  byHand: boolean,
): string {
  const list = numbers.join(', ');
  const free = plural(numbers.length, {
    one: `Libre de nuevo: ${list}.`,
    many: `Libres de nuevo: ${list}.`,
    other: `Libres de nuevo: ${list}.`,
  });
  if (money === null) return free;
  if (status !== 'refunding') return t`Devuelto: ${money}. ${free}`;
  return byHand
    ? t`${free} Los ${money} los debe enviar una persona: quedó en «Dinero por resolver».`
    : t`Devolución en curso: ${money}. ${free}`;
}

/** A payment is not any more as it was when its refund was begun. */
export function changedText(): string {
  return t`Este pago cambió mientras tanto. Cierre esta ventana y mírelo de nuevo.`;
}

/** Why a refund was refused, and what to do. */
export function refundRefusedText({ code, params }: ApiError): string {
  switch (code) {
    case 'timeout':
    case 'offline':
    case 'unavailable':
      return t`No sabemos si se hizo la devolución. Toque otra vez: no se devuelve dos veces.`;
    case 'wrong_phase':
      return changedText();
    case 'raffle_not_active':
      return t`Este sorteo ya se sorteó: sus números no se pueden liberar.`;
    case 'forbidden':
      return t`Solo la administración puede devolver dinero.`;
    default:
      return errorText(code, params);
  }
}
