import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import type { LiveRaffle, Recovery } from '../../../sdk/types';
import { Button } from '../../../ui/Button';
import { Notice } from '../../../ui/Notice';
import { useCommand } from '../useCommand';
import styles from './ExpiredDialog.module.css';

/** For each number that is gone the nearest free one, to be held with one tap. */
export function Proposals({ live, recovery }: { live: LiveRaffle; recovery: Recovery }) {
  const { t } = useLingui();
  const [taken, setTaken] = useState<readonly string[]>([]);
  const { busy, refusal, run } = useCommand();

  async function take(label: string): Promise<void> {
    const outcome = await run(() => live.pick(label));
    if (outcome?.ok) setTaken((before) => [...before, label]);
  }

  return (
    <div className={styles.proposals}>
      <p>{t`Otra persona apartó los demás. El libre más cercano:`}</p>
      <ul>
        {recovery.gone.map((gone, place) => {
          const near = recovery.proposed[place];
          return (
            <li key={gone} className={styles.proposal}>
              <span>
                <s>{gone}</s>
              </span>
              {near === undefined ? (
                <span>{t`No quedan libres`}</span>
              ) : taken.includes(near) ? (
                <span className={styles.taken}>{t`Apartó el ${near}`}</span>
              ) : (
                <Button busy={busy} onClick={() => take(near)}>
                  {t`Apartar el ${near}`}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {refusal && <Notice tone="danger">{refusal}</Notice>}
    </div>
  );
}
