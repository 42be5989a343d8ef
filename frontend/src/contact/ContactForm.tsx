import { useLingui } from '@lingui/react/macro';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { errorText } from '../i18n/errors';
import { currentLanguage } from '../i18n/i18n';
import { ApiError } from '../sdk/errors';
import { identity } from '../sdk/identity';
import type { Contact } from '../sdk/types';
import { Button } from '../ui/Button';
import { DialogActions } from '../ui/Dialog';
import { focusFirstError, TextField } from '../ui/Field';
import { Notice } from '../ui/Notice';
import { type ContactField, checkContact, spacedPhone } from './contact';

interface Props {
  /** What is known already. */
  known: Contact | null;
  submit: string;
  /** The contact is kept by the server; now go on. The button stays busy until this ends. */
  onKept: (contact: Contact) => void | Promise<void>;
  children?: ReactNode;
}

/** Asks who the numbers are for, and has the server remember it. */
export function ContactForm({ known, submit, onKept, children }: Props) {
  const { t } = useLingui();
  const form = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState({
    name: known?.name ?? '',
    phone: known ? spacedPhone(known.phone) : '',
    email: known?.email ?? '',
  });
  const [wrong, setWrong] = useState<ContactField[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    if (wrong.length > 0 && form.current) focusFirstError(form.current);
  }, [wrong]);

  const texts: Record<ContactField, string> = {
    name: t`Escriba su nombre.`,
    phone: t`Revise el teléfono: 8 dígitos, o con + y el código del país.`,
    email: t`Revise el correo, o déjelo en blanco.`,
  };
  const field = (name: ContactField) => ({
    name,
    value: draft[name],
    error: wrong.includes(name) ? texts[name] : undefined,
    onInput: (event: FormEvent<HTMLInputElement>) =>
      setDraft({ ...draft, [name]: event.currentTarget.value }),
  });

  async function keep(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setFailure(null);
    const checked = checkContact(draft);
    setWrong(Array.isArray(checked) ? checked : []);
    if (Array.isArray(checked)) return;
    setBusy(true);
    try {
      await onKept(await identity.remember({ ...checked, language: currentLanguage() }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const named = error.params.field;
      if (error.code === 'bad_request' && isField(named)) setWrong([named]);
      else setFailure(errorText(error.code, error.params));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form ref={form} noValidate onSubmit={keep} className="stack">
      <TextField label={t`Nombre`} autoComplete="name" maxLength={120} {...field('name')} />
      <TextField
        label={t`Teléfono`}
        hint={t`De Costa Rica (+506), o con + y el código de su país.`}
        type="tel"
        inputMode="tel"
        autoComplete="tel"
        maxLength={40}
        {...field('phone')}
      />
      <TextField
        label={t`Correo (opcional)`}
        type="email"
        autoComplete="email"
        maxLength={254}
        {...field('email')}
      />
      {children}
      {failure && <Notice tone="danger">{failure}</Notice>}
      <DialogActions>
        <Button type="submit" look="primary" busy={busy}>
          {submit}
        </Button>
      </DialogActions>
    </form>
  );
}

function isField(value: unknown): value is ContactField {
  return value === 'name' || value === 'phone' || value === 'email';
}
