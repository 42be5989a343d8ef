import { useLingui } from '@lingui/react/macro';
import { useFormat } from '../../../i18n/useFormat';
import { TextField } from '../../../ui/Field';
import { Notice } from '../../../ui/Notice';
import { wrongReferenceText } from './outcomeText';
import styles from './ReviewRow.module.css';
import { isReference } from './reference';

/** What came, as it was typed; without an amount it is the one that is due. */
export interface ArrivalDraft {
  reference: string;
  bank: string;
  amount: string;
}

interface Props {
  draft: ArrivalDraft;
  currency: string;
  /** What is due, what is taken to have come, and what the draft says; null for no amount. */
  due: number;
  arrived: number;
  amount: number | null;
  /** Whether the person wanted to go on, and hears what is wrong. */
  isChecked: boolean;
  onChange: (draft: ArrivalDraft) => void;
}

/** The transfer as the organizer's bank shows it. */
export function ArrivalFields({
  draft,
  currency,
  due,
  arrived,
  amount,
  isChecked,
  onChange,
}: Props) {
  const { t } = useLingui();
  const format = useFormat();
  return (
    <div className={styles.fields}>
      <TextField
        label={t`Número de comprobante`}
        hint={t`Como aparece en el aviso de su banco.`}
        error={isChecked && !isReference(draft.reference) ? wrongReferenceText() : undefined}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        maxLength={64}
        value={draft.reference}
        onInput={(event) => onChange({ ...draft, reference: event.currentTarget.value })}
      />
      <TextField
        label={t`Banco (opcional)`}
        autoComplete="off"
        maxLength={64}
        value={draft.bank}
        onInput={(event) => onChange({ ...draft, bank: event.currentTarget.value })}
      />
      <TextField
        label={t`Monto que llegó`}
        hint={t`Si lo deja vacío: ${format.money(arrived, currency)}.`}
        error={isChecked && !amount ? t`Escriba un monto, por ejemplo 2500.` : undefined}
        inputMode="decimal"
        autoComplete="off"
        value={draft.amount}
        onInput={(event) => onChange({ ...draft, amount: event.currentTarget.value })}
      />
      {amount !== null && amount !== due && draft.amount.trim() !== '' && (
        <Notice tone="warn">{t`No es el monto exacto: no se venderá nada y quedará un caso abierto.`}</Notice>
      )}
    </div>
  );
}
