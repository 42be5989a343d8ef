import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useCallback, useMemo, useState } from 'react';
import { errorText } from '../../../i18n/errors';
import { deskService, type Review } from '../../../sdk/services/deskService';
import { announce } from '../../../ui/announce';
import { Icon } from '../../../ui/Icon';
import { Notice } from '../../../ui/Notice';
import { Skeleton } from '../../../ui/Skeleton';
import { tellDecided } from './decisions';
import styles from './PaymentInbox.module.css';
import { ReviewRow } from './ReviewRow';
import { useHeldList } from './useHeldList';
import { useLateFocus } from './useLateFocus';
import { usePolled } from './usePolled';
import { useSteadyList } from './useSteadyList';

const EVERY_MS = 5_000;

/** What waits for the organizer's word in a raffle, the oldest first. */
export function PaymentInbox({ raffleId }: { raffleId: string }) {
  const { t } = useLingui();
  const ask = useCallback(() => deskService.waiting(raffleId), [raffleId]);
  const { value: waiting, failure } = usePolled(ask, EVERY_MS);
  const [done, setDone] = useState<ReadonlySet<string>>(new Set());
  const [result, setResult] = useState('');
  const [heading, focusHeading] = useLateFocus<HTMLHeadingElement>();
  const rows = useMemo(
    () => waiting?.filter(({ payment }) => !done.has(payment.id)) ?? [],
    [waiting, done],
  );
  const [shown, hold] = useHeldList(rows, idOf);
  const ids = useMemo(() => shown.map(idOf), [shown]);
  const isSteady = useSteadyList(ids);

  function leave(id: string, told: string): void {
    setDone((before) => new Set(before).add(id));
    hold(false);
    setResult(told);
    announce(told);
    // The row takes the focus with it.
    focusHeading();
    tellDecided();
  }

  return (
    <section className={styles.inbox} aria-labelledby="payment-inbox">
      <h2 id="payment-inbox" ref={heading} tabIndex={-1}>
        {t`Pagos por revisar`} {waiting && <span className={styles.count}>{rows.length}</span>}
      </h2>
      {failure && <Notice tone="warn">{errorText(failure)}</Notice>}
      {!waiting && !failure && <Skeleton height="14rem" />}
      {waiting && shown.length === 0 && (
        <p className={styles.empty}>
          <Icon name="check" />
          <Trans>No hay pagos pendientes. Los nuevos aparecen aquí solos.</Trans>
        </p>
      )}
      <ul className={styles.rows}>
        {shown.map((review) => (
          <li key={review.payment.id}>
            <ReviewRow
              review={review}
              isSteady={isSteady}
              onAsk={hold}
              onDone={(told) => leave(review.payment.id, told)}
            />
          </li>
        ))}
      </ul>
      {rows.length >= 200 && (
        <p>
          <Plural
            value={rows.length}
            one="Se muestra el más antiguo."
            many="Se muestran los # más antiguos."
            other="Se muestran los # más antiguos."
          />
        </p>
      )}
      <p className={styles.result} hidden={result === ''}>
        <Icon name="info" /> {result}
      </p>
    </section>
  );
}

function idOf({ payment }: Review): string {
  return payment.id;
}
