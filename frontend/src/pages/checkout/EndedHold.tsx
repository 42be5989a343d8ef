import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useShownConnection } from '../../app/shownConnection';
import { useFormat } from '../../i18n/useFormat';
import { useValue } from '../../sdk/hooks/useValue';
import type { LiveRaffle, Reservation } from '../../sdk/types';
import { Button, buttonClass } from '../../ui/Button';
import { Blank, Notice } from '../../ui/Notice';
import { NumberChips } from '../../ui/NumberChips';
import { ExpiredDialog } from '../raffle/dialogs/ExpiredDialog';
import { strayMoney } from './attempts';
import styles from './EndedHold.module.css';
import { MoneyStory } from './MoneyStory';
import { declineText } from './reasons';
import { Steps } from './Steps';
import type { Paying } from './usePayment';

interface Props {
  live: LiveRaffle;
  reservation: Reservation;
  paying: Paying;
}

/** A reservation that is over: bought, given back, or out of time; and what became of the money. */
export function EndedHold({ live, reservation, paying }: Props) {
  useShownConnection(live.connection);
  const stray = strayMoney(reservation, paying.payments ?? [], null);
  const stories = stray.map((payment) => (
    <MoneyStory key={payment.id} payment={payment} reservation={reservation} />
  ));
  return reservation.phase === 'completed' ? (
    <Bought reservation={reservation}>{stories}</Bought>
  ) : (
    <Lost {...{ live, reservation, paying }}>{stories.length > 0 ? stories : null}</Lost>
  );
}

function Bought({ reservation, children }: { reservation: Reservation; children: ReactNode }) {
  const { t } = useLingui();
  const format = useFormat();
  const { ticket } = reservation;
  return (
    <Blank page icon="check" title={t`Los números son suyos`}>
      <Steps current="done" />
      <NumberChips labels={reservation.number_ids} />
      {reservation.total_amount > 0 && (
        <p>{t`Pagó ${format.money(reservation.total_amount, reservation.currency)}.`}</p>
      )}
      {children}
      {/* It comes a moment later than the news: nothing moves then. */}
      {ticket ? (
        <Link href={`/boleto/${ticket}`} className={buttonClass('primary')}>
          {t`Ver mi boleto`}
        </Link>
      ) : (
        <span className={styles.room} aria-hidden="true" />
      )}
      <Link href="/mis-numeros" className={buttonClass('plain')}>
        {t`Ver mis números`}
      </Link>
    </Blank>
  );
}

function Lost({ live, reservation, paying, children }: Props & { children: ReactNode }) {
  const { t } = useLingui();
  const [, navigate] = useLocation();
  const raffle = useValue(live.raffle);
  const expired = useValue(live.expired);
  const outOfTime = reservation.phase === 'expired';
  const isPaidLate = paying.payments?.some(({ status }) => status === 'paid') ?? false;
  const isClean = paying.payments !== null && children === null;
  const last = paying.payments?.[0];
  const rejected = last?.status === 'declined' && last.needs_review ? last : null;

  return (
    <>
      <Blank
        page
        icon={outOfTime ? 'clock' : 'info'}
        title={
          rejected
            ? t`El pago no se aprobó`
            : outOfTime
              ? t`El tiempo terminó`
              : t`Soltó estos números`
        }
      >
        <NumberChips labels={reservation.number_ids} look="plain" />
        {rejected && <p>{declineText(rejected.reason)}</p>}
        {!isPaidLate && (
          <p>
            {outOfTime ? t`Los números se liberaron.` : t`Quedaron libres para otras personas.`}{' '}
            {isClean && t`No se le ha cobrado nada.`}
          </p>
        )}
        {children}
        {paying.payments === null && paying.failure && (
          <Notice tone="warn">
            <p>{t`No pudimos revisar si hubo un pago. Lo intentamos de nuevo por usted.`}</p>
            <Button onClick={paying.refresh}>{t`Intentar de nuevo`}</Button>
          </Notice>
        )}
        <Link href={`/r/${reservation.raffle_id}`} className={buttonClass('primary')}>
          {t`Volver al tablero`}
        </Link>
      </Blank>
      {/* Numbers are not offered again while it is open whether money buys them. */}
      {isClean && !rejected && (
        <ExpiredDialog
          live={live}
          expired={expired?.id === reservation.id ? expired : null}
          selling={raffle?.status === 'active'}
          onRecovered={() => navigate(`/r/${reservation.raffle_id}`)}
        />
      )}
    </>
  );
}
