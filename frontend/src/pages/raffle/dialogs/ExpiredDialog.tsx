import { useLingui } from '@lingui/react/macro';
import { useEffect, useState } from 'react';
import type { LiveRaffle, Recovery, Reservation } from '../../../sdk/types';
import { announce } from '../../../ui/announce';
import { Button } from '../../../ui/Button';
import { Dialog, DialogActions } from '../../../ui/Dialog';
import { Notice } from '../../../ui/Notice';
import { NumberChips } from '../../../ui/NumberChips';
import { useCommand } from '../useCommand';
import styles from './ExpiredDialog.module.css';
import { Proposals } from './Proposals';

interface Props {
  live: LiveRaffle;
  /** The hold that ended; null when there is none to bring back. */
  expired: Reservation | null;
  /** Still true that numbers can be held here. */
  selling: boolean;
  /** Numbers are held again, and the person has seen which. */
  onRecovered?: () => void;
}

/** After a hold ended by its deadline: brings back what is still free, proposes for the rest. */
export function ExpiredDialog({ live, expired, selling, onRecovered }: Props) {
  const { t } = useLingui();
  const [recovery, setRecovery] = useState<Recovery | null>(null);
  const { busy, refusal, run } = useCommand();
  const deadline = expired?.id;

  useEffect(() => {
    if (!deadline) return;
    setRecovery(null);
    announce(t`El tiempo terminó y sus números se liberaron.`, 'assertive');
  }, [deadline, t]);

  async function recover(): Promise<void> {
    await run(async () => {
      const result = await live.recover();
      const all = result.outcome.ok && result.gone.length === 0;
      // When nothing came of it, the question stays, with the reason and the way to try again.
      setRecovery(result.gone.length > 0 ? result : null);
      if (result.regained.length > 0) announce(t`Recuperó ${result.regained.join(', ')}.`);
      if (all) onRecovered?.();
      return result.outcome;
    });
  }

  function close(): void {
    const regained = (recovery?.regained.length ?? 0) > 0;
    setRecovery(null);
    live.forgetExpired();
    if (regained) onRecovered?.();
  }

  if (recovery) {
    return (
      <Dialog open title={t`Sus números`} onClose={close}>
        {recovery.regained.length > 0 && (
          <Notice tone="ok">
            <p>{t`Recuperó estos números. El reloj empezó de nuevo.`}</p>
            <NumberChips labels={recovery.regained} />
          </Notice>
        )}
        <Proposals live={live} recovery={recovery} />
        <DialogActions>
          <Button look="primary" onClick={close}>
            {t`Seguir`}
          </Button>
        </DialogActions>
      </Dialog>
    );
  }

  return (
    <Dialog open={expired !== null} title={t`El tiempo terminó`} onClose={close}>
      <p>{t`Se liberaron sus números, para que otras personas también puedan escoger.`}</p>
      <div className={styles.numbers}>
        <NumberChips labels={expired?.number_ids ?? []} look="plain" />
      </div>
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <DialogActions>
        {selling && (
          <Button look="primary" busy={busy} onClick={recover}>
            {t`Recuperar mis números`}
          </Button>
        )}
        <Button onClick={close}>{selling ? t`Escoger otros` : t`Cerrar`}</Button>
      </DialogActions>
    </Dialog>
  );
}
