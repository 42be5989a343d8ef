import { useLingui } from '@lingui/react/macro';
import { useValue } from '../sdk/hooks/useValue';
import type { Observable } from '../sdk/observable';
import type { ConnectionView } from '../sdk/types';
import styles from './ConnectionDot.module.css';

/** One word about the connection, beside a dot whose shape tells it too. */
export function ConnectionDot({ connection }: { connection: Observable<ConnectionView> }) {
  const { t } = useLingui();
  const { state, offline, maintenance } = useValue(connection);
  if (state === 'live') {
    return <span className={`${styles.dot} ${styles.live}`}>{t`En vivo`}</span>;
  }
  if (state === 'blocked' || state === 'closed') {
    return <span className={`${styles.dot} ${styles.off}`}>{t`Desconectado`}</span>;
  }
  const word = offline ? t`Sin conexión` : maintenance ? t`Mantenimiento` : t`Conectando`;
  return <span className={`${styles.dot} ${offline ? styles.off : styles.trying}`}>{word}</span>;
}
