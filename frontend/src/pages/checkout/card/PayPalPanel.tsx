import { useLingui } from '@lingui/react/macro';
import { useFormat } from '../../../i18n/useFormat';
import { buttonClass } from '../../../ui/Button';
import { Icon } from '../../../ui/Icon';
import { Notice } from '../../../ui/Notice';
import { Waiting } from '../Confirming';
import type { PanelProps } from '../panels';
import styles from './Card.module.css';
import { payPalAddress } from './payPalAddress';

/** Pays at PayPal's own page, which sends the buyer back here. Nothing of PayPal's runs in ours. */
export default function PayPalPanel({ payment }: PanelProps) {
  const { t } = useLingui();
  const format = useFormat();

  if (!payment.action) return <Waiting title={t`Confirmando con PayPal…`} />;
  const address = payPalAddress(payment.action);
  if (!address) {
    return (
      <Notice tone="warn">
        <p>{t`PayPal no nos dio una dirección segura para pagar. No se le ha cobrado nada: puede pagar de otra forma.`}</p>
      </Notice>
    );
  }
  return (
    <div className={styles.panel}>
      <a className={buttonClass('primary')} href={address} rel="noreferrer">
        {t`Pagar ${format.money(payment.amount, payment.currency)} con PayPal`}
      </a>
      <p className={styles.note}>
        <Icon name="lock" size={18} />
        {t`Se abre la página de PayPal. Acepte el pago allí y volverá aquí.`}
      </p>
    </div>
  );
}
