import { useLingui } from '@lingui/react/macro';
import { useEffect, useRef, useState } from 'react';
import { useFormat } from '../../../i18n/useFormat';
import type { Received } from '../../../sdk/services/deskService';
import { Button } from '../../../ui/Button';
import { DialogActions } from '../../../ui/Dialog';
import { Notice } from '../../../ui/Notice';
import { methodName } from './methodName';
import { RefundForm } from './RefundForm';
import { changedText, numbersLeft } from './receivedText';

export interface RefundDraft {
  numbers: readonly string[];
  reason: string;
}

interface Props {
  received: Received;
  sought: string | null;
  busy: boolean;
  failure: string | null;
  onSend: (draft: RefundDraft) => void;
  onClose: () => void;
}

/** First which numbers and why, then once more with all that follows. */
export function RefundSteps({ received, sought, busy, failure, onSend, onClose }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const { payment, unit_price, contact, refund_by_hand } = received;
  const left = numbersLeft(received);
  const [draft, setDraft] = useState<RefundDraft>(() => ({
    numbers: left.length === 1 ? left : left.filter((label) => label === sought),
    reason: '',
  }));
  const [isSure, setSure] = useState(false);
  const [isBack, setBack] = useState(false);
  const summary = useRef<HTMLParagraphElement>(null);
  // What somebody else has given back meanwhile is not given back again, unless this sends it itself.
  const numbers = busy ? draft.numbers : draft.numbers.filter((label) => left.includes(label));
  const isGone = !busy && (isSure ? numbers : left).length === 0;
  const list = numbers.join(', ');
  const isFree = unit_price === 0;
  const money = format.money(unit_price * numbers.length, payment.currency);

  useEffect(() => {
    if (isSure || isGone) summary.current?.focus();
  }, [isSure, isGone]);

  if (isGone) {
    return (
      <>
        <p ref={summary} tabIndex={-1}>
          {changedText()}
        </p>
        <DialogActions>
          <Button onClick={onClose}>{t`Cerrar`}</Button>
        </DialogActions>
      </>
    );
  }
  if (!isSure) {
    return (
      <RefundForm
        draft={{ ...draft, numbers }}
        left={left}
        money={isFree ? null : money}
        isBack={isBack}
        onChange={setDraft}
        onNext={() => setSure(true)}
        onClose={onClose}
      />
    );
  }
  return (
    <>
      <p ref={summary} tabIndex={-1}>
        <strong>
          {isFree
            ? t`No hay dinero que devolver: estos números no costaron nada.`
            : contact?.name
              ? t`Se devuelven ${money} a ${contact.name}.`
              : t`Se devuelven ${money} a quien compró.`}
        </strong>
      </p>
      {!isFree && (
        <p>
          {refund_by_hand
            ? t`Este dinero no vuelve solo: una persona debe enviarlo. Quedará en «Dinero por resolver» hasta que se marque como enviado.`
            : t`Vuelve por donde se pagó: ${methodName(payment.provider)}.`}
        </p>
      )}
      <p>{t`Quedan libres y cualquiera los puede comprar: ${list}. No se puede deshacer.`}</p>
      {failure && <Notice tone="danger">{failure}</Notice>}
      <DialogActions>
        <Button look="danger" busy={busy} onClick={() => onSend({ ...draft, numbers })}>
          {isFree
            ? numbers.length === 1
              ? t`Liberar ${list}`
              : t`Liberar números`
            : t`Devolver ${money}`}
        </Button>
        <Button
          busy={busy}
          onClick={() => {
            setBack(true);
            setSure(false);
          }}
        >
          {t`Volver`}
        </Button>
      </DialogActions>
    </>
  );
}
