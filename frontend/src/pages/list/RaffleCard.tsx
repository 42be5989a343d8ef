import { plural, t } from '@lingui/core/macro';
import { useLingui } from '@lingui/react';
import { Link } from 'wouter';
import { useFormat } from '../../i18n/useFormat';
import { serverClock } from '../../sdk/serverClock';
import type { Raffle } from '../../sdk/types';
import { BoardArt } from '../../ui/BoardArt';
import { Progress } from '../../ui/Progress';
import { Skeleton } from '../../ui/Skeleton';
import styles from './RaffleCard.module.css';
import { statusName } from './statusName';

/** One raffle of the list: a link as large as the card. */
export function RaffleCard({ raffle }: { raffle: Raffle }) {
  useLingui();
  const format = useFormat();
  const { counts, number_count: total } = raffle;
  const share = total > 0 ? counts.sold / total : 0;
  return (
    <article className={styles.card}>
      <div className={styles.art}>
        <BoardArt seed={raffle.id} sold={share} held={counts.reserved / Math.max(total, 1)} />
        {raffle.status !== 'active' && (
          <span className={styles.badge}>{statusName(raffle.status)}</span>
        )}
      </div>
      <div className={styles.body}>
        <h2 className={styles.title}>
          <Link href={`/r/${raffle.id}`} className={styles.link}>
            {raffle.title}
          </Link>
        </h2>
        <p className={styles.price}>
          <strong>{format.money(raffle.price, raffle.currency)}</strong> {t`por número`}
        </p>
        <Progress sold={counts.sold} held={counts.reserved} total={total} />
        <p className={styles.facts}>
          <span>{t`${format.share(share)} vendido`}</span>
          <span>
            {plural(counts.available, {
              0: 'no quedan libres',
              one: 'queda # libre',
              many: 'quedan # libres',
              other: 'quedan # libres',
            })}
          </span>
        </p>
        <p className={styles.when}>{when(raffle, format)}</p>
      </div>
    </article>
  );
}

/** Holds the place of a card: the same lines, as high as they will be. */
export function RaffleCardSkeleton() {
  return (
    <div className={styles.card} aria-hidden="true">
      <div className={styles.art} />
      <div className={styles.body}>
        <p className={styles.title}>
          <Skeleton width="70%" />
        </p>
        <p className={styles.price}>
          <Skeleton width="45%" />
        </p>
        <Progress sold={0} held={0} total={1} />
        <p className={styles.facts}>
          <Skeleton width="100%" />
        </p>
        <p className={styles.when}>
          <Skeleton width="60%" />
        </p>
      </div>
    </div>
  );
}

function when(raffle: Raffle, format: ReturnType<typeof useFormat>): string {
  if (raffle.status === 'active' && raffle.sales_close_at) {
    const left = serverClock.until(raffle.sales_close_at);
    if (left > 0) return t`Cierra en ${format.duration(left)}`;
  }
  if (raffle.draw_at) return t`Se sortea el ${format.dateTime(raffle.draw_at)}`;
  return raffle.status === 'active' ? t`Abierto` : statusName(raffle.status);
}
