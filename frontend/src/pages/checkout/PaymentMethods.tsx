import { useLingui } from '@lingui/react/macro';
import { type ComponentType, useState } from 'react';
import { useFormat } from '../../i18n/useFormat';
import type { Contact, Reservation } from '../../sdk/types';
import { Notice } from '../../ui/Notice';
import styles from './PaymentMethods.module.css';

/** A way to pay. Its panel shows what to do, and talks to its provider through the server. */
export interface PaymentMethod {
  id: string;
  /** In the language that is spoken when it is called. */
  name: () => string;
  Panel: ComponentType<{ reservation: Reservation; contact: Contact | null }>;
}

/** The ways to pay that this build knows. None yet: each comes with its provider on the server. */
export const paymentMethods: readonly PaymentMethod[] = [];

interface Props {
  reservation: Reservation;
  contact: Contact | null;
  methods?: readonly PaymentMethod[];
}

/** Lets a person choose how to pay. Without any method it says so, and until when numbers are held. */
export function PaymentMethods({ reservation, contact, methods = paymentMethods }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const [chosen, setChosen] = useState(methods[0]?.id);
  const method = methods.find(({ id }) => id === chosen);

  if (!method) {
    return (
      <Notice icon="info">
        <p>{t`El pago en línea aún no está disponible en este sorteo.`}</p>
        <p>{t`Sus números siguen apartados hasta las ${format.time(reservation.expires_at)} (hora de Costa Rica). No se le ha cobrado nada.`}</p>
      </Notice>
    );
  }

  const { Panel } = method;
  return (
    <>
      <fieldset className={styles.methods}>
        <legend className="visually-hidden">{t`Forma de pago`}</legend>
        {methods.map(({ id, name }) => (
          <label key={id} className={styles.method}>
            <input
              type="radio"
              name="payment"
              checked={id === method.id}
              onChange={() => setChosen(id)}
            />
            {name()}
          </label>
        ))}
      </fieldset>
      <Panel reservation={reservation} contact={contact} />
    </>
  );
}
