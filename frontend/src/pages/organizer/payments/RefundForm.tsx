import { Plural, useLingui } from '@lingui/react/macro';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { Button } from '../../../ui/Button';
import { DialogActions } from '../../../ui/Dialog';
import { focusFirstError, TextField } from '../../../ui/Field';
import styles from './RefundForm.module.css';
import type { RefundDraft } from './RefundSteps';

interface Props {
  draft: RefundDraft;
  /** The numbers to choose from. */
  left: readonly string[];
  /** What goes back for those that are chosen; null where they had cost nothing. */
  money: string | null;
  /** The person has come back to it. */
  isBack: boolean;
  onChange: (draft: RefundDraft) => void;
  /** The draft is whole, and the person wants to go on. */
  onNext: () => void;
  onClose: () => void;
}

/** Which numbers go back, and why. */
export function RefundForm({ draft, left, money, isBack, onChange, onNext, onClose }: Props) {
  const { t } = useLingui();
  const [refusals, setRefusals] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const errorId = useId();
  const { numbers, reason } = draft;
  const isNone = refusals > 0 && numbers.length === 0;
  const isAll = numbers.length === left.length;

  useEffect(() => {
    if (refusals > 0 && form.current) focusFirstError(form.current);
  }, [refusals]);
  useEffect(() => {
    if (isBack) form.current?.querySelector('input')?.focus();
  }, [isBack]);

  function next(event: FormEvent): void {
    event.preventDefault();
    if (numbers.length === 0 || reason.trim() === '') setRefusals(refusals + 1);
    else onNext();
  }

  function choose(label: string, isChosen: boolean): void {
    const chosen = left.filter((each) => (each === label ? isChosen : numbers.includes(each)));
    onChange({ ...draft, numbers: chosen });
  }

  return (
    <form ref={form} className="stack" noValidate onSubmit={next}>
      <fieldset className={styles.numbers}>
        <legend>{t`¿Qué números se devuelven?`}</legend>
        {left.map((label) => (
          <label key={label} className={styles.number}>
            <input
              type="checkbox"
              checked={numbers.includes(label)}
              aria-invalid={isNone || undefined}
              aria-describedby={isNone ? errorId : undefined}
              onChange={(event) => choose(label, event.currentTarget.checked)}
            />
            {label}
          </label>
        ))}
      </fieldset>
      {left.length > 1 && (
        <div>
          <Button
            look="quiet"
            small
            onClick={() => onChange({ ...draft, numbers: isAll ? [] : left })}
          >
            {isAll ? t`Ninguno` : t`Todos`}
          </Button>
        </div>
      )}
      {isNone && <p id={errorId} className={styles.error}>{t`Escoja al menos un número.`}</p>}
      <TextField
        label={t`Razón`}
        hint={t`Por ejemplo: lo pidió quien compró.`}
        error={refusals > 0 && reason.trim() === '' ? t`Escriba la razón.` : undefined}
        autoComplete="off"
        maxLength={200}
        value={reason}
        onInput={(event) => onChange({ ...draft, reason: event.currentTarget.value })}
      />
      {money !== null && (
        <p className={styles.total} aria-live="polite">
          {t`Se devuelven`} <strong>{money}</strong>{' '}
          <Plural
            value={numbers.length}
            one="(# número)"
            many="(# de números)"
            other="(# números)"
          />
        </p>
      )}
      <DialogActions>
        <Button type="submit" look="primary">
          {t`Continuar`}
        </Button>
        <Button onClick={onClose}>{t`No, volver`}</Button>
      </DialogActions>
    </form>
  );
}
