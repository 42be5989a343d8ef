import { useLingui } from '@lingui/react/macro';
import { useEffect, useRef, useState } from 'react';
import { useFormat } from '../../../i18n/useFormat';
import { ApiError } from '../../../sdk/errors';
import { deskService, type Review } from '../../../sdk/services/deskService';
import { announce } from '../../../ui/announce';
import { Button } from '../../../ui/Button';
import { focusFirstError } from '../../../ui/Field';
import { Notice } from '../../../ui/Notice';
import { NumberChips } from '../../../ui/NumberChips';
import { parsePrice } from '../price';
import { type ArrivalDraft, ArrivalFields } from './ArrivalFields';
import { BuyerFact } from './BuyerFact';
import { approvedText, movedOnText, refusedText } from './outcomeText';
import { ReceiptPictures } from './ReceiptPictures';
import { RejectDialog } from './RejectDialog';
import styles from './ReviewRow.module.css';
import { isReference, readDeclared, shortReference, withBank } from './reference';

interface Props {
  review: Review;
  /** Whether a tap now was meant for this row. */
  isSteady: () => boolean;
  /** It asks for a reason, or has stopped asking: meanwhile it must not be taken away. */
  onAsk: (isAsking: boolean) => void;
  /** It needs nobody any more; `told` is what became of it. */
  onDone: (told: string) => void;
}

/** One payment, and the two words that the organizer can say of it. */
export function ReviewRow({ review, isSteady, onAsk, onDone }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const { payment, contact } = review;
  const { suggestion } = review;
  const declared = readDeclared(review.declared_reference);
  // The bank's own word, where there is one, before the buyer's.
  const { reference: known, bank } = suggestion ?? declared;
  const said = { reference: known, bank, amount: '' };
  const arrived = suggestion?.amount ?? payment.amount;
  const [edited, setEdited] = useState<ArrivalDraft | null>(null);
  const [rejecting, setRejecting] = useState(false);
  const [busy, setBusy] = useState(false);
  /** How often the person wanted to go on with fields that are wrong. */
  const [refusals, setRefusals] = useState(0);
  const [failure, setFailure] = useState<string | null>(null);
  const sending = useRef(false);
  const row = useRef<HTMLElement>(null);

  const isOpen = edited !== null || known === '';
  const draft = isOpen ? (edited ?? said) : said;
  const amount = draft.amount.trim() === '' ? arrived : parsePrice(draft.amount, payment.currency);
  const total = format.money(amount ?? arrived, payment.currency);
  const reference = shortReference(draft.reference.trim());
  const waited = format.duration(Date.parse(payment.server_time) - Date.parse(payment.created_at));

  useEffect(() => {
    if (refusals > 0 && row.current) focusFirstError(row.current);
  }, [refusals]);

  function ask(isAsking: boolean): void {
    setRejecting(isAsking);
    onAsk(isAsking);
  }

  async function decide(call: () => Promise<string>): Promise<void> {
    if (sending.current || !isSteady()) return;
    sending.current = true;
    setBusy(true);
    setFailure(null);
    try {
      onDone(await call());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 'wrong_phase') return onDone(movedOnText(error.params.status));
      const text = refusedText(error);
      setFailure(text);
      announce(text, 'assertive');
      if (error.code === 'reference_taken') setEdited(draft);
    } finally {
      sending.current = false;
      setBusy(false);
      ask(false);
    }
  }

  function approve(): void {
    if (!isReference(draft.reference) || !amount) {
      setEdited(draft);
      setRefusals(refusals + 1);
      return;
    }
    setRefusals(0);
    const arrival = { reference: draft.reference.trim(), bank: draft.bank.trim(), amount };
    void decide(async () => approvedText(await deskService.approve(payment.id, arrival)));
  }

  function reject(reason: string): void {
    void decide(async () => {
      await deskService.reject(payment.id, reason);
      return t`Rechazado: ${format.money(payment.amount, payment.currency)}. No se vendió nada.`;
    });
  }

  return (
    <article ref={row} className={styles.row} aria-labelledby={`amount-${payment.id}`}>
      <header className={styles.head}>
        <h3 id={`amount-${payment.id}`} className={styles.amount}>
          {format.money(payment.amount, payment.currency)}
        </h3>
        {review.code && <code className={styles.code}>{review.code}</code>}
      </header>
      <NumberChips labels={payment.number_ids} look="plain" />
      <dl className={styles.facts}>
        <BuyerFact contact={contact} />
        <dt>{t`Comprobante`}</dt>
        <dd className={styles.reference}>{declared.reference || t`No lo escribió`}</dd>
        {declared.bank && (
          <>
            <dt>{t`Banco`}</dt>
            <dd>{declared.bank}</dd>
          </>
        )}
        <dt>{t`Espera`}</dt>
        <dd>
          {payment.expires_at
            ? t`desde hace ${waited}; quedan ${format.duration(payment.expires_in_ms)}`
            : t`desde hace ${waited}; el apartado ya venció`}
        </dd>
      </dl>
      {review.receipts.length > 0 && (
        <ReceiptPictures paymentId={payment.id} count={review.receipts.length} />
      )}
      {suggestion && <Arrived {...suggestion} due={payment.amount} currency={payment.currency} />}
      {isOpen ? (
        <ArrivalFields
          draft={draft}
          currency={payment.currency}
          due={payment.amount}
          arrived={arrived}
          amount={amount}
          isChecked={refusals > 0}
          onChange={setEdited}
        />
      ) : (
        <div>
          <Button look="quiet" small onClick={() => setEdited(said)}>
            {t`Corregir comprobante o monto`}
          </Button>
        </div>
      )}
      {failure && <p className={styles.failure}>{failure}</p>}
      <div className={styles.actions}>
        <Button look="primary" icon="check" busy={busy} onClick={approve}>
          {reference ? t`Aprobar ${total} · ref ${reference}` : t`Aprobar ${total}`}
        </Button>
        <Button busy={busy} onClick={() => isSteady() && ask(true)}>
          {t`Rechazar`}
        </Button>
      </div>
      <RejectDialog
        open={rejecting}
        busy={busy}
        total={format.money(payment.amount, payment.currency)}
        onReject={reject}
        onClose={() => ask(false)}
      />
    </article>
  );
}

/** That the organizer's bank has told of a transfer which is this payment's. */
function Arrived({
  reference,
  bank,
  amount,
  due,
  currency,
}: NonNullable<Review['suggestion']> & { due: number; currency: string }) {
  const { t } = useLingui();
  const format = useFormat();
  const money = format.money(amount, currency);
  const receipt = withBank(reference, bank);
  return (
    <Notice tone={amount === due ? 'ok' : 'warn'}>
      <p>{t`El banco avisó que llegaron ${money}, comprobante ${receipt}.`}</p>
      {amount !== due && (
        <p>{t`No es el monto exacto: al aprobar no se venderá nada y quedará un caso abierto.`}</p>
      )}
    </Notice>
  );
}
