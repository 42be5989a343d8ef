import { useLingui } from '@lingui/react/macro';
import { useCallback, useEffect, useRef, useState } from 'react';
import { errorText } from '../../../i18n/errors';
import { useFormat } from '../../../i18n/useFormat';
import { useValue } from '../../../sdk/hooks/useValue';
import { identity } from '../../../sdk/identity';
import { deskService, type Received } from '../../../sdk/services/deskService';
import type { Raffle } from '../../../sdk/types';
import { announce } from '../../../ui/announce';
import { Button } from '../../../ui/Button';
import { Icon } from '../../../ui/Icon';
import { Notice } from '../../../ui/Notice';
import { Skeleton } from '../../../ui/Skeleton';
import { tellDecided } from './decisions';
import { NumberSearch } from './NumberSearch';
import styles from './PaymentInbox.module.css';
import { ReceivedRow } from './ReceivedRow';
import { shortText } from './receivedText';
import { useHeldList } from './useHeldList';
import { usePolled } from './usePolled';

const EVERY_MS = 30_000;
const STEP = 20;

/** What has brought money to a raffle, the newest first; for an admin, with a way to send it back. */
export function ReceivedPayments({ raffle }: { raffle: Raffle }) {
  const { t } = useLingui();
  const [number, setNumber] = useState<string | null>(null);
  const [result, setResult] = useState('');
  return (
    <section className={styles.inbox} aria-labelledby="received-payments">
      <h2 id="received-payments">{t`Pagos recibidos`}</h2>
      <NumberSearch raffle={raffle} found={number} onSearch={setNumber} />
      <List
        key={number}
        raffleId={raffle.id}
        number={number}
        onRefunded={(told) => {
          setResult(told);
          announce(told);
        }}
      />
      <p className={styles.result} hidden={result === ''}>
        <Icon name="info" /> {result}
      </p>
    </section>
  );
}

interface ListProps {
  raffleId: string;
  number: string | null;
  onRefunded: (told: string) => void;
}

function List({ raffleId, number, onRefunded }: ListProps) {
  const { t } = useLingui();
  const format = useFormat();
  const isAdmin = useValue(identity)?.role === 'admin';
  const [shown, setShown] = useState(STEP);
  // One more than is shown says whether there are more.
  const ask = useCallback(async () => {
    const found = await deskService.received(raffleId, shown + 1, number ?? undefined);
    return { payments: found.slice(0, shown), upTo: shown, hasMore: found.length > shown };
  }, [raffleId, shown, number]);
  const { value, failure, refresh } = usePolled(ask, EVERY_MS);
  const payments = value?.payments;
  const isComing = value !== null && value.upTo < shown;
  const [rows, hold] = useHeldList(payments ?? [], idOf);
  const nobody = number && t`Nadie ha pagado por el ${number}.`;
  const list = useRef<HTMLUListElement>(null);
  const foot = useRef<HTMLDivElement>(null);
  const before = useRef<number | null>(null);

  // Where the new ones begin, unless the person has gone elsewhere meanwhile.
  useEffect(() => {
    if (before.current === null || value?.upTo !== shown) return;
    const { activeElement } = document;
    if (activeElement === document.body || foot.current?.contains(activeElement)) {
      const first = list.current?.children[before.current];
      first?.querySelector('h3')?.focus({ preventScroll: true });
    }
    before.current = null;
  }, [value, shown]);

  const [first] = payments ?? [];
  const found = first
    ? shortText(first, format.money(first.payment.amount, first.payment.currency))
    : nobody;
  const answer = number !== null && payments ? found : null;
  const said = useRef(false);
  useEffect(() => {
    if (!answer || said.current) return;
    said.current = true;
    announce(answer);
  }, [answer]);

  function more(): void {
    before.current = rows.length;
    if (isComing) void refresh();
    else setShown(shown + STEP);
  }

  return (
    <>
      {failure && <Notice tone="warn">{errorText(failure)}</Notice>}
      {!payments && !failure && <Skeleton height="9rem" />}
      {payments?.length === 0 && (
        <p className={styles.empty}>
          {nobody ?? t`Todavía no ha llegado dinero. Los pagos aparecen aquí solos.`}
        </p>
      )}
      {payments && payments.length > 0 && !isAdmin && (
        <p>{t`Si hay que devolver dinero, pídalo a la administración.`}</p>
      )}
      <ul ref={list} className={styles.rows}>
        {rows.map((each) => (
          <li key={each.payment.id}>
            <ReceivedRow
              received={each}
              sought={number}
              mayRefund={isAdmin}
              onRefunded={async (told) => {
                await refresh();
                tellDecided();
                onRefunded(told);
              }}
              onRefused={() => void refresh()}
              onOpen={hold}
            />
          </li>
        ))}
      </ul>
      {(value?.hasMore || isComing) && (
        <div ref={foot}>
          <Button busy={isComing && !failure} onClick={more}>{t`Ver más`}</Button>
        </div>
      )}
    </>
  );
}

const idOf = ({ payment }: Received) => payment.id;
