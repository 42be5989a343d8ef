import { plural } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { useFormat } from '../../../i18n/useFormat';
import { Button } from '../../../ui/Button';
import styles from './FloatingCheckoutButton.module.css';

export interface FloatingCheckoutButtonProps {
  selectedCount: number;
  /** In minor units of `currency`. */
  totalAmount: number;
  onCheckout: () => void;
  onCancel: () => void;
  disabled?: boolean;
  /** ISO 4217; colones when left out. */
  currency?: string;
  /** An answer to one of the two is awaited. */
  busy?: boolean;
  /** What the main button says. */
  checkoutLabel?: string;
  /** A word about the main button; only where there is room for it. */
  note?: ReactNode;
  /** Stands above the total: a timer, the numbers. */
  children?: ReactNode;
}

/**
 * What is chosen, what it costs, and the two ways on. Stays at the lower edge of the screen while
 * its container is longer than the screen; shows nothing while nothing is chosen.
 */
export function FloatingCheckoutButton({
  selectedCount,
  totalAmount,
  onCheckout,
  onCancel,
  disabled = false,
  currency = 'CRC',
  busy = false,
  checkoutLabel,
  note,
  children,
}: FloatingCheckoutButtonProps) {
  const { t } = useLingui();
  const format = useFormat();
  if (selectedCount === 0) return null;
  return (
    <section className={styles.bar} aria-label={t`Sus números`}>
      {children}
      <div className={styles.actions}>
        <Button look="quiet" small onClick={onCancel} disabled={disabled}>
          {t`Cancelar`}
        </Button>
        <p className={styles.sum}>
          <span>
            {plural(selectedCount, { one: '# número', many: '# de números', other: '# números' })}
          </span>
          <strong>{format.money(totalAmount, currency)}</strong>
        </p>
        <Button look="primary" onClick={onCheckout} disabled={disabled} busy={busy}>
          {checkoutLabel ?? t`Ir a pagar`}
        </Button>
      </div>
      {note && <p className={styles.note}>{note}</p>}
    </section>
  );
}
