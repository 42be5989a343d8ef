import { useLingui } from '@lingui/react/macro';
import { errorText } from '../../i18n/errors';
import { useFormat } from '../../i18n/useFormat';
import type { Payment, Reservation } from '../../sdk/types';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import styles from './Attempt.module.css';
import { Confirming, Waiting } from './Confirming';
import { panels } from './panels';
import type { Paying } from './usePayment';

interface Props {
  attempt: Payment;
  reservation: Reservation;
  paying: Paying;
}

/** An attempt that is under way: what to do, or what is being waited for, and the way out of it. */
export function AttemptStep({ attempt, reservation, paying }: Props) {
  const { t } = useLingui();
  const { refusal, leaving, busy } = paying;
  const isOpen = attempt.status === 'pending' || attempt.status === 'starting';
  // At its deadline the server has asked the provider to let go, and waits for its word.
  const isTimeOver = reservation.phase === 'payment_review' && isOpen;
  const mayLeave = isOpen && !isTimeOver && !leaving;

  return (
    <div className={styles.attempt}>
      {isTimeOver ? (
        <Waiting title={t`El tiempo terminó. Confirmando con el banco si su pago entró…`}>
          <p>{t`Si entró, los números son suyos. Si no, no se le cobra nada.`}</p>
        </Waiting>
      ) : leaving && isOpen ? (
        <Waiting title={t`Cancelando este pago con el banco…`}>
          <p>{t`En cuanto el banco lo confirme, puede escoger otra forma de pago. No se paga dos veces.`}</p>
        </Waiting>
      ) : (
        <Shown attempt={attempt} refresh={paying.refresh} />
      )}
      {refusal && (
        <Notice tone="danger">
          <p>{errorText(refusal.code, refusal.params)}</p>
        </Notice>
      )}
      {mayLeave && (
        <Button look="quiet" busy={busy} onClick={paying.leave}>
          {t`Escoger otra forma de pago`}
        </Button>
      )}
    </div>
  );
}

function Shown({ attempt, refresh }: { attempt: Payment; refresh: () => void }) {
  if (attempt.status === 'review') return <Review attempt={attempt} />;
  const Panel = Object.hasOwn(panels, attempt.provider) ? panels[attempt.provider] : undefined;
  if (attempt.status !== 'pending' || !Panel || attempt.action?.type === 'wait') {
    return <Confirming />;
  }
  return <Panel payment={attempt} refresh={refresh} />;
}

function Review({ attempt }: { attempt: Payment }) {
  const { t } = useLingui();
  const format = useFormat();
  return (
    <Waiting title={t`Estamos esperando que la organización confirme su pago`}>
      {attempt.expires_at && (
        <p>
          {t`La organización tiene hasta el ${format.dateTime(attempt.expires_at)} (hora de Costa Rica) para confirmarlo. Mientras tanto, sus números siguen apartados.`}
        </p>
      )}
      <p>{t`Puede cerrar esta página y volver más tarde: aquí verá la respuesta.`}</p>
    </Waiting>
  );
}
