import { useLingui } from '@lingui/react/macro';
import { useEffect, useState } from 'react';
import { errorText } from '../../i18n/errors';
import { useFormat } from '../../i18n/useFormat';
import type { LiveRaffle, PaymentMethod, Reservation } from '../../sdk/types';
import { announce } from '../../ui/announce';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { PayBar } from './PayBar';
import styles from './PaymentMethods.module.css';
import { choices, paysInPanel, wordsOf } from './panels';
import type { Paying } from './usePayment';
import { usePaymentMethods } from './usePaymentMethods';

interface Props {
  live: LiveRaffle;
  reservation: Reservation;
  paying: Paying;
  /** The method to begin with, if it is offered; else it is the raffle's first choice. */
  first: string | null;
}

/** Lets a person choose how to pay, and begins. The first choice is made already. */
export function PaymentMethods({ live, reservation, paying, first }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const { methods, gone, failure, again } = usePaymentMethods(live);
  const [chosen, setChosen] = useState(first);

  const isRefused = paying.refusal?.code === 'method_not_offered';
  useEffect(() => {
    if (isRefused) again();
  }, [isRefused, again]);

  if (!methods && failure) {
    return (
      <Notice tone="warn" icon={failure === 'offline' ? 'offline' : 'warning'}>
        <p>{errorText(failure)}</p>
        <Button onClick={again}>{t`Intentar de nuevo`}</Button>
      </Notice>
    );
  }
  if (!methods) return <Skeleton height="8rem" />;
  const method = methods.find(({ provider }) => provider === chosen) ?? methods[0];
  return (
    <>
      <Gone providers={gone} isEmpty={!method} />
      {method ? (
        <Choice {...{ methods, method, reservation, paying, onChoose: setChosen }} />
      ) : (
        <Notice icon="info">
          <p>{t`El pago en línea no está disponible ahora en este sorteo.`}</p>
          <p>{t`Sus números siguen apartados hasta las ${format.time(reservation.expires_at)} (hora de Costa Rica). No se le ha cobrado nada.`}</p>
        </Notice>
      )}
    </>
  );
}

/** Says that methods that were offered a moment ago are no more. */
function Gone({ providers, isEmpty }: { providers: readonly string[]; isEmpty: boolean }) {
  const { t, i18n } = useLingui();
  const names = providers.map((provider) => i18n._(wordsOf(provider).name)).join(', ');
  const text = isEmpty
    ? t`Ya no se puede pagar con ${names} en este sorteo.`
    : t`Ya no se puede pagar con ${names} en este sorteo. Escoja otra forma.`;
  useEffect(() => {
    if (names !== '') announce(text, 'assertive');
  }, [names, text]);
  return names === '' ? null : <Notice tone="warn">{text}</Notice>;
}

interface ChoiceProps {
  methods: readonly PaymentMethod[];
  method: PaymentMethod;
  reservation: Reservation;
  paying: Paying;
  onChoose: (provider: string) => void;
}

function Choice({ methods, method, reservation, paying, onChoose }: ChoiceProps) {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const [options, setOptions] = useState<Record<string, string>>({});
  const { provider } = method;
  const Options = choices[provider];
  const name = i18n._(wordsOf(provider).name);
  const { refusal, busy } = paying;

  function next(): string {
    if (reservation.total_amount === 0) return t`Confirmar mis números`;
    if (paysInPanel.has(provider)) return t`Continuar`;
    return t`Pagar ${format.money(reservation.total_amount, reservation.currency)}`;
  }

  return (
    <>
      <fieldset className={styles.methods} disabled={busy}>
        <legend className="visually-hidden">{t`Forma de pago`}</legend>
        {methods.map((each) => (
          <label key={each.provider} className={styles.method}>
            <input
              type="radio"
              name="payment"
              value={each.provider}
              checked={each.provider === provider}
              onChange={() => {
                onChoose(each.provider);
                setOptions({});
              }}
            />
            <span className={styles.words}>
              <strong>{i18n._(wordsOf(each.provider).name)}</strong>
              <span className={styles.note}>{i18n._(wordsOf(each.provider).note)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {Options && <Options options={options} onChange={setOptions} />}
      {refusal && refusal.code !== 'method_not_offered' && (
        <Notice tone="danger">
          <p>{errorText(refusal.code, refusal.params)}</p>
          {refusal.unknown && (
            <p>{t`No sabemos si el pago empezó. Toque de nuevo: no se le cobra dos veces.`}</p>
          )}
        </Notice>
      )}
      <PayBar note={name}>
        <Button look="primary" busy={busy} onClick={() => paying.pay(provider, options)}>
          {busy ? t`Un momento…` : next()}
        </Button>
      </PayBar>
    </>
  );
}
