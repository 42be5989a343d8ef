import { useLingui } from '@lingui/react/macro';
import { useRef, useState } from 'react';
import { useFormat } from '../../../i18n/useFormat';
import { ApiError } from '../../../sdk/errors';
import { deskService, type Received } from '../../../sdk/services/deskService';
import { announce } from '../../../ui/announce';
import { Dialog } from '../../../ui/Dialog';
import { type RefundDraft, RefundSteps } from './RefundSteps';
import { refundedText, refundRefusedText } from './receivedText';

interface Props {
  open: boolean;
  received: Received;
  /** The number that the person came for. */
  sought: string | null;
  onClose: () => void;
  onRefused: () => void;
  /** Money goes back; `told` is how. The dialog stays busy until this resolves, and is closed by it. */
  onDone: (told: string) => Promise<void>;
}

/** Sends back what numbers have cost, and stays open until it is known whether that was done. */
export function RefundDialog({ open, received, sought, onClose, onRefused, onDone }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const sending = useRef(false);
  const { payment, unit_price, refund_by_hand } = received;

  function leave(): void {
    if (sending.current) return;
    setFailure(null);
    onClose();
  }

  async function send({ numbers, reason }: RefundDraft): Promise<void> {
    if (sending.current) return;
    sending.current = true;
    setBusy(true);
    setFailure(null);
    const amount = unit_price * numbers.length;
    const money = amount === 0 ? null : format.money(amount, payment.currency);
    try {
      const sent = await deskService.refund(payment.id, reason.trim(), numbers);
      await onDone(refundedText(sent, numbers, money, refund_by_hand));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const text = refundRefusedText(error);
      setFailure(text);
      announce(text, 'assertive');
      onRefused();
    } finally {
      sending.current = false;
      setBusy(false);
    }
  }

  return (
    <Dialog
      open={open}
      title={unit_price === 0 ? t`Liberar números` : t`Devolver dinero`}
      onClose={leave}
    >
      <RefundSteps
        received={received}
        sought={sought}
        busy={busy}
        failure={failure}
        onSend={(draft) => void send(draft)}
        onClose={leave}
      />
    </Dialog>
  );
}
