import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { Field } from '../../ui/Field';

/** What the sandbox can do to a payment, as the server calls it. */
const MODES: readonly [string, MessageDescriptor][] = [
  ['approve', msg`El banco lo aprueba`],
  ['decline', msg`El banco lo rechaza`],
  ['slow', msg`Tarda unos segundos`],
  ['abandoned', msg`Se queda sin respuesta`],
  ['timeout', msg`Se pierde la respuesta del banco`],
  ['cancel_fails', msg`La cancelación falla al principio`],
  ['cancel_too_late', msg`Se cobra justo antes de cancelarlo`],
  ['underpaid', msg`Llega menos dinero`],
  ['overpaid', msg`Llega más dinero`],
];

/** For trying everything out: how this payment shall go. */
export function SandboxOptions({
  options,
  onChange,
}: {
  options: Record<string, string>;
  onChange: (options: Record<string, string>) => void;
}) {
  const { t, i18n } = useLingui();
  return (
    <Field label={t`Para probar: ¿qué debe pasar?`}>
      {(control) => (
        <select
          {...control}
          value={options.mode ?? 'approve'}
          onChange={(event) => onChange({ mode: event.currentTarget.value })}
        >
          {MODES.map(([mode, name]) => (
            <option key={mode} value={mode}>
              {i18n._(name)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
