import { useLingui } from '@lingui/react/macro';
import { useFormat } from '../../../i18n/useFormat';
import type { Payment } from '../../../sdk/payments';
import { Button } from '../../../ui/Button';
import { Icon } from '../../../ui/Icon';
import { Notice } from '../../../ui/Notice';
import { Confirming } from '../Confirming';
import { PayBar } from '../PayBar';
import type { PanelProps } from '../panels';
import styles from './Card.module.css';
import type { CardKeys } from './cardForm';
import { useCardForm } from './useCardForm';

/** Pays by card, in fields that are Stripe's own: no part of a card is ever ours to see. */
export default function StripePanel({ payment, refresh }: PanelProps) {
  const keys = cardKeys(payment.action);
  if (!keys) return <Confirming />;
  return <CardFields key={keys.clientSecret} payment={payment} keys={keys} refresh={refresh} />;
}

function CardFields({ payment, keys, refresh }: PanelProps & { keys: CardKeys }) {
  const { t } = useLingui();
  const format = useFormat();
  // The server has the last word, whatever Stripe says here: after each try it is asked.
  const { state, place, pay, again } = useCardForm(keys, payment.reservation_id, refresh);

  if (state.at === 'failed') {
    return (
      <div className={styles.panel}>
        <Notice tone="warn" icon="offline">
          <p>{t`No pudimos abrir el formulario de la tarjeta. Puede ser la conexión, o un bloqueador de anuncios.`}</p>
          <p>{t`No se le ha cobrado nada, y también puede pagar de otra forma.`}</p>
        </Notice>
        <Button look="primary" onClick={again}>
          {t`Intentar de nuevo`}
        </Button>
      </div>
    );
  }
  const isSent = state.at === 'sent';
  return (
    <div className={styles.panel} aria-busy={state.at === 'loading' || undefined}>
      {state.at === 'loading' && <p role="status">{t`Abriendo el formulario de la tarjeta…`}</p>}
      {/* Stripe's, and mounted until the end: its bank's questions may still be open. */}
      <div ref={place} className={styles.fields} hidden={isSent} />
      {isSent && <Confirming />}
      {state.at === 'ready' && state.problem && (
        <div role="alert">
          <Notice tone="danger">
            <Problem problem={state.problem} />
          </Notice>
        </div>
      )}
      {!isSent && (
        <p className={styles.note}>
          <Icon name="lock" size={18} />
          {t`Los datos de su tarjeta van directo a Stripe, que procesa el pago. Nosotros nunca los vemos.`}
        </p>
      )}
      {!isSent && (
        <PayBar>
          <Button
            look="primary"
            icon="lock"
            disabled={state.at === 'loading'}
            busy={state.at === 'paying'}
            onClick={pay}
          >
            {state.at === 'paying'
              ? t`Confirmando con el banco…`
              : t`Pagar ${format.money(payment.amount, payment.currency)}`}
          </Button>
        </PayBar>
      )}
    </div>
  );
}

function Problem({ problem }: { problem: { message: string } | 'unknown' }) {
  const { t } = useLingui();
  if (problem === 'unknown') {
    return (
      <p>{t`No supimos qué respondió el banco. Puede intentar de nuevo: es un solo pago, y no se cobra dos veces.`}</p>
    );
  }
  return (
    <>
      <p>{problem.message}</p>
      <p>{t`No se le cobró nada. Puede intentar de nuevo o usar otra tarjeta.`}</p>
    </>
  );
}

function cardKeys(action: Payment['action']): CardKeys | null {
  if (action?.type !== 'stripe') return null;
  const { publishable_key: publishableKey, client_secret: clientSecret } = action;
  if (typeof publishableKey !== 'string' || typeof clientSecret !== 'string') return null;
  return { publishableKey, clientSecret };
}
