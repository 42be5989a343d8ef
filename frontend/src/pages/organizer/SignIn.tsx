import { useLingui } from '@lingui/react/macro';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { errorText } from '../../i18n/errors';
import { ApiError } from '../../sdk/errors';
import { identity } from '../../sdk/identity';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { Notice } from '../../ui/Notice';
import { tokenFromAddress } from './tokenFromAddress';

/** Signs an organizer in with a token: pasted, or handed over in the address. */
export function SignIn({ note }: { note: string | null }) {
  const { t } = useLingui();
  const [token, setToken] = useState('');
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const tried = useRef(false);

  async function signIn(given: string): Promise<void> {
    setBusy(true);
    setFailure(null);
    try {
      await identity.signIn(given);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailure(
        error.code === 'unauthenticated'
          ? t`Ese código no es válido o ya venció. Pida uno nuevo a quien administra el servidor.`
          : errorText(error.code, error.params),
      );
    } finally {
      setBusy(false);
    }
  }

  useEffect(() => {
    if (tried.current) return;
    tried.current = true;
    const handed = tokenFromAddress();
    if (handed) void signIn(handed);
  }, []);

  return (
    <form
      className="stack"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (!busy && token.trim() !== '') void signIn(token);
      }}
    >
      {note && <Notice tone="warn">{note}</Notice>}
      <Field
        label={t`Código de acceso`}
        hint={t`Péguelo tal como se lo dieron. Se olvida al cerrar esta pestaña.`}
        error={failure ?? undefined}
      >
        {(control) => (
          <input
            {...control}
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        )}
      </Field>
      <div>
        <Button type="submit" look="primary" icon="lock" busy={busy}>
          {t`Entrar`}
        </Button>
      </div>
    </form>
  );
}
