import { useLingui } from '@lingui/react/macro';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { errorText } from '../../../i18n/errors';
import { useFormat } from '../../../i18n/useFormat';
import { ApiError } from '../../../sdk/errors';
import { serverClock } from '../../../sdk/serverClock';
import { deskService, type MoneyCase } from '../../../sdk/services/deskService';
import { announce } from '../../../ui/announce';
import { Button } from '../../../ui/Button';
import { Dialog, DialogActions } from '../../../ui/Dialog';
import { Field } from '../../../ui/Field';
import { Notice } from '../../../ui/Notice';
import styles from './CaseCard.module.css';
import { caseText, ownerText } from './caseText';
import { methodName } from './methodName';
import { paymentsAddress } from './paymentsAddress';
import { readDeclared, withBank } from './reference';

const SOON_MS = 4 * 3_600_000;
type Resolution = 'refund' | 'keep';

interface Props {
  about: MoneyCase;
  /** Whether it says which raffle it is of. */
  namesRaffle: boolean;
  /** It was closed elsewhere while its dialog is open. */
  isGone: boolean;
  onSettled: () => void;
  /** A decision was refused, or nobody knows: what is shown may not be so any more. */
  onRefused: () => void;
  /** Its dialog opens or closes. */
  onOpen: (isOpen: boolean) => void;
}

/** One case: what happened, until when somebody must decide, and the decision. */
export function CaseCard({ about, namesRaffle, isGone, onSettled, onRefused, onOpen }: Props) {
  const { t } = useLingui();
  const format = useFormat();
  const [asked, setAsked] = useState<Resolution | null>(null);
  const [note, setNote] = useState('');
  const [isMissing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const sending = useRef(false);
  const changed = useRef<HTMLParagraphElement>(null);
  // While it is sent, it may be this very decision that has closed it.
  const isOver = isGone && !busy;
  const changedText = t`El pago de este caso cambió mientras tanto. Cierre esta ventana y mírelo de nuevo.`;
  const { title, meaning, giveBack } = caseText(about.kind);
  const facts = about.facts as Record<string, unknown>;
  const money = (amount: unknown) =>
    typeof amount === 'number' && about.currency !== ''
      ? format.money(amount, about.currency)
      : null;
  const left = Date.parse(about.deadline) - serverClock.now();
  const keep = giveBack ? t`Cerrar sin devolver` : t`Marcar como resuelto`;

  useEffect(() => {
    if (isOver) changed.current?.focus();
  }, [isOver]);

  function ask(about: Resolution | null): void {
    if (sending.current) return;
    setAsked(about);
    setFailure(null);
    onOpen(about !== null);
  }

  async function resolve(event: FormEvent): Promise<void> {
    event.preventDefault();
    setMissing(note.trim() === '');
    if (!asked || note.trim() === '' || sending.current) return;
    sending.current = true;
    setBusy(true);
    setFailure(null);
    try {
      await deskService.resolve(about.id, asked, note.trim());
      onSettled();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const text = error.code === 'wrong_phase' ? changedText : errorText(error.code, error.params);
      setFailure(text);
      announce(text, 'assertive');
      onRefused();
    } finally {
      sending.current = false;
      setBusy(false);
    }
  }

  const known: [string, string | null][] = [
    [t`Se esperaba`, money(facts.asked)],
    [t`Llegó`, money(facts.captured)],
    [t`Devuelto`, facts.refunded ? money(facts.refunded) : null],
    [t`Por medio de`, typeof facts.provider === 'string' ? methodName(facts.provider) : null],
    [t`Comprobante`, referenceText(facts)],
    [t`A cargo de`, ownerText(about.owner)],
    [t`Abierto el`, format.dateTime(about.opened_at)],
  ];
  return (
    <article className={styles.card} aria-labelledby={`case-${about.id}`}>
      <header className={styles.head}>
        <h3 id={`case-${about.id}`}>{title}</h3>
        {about.currency !== '' && (
          <strong className={styles.amount}>{format.money(about.amount, about.currency)}</strong>
        )}
      </header>
      <p className={left < SOON_MS ? styles.urgent : styles.deadline}>
        {left < 0
          ? t`Venció hace ${format.duration(-left)}`
          : t`Quedan ${format.duration(left)} para decidir`}
      </p>
      <p>{meaning}</p>
      <dl className={styles.facts}>
        {known.map(
          ([name, value]) =>
            value !== null && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      {namesRaffle && about.raffle_id && (
        <Link href={paymentsAddress(about.raffle_id)}>{t`Ver los pagos de este sorteo`}</Link>
      )}
      <div className={styles.actions}>
        {giveBack && (
          <Button look="primary" onClick={() => ask('refund')}>
            {giveBack}
          </Button>
        )}
        <Button onClick={() => ask('keep')}>{keep}</Button>
      </div>
      <Dialog
        open={asked !== null}
        title={asked === 'refund' ? (giveBack ?? '') : keep}
        onClose={() => ask(null)}
      >
        {isOver ? (
          <>
            <p ref={changed} tabIndex={-1}>
              {changedText}
            </p>
            <DialogActions>
              <Button onClick={() => ask(null)}>{t`Cerrar`}</Button>
            </DialogActions>
          </>
        ) : (
          <form className="stack" noValidate onSubmit={resolve}>
            <Field
              label={t`Nota`}
              hint={t`Qué se acordó y con quién. Queda guardada con su nombre.`}
              error={isMissing && note.trim() === '' ? t`Escriba una nota.` : undefined}
            >
              {(control) => (
                <textarea
                  {...control}
                  rows={3}
                  maxLength={500}
                  value={note}
                  onInput={(event) => setNote(event.currentTarget.value)}
                />
              )}
            </Field>
            {failure && <Notice tone="danger">{failure}</Notice>}
            <DialogActions>
              <Button type="submit" look="primary" busy={busy}>
                {asked === 'refund' ? giveBack : keep}
              </Button>
              <Button busy={busy} onClick={() => ask(null)}>{t`No, volver`}</Button>
            </DialogActions>
          </form>
        )}
      </Dialog>
    </article>
  );
}

/** The reference with its bank, as it stands in a receipt. */
function referenceText(facts: Record<string, unknown>): string | null {
  if (typeof facts.reference !== 'string') return null;
  const { reference, bank } = readDeclared(facts.reference);
  const told = bank || (typeof facts.bank === 'string' ? facts.bank : '');
  return withBank(reference, told);
}
