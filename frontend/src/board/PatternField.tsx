import { useLingui } from '@lingui/react/macro';
import { Field, TextField } from '../ui/Field';
import { digitsOf, PATTERNS, type Pattern } from './patterns';
import styles from './QuickPick.module.css';

export interface PatternValue {
  kind: Pattern;
  /** Empty: any number. */
  digits: string;
}

interface Props {
  value: PatternValue;
  /** Digits of a number. */
  digits: number;
  onChange: (value: PatternValue) => void;
}

/** Some digits, and where in a number they stand. */
export function PatternField({ value, digits, onChange }: Props) {
  const { t } = useLingui();
  const names: Record<Pattern, string> = {
    starts_with: t`Que empiecen con`,
    ends_with: t`Que terminen en`,
    contains: t`Que contengan`,
  };
  return (
    <div className={styles.filter}>
      <Field label={t`Números`}>
        {(control) => (
          <select
            {...control}
            value={value.kind}
            onChange={(event) => onChange({ ...value, kind: event.currentTarget.value as Pattern })}
          >
            {PATTERNS.map((pattern) => (
              <option key={pattern} value={pattern}>
                {names[pattern]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <TextField
        label={t`Dígitos`}
        inputMode="numeric"
        autoComplete="off"
        maxLength={digits}
        placeholder="07"
        value={value.digits}
        onInput={(event) => onChange({ ...value, digits: digitsOf(event.currentTarget.value) })}
      />
    </div>
  );
}
