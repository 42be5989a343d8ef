import { useLingui } from '@lingui/react/macro';
import { useEffect, useState } from 'react';
import { announce } from '../../ui/announce';
import { Button } from '../../ui/Button';
import styles from './Sinpe.module.css';

interface Props {
  label: string;
  /** As a person reads it. */
  shown: string;
  /** As it is to be pasted elsewhere. */
  value?: string;
}

const THANKS_MS = 2_500;

/** Something to carry over to another application, with a button that copies it. */
export function CopyRow({ label, shown, value = shown }: Props) {
  const { t } = useLingui();
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null);

  useEffect(() => {
    if (outcome !== 'copied') return;
    const timer = setTimeout(() => setOutcome(null), THANKS_MS);
    return () => clearTimeout(timer);
  }, [outcome]);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      // Old browsers have no clipboard, and some ask first and are told no: it can still be read.
      setOutcome('refused');
      announce(t`No se pudo copiar. ${label}: ${shown}`, 'assertive');
      return;
    }
    setOutcome('copied');
    announce(t`Copiado: ${label}`);
  }

  return (
    <div className={styles.row}>
      <dt className={styles.label}>{label}</dt>
      <dd className={styles.value}>
        {shown}
        {outcome === 'refused' && (
          <span className={styles.refused}>{t`Manténgalo presionado para copiarlo.`}</span>
        )}
      </dd>
      <dd>
        <Button
          icon={outcome === 'copied' ? 'check' : 'copy'}
          aria-label={t`Copiar: ${label}`}
          onClick={copy}
        >
          {outcome === 'copied' ? t`Copiado` : t`Copiar`}
        </Button>
      </dd>
    </div>
  );
}
