import { useLingui } from '@lingui/react/macro';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { ApiError } from '../../../sdk/errors';
import { announce } from '../../../ui/announce';
import { Button } from '../../../ui/Button';
import { focusFirstError, TextField } from '../../../ui/Field';
import styles from './MethodCard.module.css';

type Settings = Record<string, string>;

/** The eight digits of a Costa Rican phone, with the country's code or without. */
function isPhone(typed: string): boolean {
  return /^[\d+\-(). ]*$/.test(typed) && /^(506)?\d{8}$/.test(typed.replace(/\D/g, ''));
}

/** Whose phone the buyers of this raffle send to. Empty is the installation's own. */
export function SinpeSettings({
  settings,
  busy,
  onSave,
}: {
  settings: Settings;
  busy: boolean;
  onSave: (settings: Settings) => Promise<ApiError | null>;
}) {
  const { t } = useLingui();
  const [phone, setPhone] = useState(settings.phone ?? '');
  const [name, setName] = useState(settings.name ?? '');
  const [refusals, setRefusals] = useState(0);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (refusals > 0 && form.current) focusFirstError(form.current);
  }, [refusals]);

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    const typed = { phone: phone.trim(), name: name.trim() };
    if (typed.phone !== '' && !isPhone(typed.phone)) {
      setRefusals(refusals + 1);
      return;
    }
    // What is empty is left out: an empty text would hide the installation's own.
    const { phone: _, name: __, ...others } = settings;
    const said = Object.entries(typed).filter(([, value]) => value !== '');
    const refused = await onSave({ ...others, ...Object.fromEntries(said) });
    if (refused?.code === 'bad_request') setRefusals(refusals + 1);
    else setRefusals(0);
    if (!refused) announce(t`Datos de SINPE guardados.`);
  }

  return (
    <form ref={form} className={styles.sinpe} noValidate onSubmit={save}>
      <TextField
        label={t`Teléfono de SINPE Móvil`}
        hint={t`Si lo deja vacío, se usa el de la plataforma.`}
        error={refusals > 0 ? t`Escriba los 8 dígitos de un teléfono de Costa Rica.` : undefined}
        type="tel"
        inputMode="tel"
        autoComplete="off"
        maxLength={20}
        value={phone}
        onInput={(event) => setPhone(event.currentTarget.value)}
      />
      <TextField
        label={t`A nombre de`}
        hint={t`Como lo ve quien transfiere.`}
        autoComplete="off"
        maxLength={100}
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <div>
        <Button type="submit" small busy={busy}>
          {t`Guardar`}
        </Button>
      </div>
    </form>
  );
}
