import { useLingui } from '@lingui/react/macro';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { errorText } from '../../../i18n/errors';
import { labelOf, parseQuery, widthOf } from '../../../sdk/numbers';
import type { Raffle } from '../../../sdk/types';
import { Button } from '../../../ui/Button';
import { focusFirstError, TextField } from '../../../ui/Field';
import styles from './NumberSearch.module.css';

interface Props {
  raffle: Raffle;
  /** The number that is looked for now. */
  found: string | null;
  /** With a number as it is printed, or null for all. */
  onSearch: (number: string | null) => void;
}

/** Asks for one number of a raffle, typed as people type it. */
export function NumberSearch({ raffle, found, onSearch }: Props) {
  const { t } = useLingui();
  const [typed, setTyped] = useState('');
  const [refusals, setRefusals] = useState(0);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (refusals > 0 && form.current) focusFirstError(form.current);
  }, [refusals]);

  function search(event: FormEvent): void {
    event.preventDefault();
    const width = widthOf(raffle.number_count);
    const asked = parseQuery(typed, width, raffle.number_count);
    const index = asked?.kind === 'exact' ? asked.index : null;
    const isWrong = index === null && typed.trim() !== '';
    setRefusals(isWrong ? refusals + 1 : 0);
    if (!isWrong) onSearch(index === null ? null : labelOf(index, width));
  }

  return (
    <form ref={form} className={styles.search} noValidate onSubmit={search}>
      <TextField
        label={t`Buscar por número`}
        error={refusals > 0 ? errorText('unknown_number') : undefined}
        inputMode="numeric"
        autoComplete="off"
        enterKeyHint="search"
        maxLength={12}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <Button type="submit" icon="search">
        {t`Buscar`}
      </Button>
      {found !== null && (
        <Button
          look="quiet"
          onClick={() => {
            setTyped('');
            setRefusals(0);
            onSearch(null);
            form.current?.querySelector('input')?.focus();
          }}
        >
          {t`Ver todos`}
        </Button>
      )}
    </form>
  );
}
