import { useLingui } from '@lingui/react/macro';
import { Button } from '../../../ui/Button';
import { Dialog } from '../../../ui/Dialog';
import styles from './ReviewRow.module.css';

interface Props {
  open: boolean;
  busy: boolean;
  /** The amount that is spoken of, as people read it. */
  total: string;
  onReject: (reason: string) => void;
  onClose: () => void;
}

/** Why no money has come: one tap says it, and rejects. */
export function RejectDialog({ open, busy, total, onReject, onClose }: Props) {
  const { t } = useLingui();
  const reasons = [
    t`El dinero no ha llegado`,
    t`El comprobante no es de este pago`,
    t`El comprobante ya se usó`,
    t`La imagen no se puede leer`,
  ];
  return (
    <Dialog open={open} title={t`¿Por qué rechaza este pago de ${total}?`} onClose={onClose}>
      <p>{t`Al tocar una razón, el pago queda rechazado y quien compra ve enseguida que se rechazó.`}</p>
      <div className={styles.reasons}>
        {reasons.map((reason) => (
          <Button key={reason} busy={busy} onClick={() => onReject(reason)}>
            {reason}
          </Button>
        ))}
        <Button look="quiet" onClick={onClose}>{t`No, volver`}</Button>
      </div>
    </Dialog>
  );
}
