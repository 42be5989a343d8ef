import { plural, t } from '@lingui/core/macro';
import { errorText } from '../../../i18n/errors';
import type { ApiError } from '../../../sdk/errors';
import type { Review } from '../../../sdk/services/deskService';

type Payment = Review['payment'];

/** What became of a payment once the organizer said that its money has come. */
export function approvedText({ status, number_ids }: Payment): string {
  const count = number_ids.length;
  const numbers = number_ids.join(', ');
  switch (status) {
    case 'paid':
      return plural(count, {
        one: `Aprobado. Vendido: ${numbers}.`,
        many: `Aprobado. Vendidos: ${numbers}.`,
        other: `Aprobado. Vendidos: ${numbers}.`,
      });
    case 'refunding':
    case 'refunded':
      return plural(count, {
        one: `Anotado, pero el número ${numbers} ya no estaba libre. Hay que devolver el dinero: quedó en los casos.`,
        many: `Anotado, pero los números ${numbers} ya no estaban libres. Hay que devolver el dinero: quedó en los casos.`,
        other: `Anotado, pero los números ${numbers} ya no estaban libres. Hay que devolver el dinero: quedó en los casos.`,
      });
    case 'review':
      return t`Anotado. Como el monto no es el exacto no se vendió nada, y quedó un caso abierto.`;
    default:
      return plural(count, {
        one: `Aprobado. El número ${numbers} se está asignando.`,
        many: `Aprobado. Los números ${numbers} se están asignando.`,
        other: `Aprobado. Los números ${numbers} se están asignando.`,
      });
  }
}

/** What became of a payment that the organizer wanted to decide, and that had moved on already. */
export function movedOnText(status: unknown): string {
  switch (status) {
    case 'paid':
    case 'authorised':
    case 'late':
      return t`Este pago ya estaba aprobado.`;
    case 'declined':
      return t`Este pago ya estaba rechazado.`;
    case 'refunding':
    case 'refunded':
      return t`Este pago ya se resolvió: el dinero se devuelve.`;
    default:
      return t`Este pago ya lo resolvió otra persona.`;
  }
}

/** Why an approval was refused, and what to do. */
export function refusedText({ code, params }: ApiError): string {
  if (code === 'reference_taken') {
    return t`Ese comprobante ya pagó otra compra. Revise el número en su banco; si está repetido, rechace este pago.`;
  }
  if (code === 'bad_request' && params.field === 'reference') return wrongReferenceText();
  if (code === 'timeout' || code === 'offline' || code === 'unavailable') {
    return t`No sabemos si llegó su respuesta. Toque otra vez: no se aprueba dos veces.`;
  }
  return errorText(code, params);
}

export function wrongReferenceText(): string {
  return t`Escriba el número de comprobante: de 6 a 40 letras y números.`;
}
