import { useLingui } from '@lingui/react/macro';
import { minorDigits } from '../../i18n/format';
import { useFormat } from '../../i18n/useFormat';
import { isSinpe } from '../../sdk/payments';
import type { Payment } from '../../sdk/types';
import { Confirming } from './Confirming';
import { CopyRow } from './CopyRow';
import styles from './Sinpe.module.css';
import { SinpeReceipt } from './SinpeReceipt';

/** SINPE Móvil by hand: what to send from one's own bank, and how to say that it was sent. */
export function SinpePanel({ payment, refresh }: { payment: Payment; refresh: () => void }) {
  const { t } = useLingui();
  const format = useFormat();
  const { action } = payment;
  if (!isSinpe(action)) return <Confirming />;

  return (
    <div className={styles.panel}>
      <p>{t`Haga un SINPE Móvil desde su banco con estos datos:`}</p>
      <dl className={styles.rows}>
        <CopyRow label={t`Teléfono`} shown={spaced(action.phone)} value={action.phone} />
        <CopyRow
          label={t`Monto exacto`}
          shown={format.money(action.amount, action.currency)}
          value={plain(action.amount, action.currency)}
        />
        {action.name && <CopyRow label={t`A nombre de`} shown={action.name} />}
        <CopyRow label={t`Código, en la descripción`} shown={action.code} />
      </dl>
      <p className={styles.hint}>
        {t`Con el monto exacto y el código encontramos su pago más rápido.`}
      </p>
      <SinpeReceipt payment={payment} refresh={refresh} />
    </div>
  );
}

function spaced(phone: string): string {
  return phone.length === 8 ? `${phone.slice(0, 4)} ${phone.slice(4)}` : phone;
}

/** An amount as a bank's form takes it: digits, and a point where there are cents. */
function plain(minor: number, currency: string): string {
  const digits = minorDigits(currency);
  const amount = minor / 10 ** digits;
  return Number.isInteger(amount) ? String(amount) : amount.toFixed(digits);
}
