import { i18n, type MessageDescriptor } from '@lingui/core';
import { msg, plural } from '@lingui/core/macro';
import type { ErrorCode } from '../sdk/types';

type Params = Record<string, unknown>;

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function labels(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** What to tell a person for each refusal: what happened, and what to do. */
const TEXTS: Record<ErrorCode, (params: Params) => MessageDescriptor> = {
  bad_request: () => msg`Algo de lo enviado no está bien. Revise los datos e intente de nuevo.`,
  unknown_number: () => msg`Ese número no existe en este sorteo.`,
  unauthenticated: () => msg`Su sesión venció. Vuelva a intentarlo.`,
  forbidden: () => msg`No tiene permiso para hacer esto.`,
  not_found: () => msg`No lo encontramos. Puede que ya no exista.`,
  numbers_taken: ({ numbers }) => {
    const taken = labels(numbers);
    const list = taken.join(', ');
    if (taken.length === 0) return msg`No quedan números libres que cumplan con eso.`;
    return taken.length === 1
      ? msg`El ${list} lo apartó otra persona.`
      : msg`Otra persona apartó estos números: ${list}.`;
  },
  too_many_numbers: ({ limit }) => {
    const most = count(limit);
    return msg`${plural(most, {
      one: 'En este sorteo puede tener # número como máximo.',
      many: 'En este sorteo puede tener # de números como máximo.',
      other: 'En este sorteo puede tener # números como máximo.',
    })}`;
  },
  already_reserved: () => msg`Ya tiene números apartados en este sorteo.`,
  wrong_phase: () => msg`Sus números ya están en otro paso. Actualizamos la página por usted.`,
  raffle_not_active: () => msg`Este sorteo no está vendiendo números en este momento.`,
  reservation_expired: () => msg`El tiempo terminó y sus números se liberaron.`,
  payment_in_progress: () =>
    msg`Hay un pago en curso por estos números. Espere a que termine o cancélelo primero.`,
  already_paid: () => msg`Estos números ya están pagados.`,
  wrong_amount: () => msg`El monto recibido no es el que se debía. Le ayudaremos a resolverlo.`,
  method_not_offered: () => msg`Esa forma de pago no está disponible ahora. Escoja otra.`,
  reference_taken: () => msg`Ese número de comprobante ya se usó en otro pago.`,
  payload_too_large: () => msg`Lo enviado es demasiado grande.`,
  rate_limited: () => msg`Vamos muy rápido. Espere unos segundos e intente de nuevo.`,
  unavailable: () => msg`El servidor no pudo responder. Intente de nuevo en unos segundos.`,
  offline: () => msg`No hay conexión. No se envió nada; inténtelo cuando vuelva.`,
  timeout: () => msg`La respuesta tarda demasiado. Revise su conexión e intente de nuevo.`,
};

/** A refusal in the person's language. A code from a newer server gets a general text. */
export function errorText(code: ErrorCode, params: Params = {}): string {
  const text = TEXTS[code] as ((params: Params) => MessageDescriptor) | undefined;
  return i18n._(text ? text(params) : msg`Algo salió mal. Intente de nuevo.`);
}

/** All codes that have a text. */
export const ERROR_CODES = Object.keys(TEXTS) as ErrorCode[];
