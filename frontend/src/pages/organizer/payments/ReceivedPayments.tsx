import { useLingui } from '@lingui/react/macro';
import { useCallback, useState } from 'react';
import { errorText } from '../../../i18n/errors';
import { useValue } from '../../../sdk/hooks/useValue';
import { identity } from '../../../sdk/identity';
import { deskService } from '../../../sdk/services/deskService';
import type { Raffle } from '../../../sdk/types';
import { announce } from '../../../ui/announce';
import { Button } from '../../../ui/Button';
import { Icon } from '../../../ui/Icon';
import { Notice } from '../../../ui/Notice';
import { Skeleton } from '../../../ui/Skeleton';
import { NumberSearch } from './NumberSearch';
import styles from './PaymentInbox.module.css';
import { ReceivedRow } from './ReceivedRow';
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
  const isAdmin = useValue(identity)?.role === 'admin';
  const [shown, setShown] = useState(STEP);
  // One more than is shown says whether there are more.
  const ask = useCallback(
    () => deskService.received(raffleId, shown + 1, number ?? undefined),
    [raffleId, shown, number],
  );
  const { value: payments, failure, refresh } = usePolled(ask, EVERY_MS);
  return (
    <>
      {failure && <Notice tone="warn">{errorText(failure)}</Notice>}
      {!payments && !failure && <Skeleton height="9rem" />}
      {payments?.length === 0 && (
        <p className={styles.empty}>
          {number
            ? t`Nadie ha pagado por el ${number}.`
            : t`Todavía no ha llegado dinero. Los pagos aparecen aquí solos.`}
        </p>
      )}
      {payments && payments.length > 0 && !isAdmin && (
        <p>{t`Si hay que devolver dinero, pídalo a la administración.`}</p>
      )}
      <ul className={styles.rows}>
        {payments?.slice(0, shown).map((each) => (
          <li key={each.payment.id}>
            <ReceivedRow
              received={each}
              sought={number}
              mayRefund={isAdmin}
              onRefunded={async (told) => {
                await refresh();
                onRefunded(told);
              }}
            />
          </li>
        ))}
      </ul>
      {payments && payments.length > shown && (
        <Button onClick={() => setShown(payments.length - 1 + STEP)}>{t`Ver más`}</Button>
      )}
    </>
  );
}
