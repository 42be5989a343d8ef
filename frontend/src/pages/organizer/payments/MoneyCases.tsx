import { useLingui } from '@lingui/react/macro';
import { useCallback, useRef, useState } from 'react';
import { errorText } from '../../../i18n/errors';
import { deskService } from '../../../sdk/services/deskService';
import { announce } from '../../../ui/announce';
import { Icon } from '../../../ui/Icon';
import { Notice } from '../../../ui/Notice';
import { Skeleton } from '../../../ui/Skeleton';
import { CaseCard } from './CaseCard';
import styles from './PaymentInbox.module.css';
import { usePolled } from './usePolled';

const EVERY_MS = 15_000;

/** Money that a person has to look at, the most urgent first: of a raffle, or for null of all. */
export function MoneyCases({ raffleId }: { raffleId: string | null }) {
  const { t } = useLingui();
  const ask = useCallback(() => deskService.cases(raffleId), [raffleId]);
  const { value: cases, failure, refresh } = usePolled(ask, EVERY_MS);
  const [settled, setSettled] = useState<ReadonlySet<string>>(new Set());
  const heading = useRef<HTMLHeadingElement>(null);
  const open = cases?.filter(({ id }) => !settled.has(id)) ?? [];

  function settle(id: string): void {
    setSettled((before) => new Set(before).add(id));
    announce(t`Caso cerrado.`);
    heading.current?.focus({ preventScroll: true });
    void refresh();
  }

  return (
    <section className={styles.inbox} aria-labelledby="money-cases">
      <h2 id="money-cases" ref={heading} tabIndex={-1}>
        {t`Dinero por resolver`} {cases && <span className={styles.count}>{open.length}</span>}
      </h2>
      {failure && <Notice tone="warn">{errorText(failure)}</Notice>}
      {!cases && !failure && <Skeleton height="4rem" />}
      {cases && open.length === 0 && (
        <p className={styles.empty}>
          <Icon name="check" />
          {t`Todo el dinero está donde debe.`}
        </p>
      )}
      <ul className={styles.rows}>
        {open.map((each) => (
          <li key={each.id}>
            <CaseCard
              about={each}
              namesRaffle={raffleId === null}
              onSettled={() => settle(each.id)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
