import { useLingui } from '@lingui/react/macro';
import { useCallback, useState } from 'react';
import { errorText } from '../../../i18n/errors';
import { deskService, type MoneyCase } from '../../../sdk/services/deskService';
import { announce } from '../../../ui/announce';
import { Icon } from '../../../ui/Icon';
import { Notice } from '../../../ui/Notice';
import { Skeleton } from '../../../ui/Skeleton';
import { CaseCard } from './CaseCard';
import { tellDecided } from './decisions';
import styles from './PaymentInbox.module.css';
import { useHeldList } from './useHeldList';
import { useLateFocus } from './useLateFocus';
import { usePolled } from './usePolled';

const EVERY_MS = 15_000;

/** Money that a person has to look at, the most urgent first: of a raffle, or for null of all. */
export function MoneyCases({ raffleId }: { raffleId: string | null }) {
  const { t } = useLingui();
  const ask = useCallback(() => deskService.cases(raffleId), [raffleId]);
  const { value: cases, failure, refresh } = usePolled(ask, EVERY_MS);
  const [settled, setSettled] = useState<ReadonlySet<string>>(new Set());
  const [heading, focusHeading] = useLateFocus<HTMLHeadingElement>();
  const open = cases?.filter(({ id }) => !settled.has(id)) ?? [];
  const [shown, hold] = useHeldList(open, idOf);

  function settle(id: string): void {
    setSettled((before) => new Set(before).add(id));
    hold(false);
    announce(t`Caso cerrado.`);
    focusHeading();
    tellDecided();
  }

  return (
    <section className={styles.inbox} aria-labelledby="money-cases">
      <h2 id="money-cases" ref={heading} tabIndex={-1}>
        {t`Dinero por resolver`} {cases && <span className={styles.count}>{open.length}</span>}
      </h2>
      {failure && <Notice tone="warn">{errorText(failure)}</Notice>}
      {!cases && !failure && <Skeleton height="4rem" />}
      {cases && shown.length === 0 && (
        <p className={styles.empty}>
          <Icon name="check" />
          {t`Todo el dinero está donde debe.`}
        </p>
      )}
      <ul className={styles.rows}>
        {shown.map((each) => {
          const isGone = !open.includes(each);
          return (
            <li key={each.id}>
              <CaseCard
                about={each}
                namesRaffle={raffleId === null}
                isGone={isGone}
                onSettled={() => settle(each.id)}
                onRefused={() => void refresh()}
                onOpen={(isOpen) => {
                  hold(isOpen);
                  if (!isOpen && isGone) focusHeading();
                }}
              />
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const idOf = ({ id }: MoneyCase) => id;
