import { useLingui } from '@lingui/react/macro';
import { Link, useLocation } from 'wouter';
import { useShownConnection } from '../../app/shownConnection';
import { useFormat } from '../../i18n/useFormat';
import { useValue } from '../../sdk/hooks/useValue';
import type { LiveRaffle, Reservation } from '../../sdk/types';
import { buttonClass } from '../../ui/Button';
import { Blank } from '../../ui/Notice';
import { NumberChips } from '../../ui/NumberChips';
import { ExpiredDialog } from '../raffle/dialogs/ExpiredDialog';
import { Steps } from './Steps';

/** A reservation that is over: bought, given back, or out of time. */
export function EndedHold({ live, reservation }: { live: LiveRaffle; reservation: Reservation }) {
  const { t } = useLingui();
  const format = useFormat();
  const [, navigate] = useLocation();
  const raffle = useValue(live.raffle);
  const expired = useValue(live.expired);
  useShownConnection(live.connection);
  const board = `/r/${reservation.raffle_id}`;

  if (reservation.phase === 'completed') {
    return (
      <Blank page icon="check" title={t`Los números son suyos`}>
        <Steps current="done" />
        <NumberChips labels={reservation.number_ids} />
        <p>{t`Pagó ${format.money(reservation.total_amount, reservation.currency)}.`}</p>
        <Link href="/mis-numeros" className={buttonClass('primary')}>
          {t`Ver mis números`}
        </Link>
      </Blank>
    );
  }

  const outOfTime = reservation.phase === 'expired';
  return (
    <>
      <Blank
        page
        icon={outOfTime ? 'clock' : 'info'}
        title={outOfTime ? t`El tiempo terminó` : t`Soltó estos números`}
      >
        <NumberChips labels={reservation.number_ids} look="plain" />
        <p>
          {outOfTime
            ? t`Los números se liberaron. No se le ha cobrado nada.`
            : t`Quedaron libres para otras personas. No se le ha cobrado nada.`}
        </p>
        <Link href={board} className={buttonClass('primary')}>
          {t`Volver al tablero`}
        </Link>
      </Blank>
      <ExpiredDialog
        live={live}
        expired={expired?.id === reservation.id ? expired : null}
        selling={raffle?.status === 'active'}
        onRecovered={() => navigate(board)}
      />
    </>
  );
}
