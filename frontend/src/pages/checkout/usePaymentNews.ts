import { useLingui } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';
import type { Payment } from '../../sdk/types';
import { announce } from '../../ui/announce';
import { declineText } from './reasons';

/** Tells people who use a screen reader whenever a payment has come to stand elsewhere. */
export function usePaymentNews(payments: readonly Payment[] | null): void {
  const { t } = useLingui();
  const heard = useRef<ReadonlyMap<string, string> | null>(null);

  useEffect(() => {
    if (!payments) return;
    const before = heard.current;
    heard.current = new Map(payments.map(({ id, status }) => [id, status]));
    // What was so when the page came is read like the rest of it.
    if (!before) return;
    const texts: Record<Exclude<Payment['status'], 'declined'>, string> = {
      starting: t`Confirmando con el banco…`,
      authorised: t`Confirmando con el banco…`,
      pending: t`El pago está abierto. Siga los pasos en pantalla.`,
      review: t`Estamos esperando que la organización confirme su pago`,
      paid: t`Su pago se confirmó. Los números son suyos.`,
      cancelled: t`Ese pago quedó cancelado y no se le cobró nada. Escoja cómo pagar.`,
      late: t`Su pago llegó cuando el tiempo ya había terminado.`,
      refunding: t`Le estamos devolviendo su dinero.`,
      refunded: t`Ya se le devolvió su dinero.`,
    };
    for (const { id, status, reason } of payments) {
      if (before.get(id) === status) continue;
      if (status === 'declined') announce(declineText(reason), 'assertive');
      else announce(texts[status]);
    }
  }, [payments, t]);
}
