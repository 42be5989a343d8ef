import { plural } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { useFormat } from '../../i18n/useFormat';
import type { BoardView, Raffle } from '../../sdk/types';
import { Heading } from '../../ui/Heading';
import { Progress } from '../../ui/Progress';
import { Skeleton } from '../../ui/Skeleton';
import styles from './RaffleHead.module.css';
import { ShareButton } from './ShareButton';
import { useCounts } from './useCounts';

/** What is raffled, for how much, when, and how far it has come. Keeps its height while it loads. */
export function RaffleHead({ raffle, board }: { raffle: Raffle | null; board: BoardView | null }) {
  const { t } = useLingui();
  const format = useFormat();
  const counts = useCounts(board, raffle);

  if (!raffle) return <HeadSkeleton />;

  return (
    <section className={styles.head}>
      <div className={styles.top}>
        <Heading name={raffle.title} className={styles.title} />
        <ShareButton raffle={raffle} />
      </div>
      <p className={styles.facts}>
        <strong className={styles.price}>{format.money(raffle.price, raffle.currency)}</strong>{' '}
        {t`por número`}
        <span className={styles.draw}>
          {raffle.draw_at
            ? t`Se sortea el ${format.dateTime(raffle.draw_at)} (hora de Costa Rica)`
            : t`La fecha del sorteo se anunciará.`}
        </span>
      </p>
      <Progress sold={counts.sold} held={counts.reserved} total={raffle.number_count} />
      <p className={styles.counts}>
        <span>{t`${format.number(counts.sold)} de ${format.number(raffle.number_count)} vendidos`}</span>
        <span>
          {plural(counts.available, {
            0: 'no quedan libres',
            one: 'queda # libre',
            many: 'quedan # libres',
            other: 'quedan # libres',
          })}
        </span>
      </p>
      <About raffle={raffle} />
    </section>
  );
}

/** The same lines, as high as they will be: the board below does not move. */
function HeadSkeleton() {
  const { t } = useLingui();
  return (
    <section className={styles.head} aria-busy="true">
      <div className={styles.top}>
        <Heading name={t`Sorteo`} className={styles.title}>
          <span className="visually-hidden">{t`Cargando…`}</span>
          <Skeleton width="12ch" />
        </Heading>
      </div>
      <p className={styles.facts}>
        <span className={styles.price}>
          <Skeleton width="10ch" />
        </span>
        <span className={styles.draw}>
          <Skeleton width="90%" />
          <br />
          <Skeleton width="40%" />
        </span>
      </p>
      <Progress sold={0} held={0} total={1} />
      <p className={styles.counts}>
        <Skeleton width="24ch" />
      </p>
      <p className={styles.about}>
        <Skeleton width="16ch" />
      </p>
    </section>
  );
}

/** What one should know before choosing. Open where there is room; on a phone the board comes first. */
function About({ raffle }: { raffle: Raffle }) {
  const { t } = useLingui();
  const format = useFormat();
  const [roomy] = useState(() => matchMedia('(min-width: 64rem)').matches);
  return (
    <details open={roomy} className={styles.about}>
      <summary>{t`Acerca del sorteo`}</summary>
      {raffle.description && <p className={styles.description}>{raffle.description}</p>}
      <ul className={styles.rules}>
        <li>
          {plural(raffle.max_numbers_per_user, {
            one: 'Hasta # número por persona',
            many: 'Hasta # de números por persona',
            other: 'Hasta # números por persona',
          })}
        </li>
        <li>
          {t`Apartados por ${format.duration(raffle.selection_seconds * 1000)} mientras escoge, y por ${format.duration(raffle.checkout_seconds * 1000)} para pagar`}
        </li>
        {raffle.sales_close_at && (
          <li>{t`La venta cierra el ${format.dateTime(raffle.sales_close_at)}`}</li>
        )}
      </ul>
    </details>
  );
}
