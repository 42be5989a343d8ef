import { t } from '@lingui/core/macro';

/** A method of payment by the name that people know; of one without a name here, its own. */
export function methodName(provider: string): string {
  switch (provider) {
    case 'sinpe':
      return t`SINPE Móvil`;
    case 'stripe':
      return t`Tarjeta`;
    case 'paypal':
      return 'PayPal';
    case 'free':
      return t`Sin costo`;
    case 'sandbox':
      return t`Pago de prueba`;
    default:
      return provider;
  }
}
