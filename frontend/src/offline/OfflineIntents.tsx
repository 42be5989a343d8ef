import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { errorText } from '../i18n/errors';
import { useValue } from '../sdk/hooks/useValue';
import type { LiveRaffle } from '../sdk/types';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';
import { NumberChips } from '../ui/NumberChips';
import styles from './OfflineIntents.module.css';
import { useIntents } from './useIntents';

/**
 * What a person wanted while there was no connection, and, once the board is live again, the
 * question whether they still do. Nothing is sent before they say so.
 */
export function OfflineIntents({ live }: { live: LiveRaffle }) {
  const { t } = useLingui();
  const { state } = useValue(live.connection);
  const { labels, intents } = useIntents(live.raffleId);
  const [asking, setAsking] = useState(false);
  const [refusals, setRefusals] = useState<readonly string[]>([]);

  async function holdAll(): Promise<void> {
    setAsking(true);
    const refused: string[] = [];
    for (const label of labels) {
      const outcome = await live.pick(label);
      if (!outcome.ok) refused.push(errorText(outcome.code, outcome.params));
      // The connection left again: the rest stays noted.
      if (!outcome.ok && (outcome.code === 'offline' || outcome.code === 'timeout')) break;
      await intents.drop([label]);
    }
    setRefusals([...new Set(refused)]);
    setAsking(false);
  }

  function forget(): void {
    setRefusals([]);
    void intents.forget();
  }

  if (labels.length === 0 && refusals.length === 0) return null;
  const isLive = state === 'live';
  return (
    <section className={styles.wanted} aria-label={t`Números que quería apartar`}>
      <Notice tone={isLive ? 'info' : 'warn'} icon="numbers">
        {labels.length > 0 && (
          <>
            <p>
              {isLive
                ? t`Estos números quería apartar:`
                : t`No se ha enviado nada. Le preguntaremos por estos cuando vuelva la conexión.`}
            </p>
            <NumberChips
              labels={labels}
              look="plain"
              onRemove={(label) => void intents.drop([label])}
            />
          </>
        )}
        {refusals.map((refusal) => (
          <p key={refusal} role="alert">
            {refusal}
          </p>
        ))}
        {(isLive || labels.length === 0) && (
          <div className={styles.actions}>
            {labels.length > 0 && (
              <Button small look="primary" busy={asking} onClick={() => void holdAll()}>
                {t`Apartar ahora`}
              </Button>
            )}
            <Button small onClick={forget}>
              {labels.length > 0 ? t`Olvidar` : t`Entendido`}
            </Button>
          </div>
        )}
      </Notice>
    </section>
  );
}
