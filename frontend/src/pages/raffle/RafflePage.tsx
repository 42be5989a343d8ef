import { useLingui } from '@lingui/react/macro';
import { useEffect } from 'react';
import { useSearchParams } from 'wouter';
import { lazyPart, Once } from '../../app/lazy';
import { NotFoundPage } from '../../app/NotFoundPage';
import { useShownConnection } from '../../app/shownConnection';
import { RaffleBoard } from '../../board/RaffleBoard';
import { useOutdated } from '../../board/useOutdated';
import { OfflineIntents } from '../../offline/OfflineIntents';
import { useIntents } from '../../offline/useIntents';
import { useLastBoard } from '../../offline/useLastBoard';
import { useRaffle } from '../../sdk/hooks/useRaffle';
import { useValue } from '../../sdk/hooks/useValue';
import { announce } from '../../ui/announce';
import { ConnectionBanner } from './ConnectionBanner';
import { HoldInvitation, HoldPanel } from './HoldPanel';
import { RaffleHead } from './RaffleHead';
import styles from './RafflePage.module.css';
import { StatusNotice } from './StatusNotice';
import { useBanner } from './useBanner';

const ExpiredDialog = lazyPart(async () => (await import('./dialogs/ExpiredDialog')).ExpiredDialog);

const NO_SUCH_RAFFLE = 4404;

/** One raffle, live: its facts, its board, and my numbers. */
export function RafflePage({ raffleId }: { raffleId: string }) {
  const { t } = useLingui();
  const live = useRaffle(raffleId);
  const [search] = useSearchParams();
  const raffle = useValue(live.raffle);
  const board = useValue(live.board);
  const reservation = useValue(live.reservation);
  const expired = useValue(live.expired);
  const connection = useValue(live.connection);
  const banner = useBanner(connection);
  const outdated = useOutdated(connection, board !== null);
  const seenAt = useLastBoard(live);
  const { intents } = useIntents(raffleId);
  useShownConnection(live.connection);

  useEffect(
    () =>
      live.onNotice((notice) => {
        if (notice.kind === 'completed') announce(t`Su pago se confirmó. Los números son suyos.`);
        if (notice.kind === 'cancelled') announce(t`Sus números quedaron libres.`);
      }),
    [live, t],
  );

  if (connection.state === 'blocked' && connection.code === NO_SUCH_RAFFLE) {
    return (
      <NotFoundPage
        title={t`Este sorteo no existe`}
        text={t`Puede que el enlace esté incompleto, o que el sorteo todavía no se haya publicado.`}
      />
    );
  }

  const selling = raffle?.status === 'active';
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        <RaffleHead raffle={raffle} board={board} />
      </div>
      <div className={styles.board}>
        <div className={`${styles.notices} ${banner.kind === 'blocked' ? '' : styles.over}`}>
          <ConnectionBanner
            banner={banner}
            outdated={outdated}
            seenAt={seenAt}
            floating={false}
            onRetry={() => live.reconnectNow()}
          />
          <OfflineIntents live={live} />
        </div>
        {raffle && <StatusNotice status={raffle.status} />}
        <RaffleBoard
          live={live}
          highlight={search.get('n')}
          onWanted={(label) => void intents.want(label)}
        />
      </div>
      {raffle && reservation && (
        <div className={styles.mine}>
          <HoldPanel live={live} raffle={raffle} reservation={reservation} />
        </div>
      )}
      <div className={`${styles.invitation} ${reservation ? styles.narrow : ''}`}>
        <HoldInvitation raffle={raffle} />
      </div>
      <Once when={expired !== null}>
        <ExpiredDialog live={live} expired={expired} selling={selling} />
      </Once>
    </div>
  );
}
