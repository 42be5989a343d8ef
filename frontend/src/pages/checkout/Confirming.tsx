import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import styles from './Attempt.module.css';

/** Something is on its way, and there is nothing to do but wait. */
export function Waiting({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.waiting} aria-busy="true">
      <span className={styles.spinner} aria-hidden="true" />
      <div className={styles.words}>
        <p className={styles.title}>{title}</p>
        {children}
      </div>
    </div>
  );
}

/** The bank has the word. */
export function Confirming() {
  const { t } = useLingui();
  return (
    <Waiting title={t`Confirmando con el banco…`}>
      <p>{t`Suele tardar unos segundos. Puede dejar esta página abierta: aquí le avisamos.`}</p>
    </Waiting>
  );
}
