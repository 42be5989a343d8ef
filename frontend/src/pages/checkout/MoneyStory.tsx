import { useLingui } from '@lingui/react/macro';
import { Link } from 'wouter';
import { useFormat } from '../../i18n/useFormat';
import type { Payment, Reservation } from '../../sdk/types';
import { buttonClass } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { refundText } from './reasons';

/** What became of money that its reservation did not wait for, or that goes back. */
export function MoneyStory({
  payment,
  reservation,
}: {
  payment: Payment;
  reservation: Reservation;
}) {
  const { t } = useLingui();
  const elsewhere = payment.sold_as !== null && payment.sold_as !== reservation.id;
  const text = useStory(payment);
  const isGood = payment.status === 'paid' || payment.status === 'refunded';
  return (
    <Notice tone={isGood ? 'ok' : 'info'} icon={isGood ? 'check' : 'clock'}>
      {text.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {payment.status === 'paid' && elsewhere && (
        <Link href={`/checkout/${payment.sold_as}`} className={buttonClass('plain')}>
          {t`Ver mis números pagados`}
        </Link>
      )}
    </Notice>
  );
}

function useStory(payment: Payment): string[] {
  const { t } = useLingui();
  const format = useFormat();
  const money = (amount: number) => format.money(amount, payment.currency);
  const why = refundText(payment.reason);
  const because = why ? [t`Fue porque ${why}.`] : [];
  switch (payment.status) {
    case 'paid':
      return [
        t`Su pago llegó cuando el tiempo ya había terminado, pero los números seguían libres: ya son suyos.`,
      ];
    case 'late':
      return [
        t`Su pago llegó cuando el tiempo ya había terminado.`,
        t`Estamos viendo si sus números siguen libres. Si lo están, son suyos; si no, se le devuelve todo.`,
      ];
    case 'refunding':
      return [
        // Of numbers that were given back, only their own price goes back.
        payment.sold_as === null
          ? t`Le estamos devolviendo su pago de ${money(payment.amount)}.`
          : t`Le estamos devolviendo el dinero de los números reembolsados.`,
        ...because,
        payment.needs_review
          ? t`La organización le enviará el dinero, por ejemplo por SINPE Móvil.`
          : t`Puede tardar unos días en verse, según su banco.`,
      ];
    case 'refunded':
      return [t`Se le devolvieron ${money(payment.refunded)}.`, ...because];
    case 'review':
      return [
        t`La organización todavía está buscando su pago de ${money(payment.amount)}.`,
        t`Si llegó, recibe sus números o se le devuelve el dinero.`,
      ];
    default:
      return [
        t`Estamos confirmando con el banco si se cobró su pago de ${money(payment.amount)}.`,
        t`Si se cobró, recibe sus números o se le devuelve el dinero.`,
      ];
  }
}
