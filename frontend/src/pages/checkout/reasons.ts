import { i18n, type MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

/** Why a payment was declined, as providers call it; banks say little, and so do these. */
const DECLINES: Record<string, MessageDescriptor> = {
  insufficient_funds: msg`La tarjeta no tiene fondos suficientes.`,
  expired_card: msg`La tarjeta está vencida.`,
  incorrect_cvc: msg`El código de seguridad no coincide.`,
  incorrect_number: msg`El número de la tarjeta no es correcto.`,
  authentication_required: msg`Su banco pide confirmar que es usted.`,
  processing_error: msg`El banco tuvo un problema al procesar el pago.`,
  rejected: msg`La organización no encontró su pago.`,
  not_configured: msg`Esta forma de pago no está lista en este sorteo.`,
};

/** Why money goes back. */
const REFUNDS: Record<string, MessageDescriptor> = {
  already_paid: msg`estos números ya estaban pagados`,
  numbers_taken: msg`otra persona ya tenía los números`,
  too_many_numbers: msg`usted ya tenía el máximo de números de este sorteo`,
  raffle_not_active: msg`el sorteo ya no vendía números`,
  reservation_expired: msg`su tiempo había terminado`,
  wrong_amount: msg`el monto no era el precio de los números`,
  wrong_phase: msg`su reserva ya había terminado`,
};

/** A sentence; one for all reasons that a person can do nothing about. */
export function declineText(reason: string | null): string {
  return i18n._(DECLINES[reason ?? ''] ?? msg`El banco no aprobó el pago.`);
}

/** Goes on after "porque"; null where the reason is not ours to tell. */
export function refundText(reason: string | null): string | null {
  const text = REFUNDS[reason ?? ''];
  return text ? i18n._(text) : null;
}
