import { useLingui } from '@lingui/react/macro';
import { type ChangeEvent, type FormEvent, useRef, useState } from 'react';
import { errorText } from '../../i18n/errors';
import { ApiError } from '../../sdk/errors';
import { paymentService } from '../../sdk/services/paymentService';
import type { Payment } from '../../sdk/types';
import { announce } from '../../ui/announce';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Field';
import { Notice } from '../../ui/Notice';
import { PayBar } from './PayBar';
import styles from './Sinpe.module.css';
import { shrinkPicture, UnreadablePicture } from './shrinkPicture';

/** Says that it is paid: by a picture of the receipt, or by the reference that the bank has shown. */
export function SinpeReceipt({ payment, refresh }: { payment: Payment; refresh: () => void }) {
  const { t } = useLingui();
  const picker = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState({ reference: '', bank: '' });
  const [busy, setBusy] = useState<'picture' | 'reference' | null>(null);
  const [wrong, setWrong] = useState<string>();
  const [failure, setFailure] = useState<string | null>(null);

  async function send(what: 'picture' | 'reference', ask: () => Promise<unknown>): Promise<void> {
    if (busy) return;
    setBusy(what);
    setWrong(undefined);
    setFailure(null);
    try {
      await ask();
      refresh();
    } catch (error) {
      const text = failureText(error);
      if (error instanceof ApiError && error.params.field === 'reference') setWrong(WRONG());
      else setFailure(text);
      announce(text, 'assertive');
    } finally {
      setBusy(null);
    }
  }

  const WRONG = () => t`Revise el número: lo muestra su banco al terminar la transferencia.`;

  function failureText(error: unknown): string {
    if (error instanceof UnreadablePicture) {
      return t`No pudimos leer esa foto. Pruebe con una captura de pantalla.`;
    }
    if (!(error instanceof ApiError)) throw error;
    if (error.params.field === 'reference') return WRONG();
    if (error.params.limit) return t`Ya recibimos sus cinco fotos: con eso basta.`;
    return errorText(error.code, error.params);
  }

  function picked(event: ChangeEvent<HTMLInputElement>): void {
    const input = event.currentTarget;
    const file = input.files?.[0];
    // The same picture may be chosen again after a failure.
    input.value = '';
    if (!file) return;
    void send('picture', async () =>
      paymentService.sendReceipt(payment.id, await shrinkPicture(file)),
    );
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    const reference = draft.reference.trim();
    if (reference === '') {
      setWrong(WRONG());
      return;
    }
    void send('reference', () =>
      paymentService.sendReceipt(payment.id, { reference, bank: draft.bank.trim() }),
    );
  }

  return (
    <div className={styles.receipt}>
      <h3 className={styles.asked}>{t`¿Ya transfirió?`}</h3>
      <p>{t`Envíe una foto o captura del comprobante, o escriba el número del comprobante.`}</p>
      {failure && <Notice tone="danger">{failure}</Notice>}
      <form noValidate onSubmit={submit} className={styles.form}>
        <TextField
          label={t`Número de comprobante`}
          error={wrong}
          inputMode="numeric"
          autoComplete="off"
          maxLength={64}
          value={draft.reference}
          onInput={(event) => setDraft({ ...draft, reference: event.currentTarget.value })}
        />
        <TextField
          label={t`Su banco (opcional)`}
          autoComplete="off"
          maxLength={64}
          value={draft.bank}
          onInput={(event) => setDraft({ ...draft, bank: event.currentTarget.value })}
        />
        <Button type="submit" busy={busy === 'reference'}>
          {t`Enviar el número`}
        </Button>
      </form>
      <input
        ref={picker}
        type="file"
        accept="image/*"
        hidden
        aria-label={t`Foto del comprobante`}
        onChange={picked}
      />
      <PayBar>
        <Button look="primary" busy={busy === 'picture'} onClick={() => picker.current?.click()}>
          {busy === 'picture' ? t`Enviando la foto…` : t`Enviar foto del comprobante`}
        </Button>
      </PayBar>
    </div>
  );
}
