import { plural } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useShownConnection } from '../../app/shownConnection';
import { ContactForm } from '../../contact/ContactForm';
import { ContactSummary } from '../../contact/ContactSummary';
import { useContact } from '../../contact/useContact';
import { useFormat } from '../../i18n/useFormat';
import { ReservationTimer } from '../../sdk/components/ReservationTimer';
import { useValue } from '../../sdk/hooks/useValue';
import type { LiveRaffle, Reservation } from '../../sdk/types';
import { Button, buttonClass } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Heading } from '../../ui/Heading';
import { Icon } from '../../ui/Icon';
import { Notice } from '../../ui/Notice';
import { NumberChips } from '../../ui/NumberChips';
import { Skeleton } from '../../ui/Skeleton';
import { ConnectionBanner } from '../raffle/ConnectionBanner';
import { BeforePaying } from '../raffle/dialogs/BeforePaying';
import { CancelDialog } from '../raffle/dialogs/CancelDialog';
import { MoreTime } from '../raffle/MoreTime';
import { useBanner } from '../raffle/useBanner';
import { useCommand } from '../raffle/useCommand';
import styles from './CheckoutSteps.module.css';
import { PaymentStep } from './PaymentStep';
import { Steps } from './Steps';
import type { Paying } from './usePayment';

interface Props {
  live: LiveRaffle;
  reservation: Reservation;
  paying: Paying;
}

/** A hold that is being paid, or that could be: who for, how, how much, and for how long. */
export function CheckoutSteps({ live, reservation, paying }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState<'contact' | 'cancel' | 'pay' | null>(null);
  const { contact, keep } = useContact();
  const command = useCommand();
  const raffle = useValue(live.raffle);
  const banner = useBanner(useValue(live.connection));
  useShownConnection(live.connection);
  const board = `/r/${reservation.raffle_id}`;
  const choosing = reservation.phase === 'selection';
  const reviewing = reservation.phase === 'payment_review';
  const close = () => setAsked(null);

  return (
    <div className={styles.page}>
      <ConnectionBanner banner={banner} outdated={false} onRetry={() => live.reconnectNow()} />
      <div className={styles.top}>
        <Link href={board} className={buttonClass('quiet')}>
          <Icon name="back" />
          {t`Volver al tablero`}
        </Link>
        <Heading name={t`Pago`} className={styles.title} />
        <p className={styles.soft}>{raffle?.title ?? '\u00a0'}</p>
        <Steps current={choosing ? 'contact' : 'payment'} />
      </div>
      <div className={styles.columns}>
        <section className={`${styles.card} ${styles.summary}`} aria-label={t`Resumen`}>
          {reviewing ? (
            <Notice icon="clock">
              <p>{t`Sus números quedan guardados mientras se confirma su pago.`}</p>
            </Notice>
          ) : (
            <div className={styles.time}>
              <ReservationTimer expiresAt={reservation.expires_at} phase={reservation.phase} />
              <MoreTime live={live} reservation={reservation} command={command} />
            </div>
          )}
          {command.refusal && <Notice tone="danger">{command.refusal}</Notice>}
          <NumberChips labels={reservation.number_ids} />
          <p className={styles.sum}>
            <span>
              {plural(reservation.number_ids.length, {
                one: '# número',
                many: '# de números',
                other: '# números',
              })}
              {' × '}
              {format.money(reservation.unit_price, reservation.currency)}
            </span>
            <strong>{format.money(reservation.total_amount, reservation.currency)}</strong>
          </p>
          {/* An attempt is given up first: its provider has to say that no money will come. */}
          {!reviewing && paying.payments && !paying.attempt && (
            <Button look="danger" small onClick={() => setAsked('cancel')}>
              {t`Cancelar y soltar los números`}
            </Button>
          )}
        </section>

        <div className={styles.steps}>
          <section className={styles.card} aria-label={t`Sus datos`}>
            <h2 className={styles.name}>{t`Sus datos`}</h2>
            {contact === undefined ? (
              <Skeleton height="44px" />
            ) : contact ? (
              <ContactSummary contact={contact} onEdit={() => setAsked('contact')} />
            ) : (
              <>
                <p className={styles.soft}>{t`Díganos a nombre de quién van los números.`}</p>
                <Button icon="user" onClick={() => setAsked('contact')}>
                  {t`Agregar mis datos`}
                </Button>
              </>
            )}
          </section>
          <section className={styles.card} aria-label={t`Forma de pago`}>
            <h2 className={styles.name}>{t`Forma de pago`}</h2>
            {choosing ? (
              <>
                <p>{t`Todavía está escogiendo: sus números están apartados y puede cambiarlos en el tablero.`}</p>
                <Button look="primary" onClick={() => setAsked('pay')} disabled={!raffle}>
                  {t`Ir a pagar`}
                </Button>
              </>
            ) : (
              <PaymentStep live={live} reservation={reservation} paying={paying} />
            )}
          </section>
        </div>
      </div>

      <Dialog open={asked === 'contact'} title={t`Sus datos`} onClose={close}>
        <ContactForm
          known={contact ?? null}
          submit={t`Guardar`}
          onKept={(next) => {
            keep(next);
            close();
          }}
        />
      </Dialog>
      <CancelDialog
        open={asked === 'cancel'}
        live={live}
        count={reservation.number_ids.length}
        onClose={close}
        onCancelled={() => navigate(board)}
      />
      {raffle && (
        <BeforePaying
          open={asked === 'pay'}
          live={live}
          raffle={raffle}
          reservation={reservation}
          onClose={close}
          onPaying={close}
        />
      )}
    </div>
  );
}
