import { useLingui } from '@lingui/react/macro';
import { Icon } from '../../ui/Icon';
import styles from './Steps.module.css';

const ORDER = ['contact', 'payment', 'done'] as const;
type Step = (typeof ORDER)[number];

/** Where a person is on the way from choosing to owning. */
export function Steps({ current }: { current: Step }) {
  const { t } = useLingui();
  const names: Record<Step, string> = { contact: t`Datos`, payment: t`Pago`, done: t`Listo` };
  const at = ORDER.indexOf(current);
  return (
    <ol className={styles.steps} aria-label={t`Pasos`}>
      {ORDER.map((step, place) => (
        <li
          key={step}
          className={place < at ? styles.past : place === at ? styles.now : ''}
          aria-current={place === at ? 'step' : undefined}
        >
          <span className={styles.mark}>
            {place < at ? <Icon name="check" size={16} /> : place + 1}
          </span>
          {names[step]}
        </li>
      ))}
    </ol>
  );
}
