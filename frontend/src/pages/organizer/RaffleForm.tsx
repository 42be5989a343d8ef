import { useLingui } from '@lingui/react/macro';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { errorText } from '../../i18n/errors';
import { TIME_ZONE } from '../../i18n/format';
import { useFormat } from '../../i18n/useFormat';
import { ApiError } from '../../sdk/errors';
import { raffleService } from '../../sdk/services/raffleService';
import type { Raffle } from '../../sdk/types';
import { Button } from '../../ui/Button';
import { Field, focusFirstError, TextField } from '../../ui/Field';
import { Notice } from '../../ui/Notice';
import { type Draft, type DraftField, EMPTY, readDraft, refusedField } from './draft';
import { parsePrice } from './price';
import styles from './RaffleForm.module.css';

/** Makes a draft of a raffle. */
export function RaffleForm({ onCreated }: { onCreated: (raffle: Raffle) => void }) {
  const { t } = useLingui();
  const format = useFormat();
  const form = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [wrong, setWrong] = useState<readonly DraftField[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    if (wrong.length > 0 && form.current) focusFirstError(form.current);
  }, [wrong]);

  const texts: Record<DraftField, string> = {
    title: t`Escriba un título de hasta 200 letras.`,
    description: t`La descripción es demasiado larga.`,
    number_count: t`Escriba una cantidad de 1 a ${format.number(1_000_000)}.`,
    price: t`Escriba un precio, por ejemplo ${draft.currency === 'USD' ? '2.50' : '2500'}.`,
    currency: t`Escoja una moneda.`,
    max_numbers_per_user: t`Escriba una cantidad de 1 a ${format.number(1000)}.`,
    selection_minutes: t`Escriba los minutos, de 1 a ${format.number(1440)}.`,
    checkout_minutes: t`Escriba los minutos, de 1 a ${format.number(1440)}.`,
    sales_close_at: t`Escoja una fecha que no haya pasado.`,
    draw_at: t`Escoja una fecha que no haya pasado, después del cierre de la venta.`,
  };
  const field = (name: DraftField) => ({
    name,
    value: draft[name],
    error: wrong.includes(name) ? texts[name] : undefined,
    onInput: (event: FormEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      setDraft({ ...draft, [name]: event.currentTarget.value }),
  });
  const price = parsePrice(draft.price, draft.currency);
  const inCostaRica = (name: 'sales_close_at' | 'draw_at') =>
    draft[name] !== '' && !isLocal()
      ? t`En Costa Rica: ${format.dateTime(new Date(draft[name]).getTime())}`
      : t`Opcional`;

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setFailure(null);
    const read = readDraft(draft, Date.now());
    setWrong(Array.isArray(read) ? read : []);
    if (Array.isArray(read)) return;
    setBusy(true);
    try {
      onCreated(await raffleService.create(read));
      setDraft(EMPTY);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const refused = error.code === 'bad_request' ? refusedField(error.params.field) : null;
      if (refused) setWrong([refused]);
      else setFailure(errorText(error.code, error.params));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form ref={form} noValidate onSubmit={create} className={styles.form}>
      <div className={styles.whole}>
        <TextField label={t`Título`} maxLength={200} {...field('title')} />
      </div>
      <div className={styles.whole}>
        <Field
          label={t`Descripción`}
          hint={t`Qué se sortea y cómo se entrega. Opcional.`}
          error={field('description').error}
        >
          {(control) => {
            const { error: _, ...input } = field('description');
            return <textarea rows={3} maxLength={5000} {...input} {...control} />;
          }}
        </Field>
      </div>
      <TextField
        label={t`Cantidad de números`}
        inputMode="numeric"
        hint={t`De 1 a ${format.number(1_000_000)}`}
        {...field('number_count')}
      />
      <TextField
        label={t`Máximo por persona`}
        inputMode="numeric"
        {...field('max_numbers_per_user')}
      />
      <TextField
        label={t`Precio de cada número`}
        inputMode="decimal"
        hint={
          price === null ? t`Como se escribe: 2500 o 2.500,50` : format.money(price, draft.currency)
        }
        {...field('price')}
      />
      <Field label={t`Moneda`}>
        {(control) => (
          <select
            {...control}
            value={draft.currency}
            onChange={(event) => setDraft({ ...draft, currency: event.currentTarget.value })}
          >
            <option value="CRC">{t`Colones (₡)`}</option>
            <option value="USD">{t`Dólares ($)`}</option>
          </select>
        )}
      </Field>
      <TextField
        label={t`Cierre de la venta`}
        type="datetime-local"
        hint={inCostaRica('sales_close_at')}
        {...field('sales_close_at')}
      />
      <TextField
        label={t`Fecha del sorteo`}
        type="datetime-local"
        hint={inCostaRica('draw_at')}
        {...field('draw_at')}
      />
      <TextField
        label={t`Minutos para escoger`}
        inputMode="numeric"
        {...field('selection_minutes')}
      />
      <TextField label={t`Minutos para pagar`} inputMode="numeric" {...field('checkout_minutes')} />
      {failure && (
        <div className={styles.whole}>
          <Notice tone="danger">{failure}</Notice>
        </div>
      )}
      <div className={styles.whole}>
        <Button type="submit" look="primary" busy={busy}>
          {t`Crear borrador`}
        </Button>
      </div>
    </form>
  );
}

/** Whether this device's clock shows the time of Costa Rica. */
function isLocal(): boolean {
  return Intl.DateTimeFormat().resolvedOptions().timeZone === TIME_ZONE;
}
