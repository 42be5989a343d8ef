import { t as translate } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { useId } from 'react';
import { useFormat } from '../../../i18n/useFormat';
import type { ApiError } from '../../../sdk/errors';
import { useValue } from '../../../sdk/hooks/useValue';
import { identity } from '../../../sdk/identity';
import type { MethodSetting, MethodSwitch } from '../../../sdk/services/deskService';
import { Button } from '../../../ui/Button';
import styles from './MethodCard.module.css';
import { methodName } from './methodName';
import { SinpeSettings } from './SinpeSettings';

type Where = 'here' | 'everywhere';

interface Props {
  method: MethodSwitch;
  busy: boolean;
  isFirst: boolean;
  isLast: boolean;
  isAdmin: boolean;
  onMove: (by: -1 | 1) => void;
  /** Resolves to why it was refused, or to null. */
  onSet: (where: Where, difference: Partial<MethodSetting>) => Promise<ApiError | null>;
}

/** One method: its switches, its place, and what it needs to know. */
export function MethodCard({ method, busy, isFirst, isLast, isAdmin, onMove, onSet }: Props) {
  const { t } = useLingui();
  const name = methodName(method.provider);
  const isOn = method.here?.enabled ?? true;
  return (
    <article className={styles.card} aria-label={name}>
      <div className={styles.head}>
        <h3>{name}</h3>
        <span className={method.offered ? styles.on : styles.off}>{standing(method)}</span>
      </div>
      <Switch
        label={t`Ofrecer en este sorteo`}
        checked={isOn}
        busy={busy}
        onChange={(enabled) => void onSet('here', { enabled })}
      />
      {isAdmin && (
        <Switch
          label={t`Ofrecer en toda la plataforma`}
          checked={method.everywhere?.enabled ?? true}
          busy={busy}
          onChange={(enabled) => void onSet('everywhere', { enabled })}
        />
      )}
      {method.provider === 'sinpe' && method.takes_currency && (
        <SinpeSettings
          settings={method.here?.settings ?? {}}
          busy={busy}
          onSave={(settings) => onSet('here', { settings })}
        />
      )}
      <div className={styles.foot}>
        <LastChange method={method} />
        <span className={styles.order}>
          <Button
            small
            busy={busy}
            disabled={isFirst}
            aria-label={t`Subir ${name}`}
            onClick={() => onMove(-1)}
          >
            {t`Subir`}
          </Button>
          <Button
            small
            busy={busy}
            disabled={isLast}
            aria-label={t`Bajar ${name}`}
            onClick={() => onMove(1)}
          >
            {t`Bajar`}
          </Button>
        </span>
      </div>
    </article>
  );
}

/** Whether buyers see it, and if not, why. */
function standing(method: MethodSwitch): string {
  if (method.offered) return translate`Se ofrece`;
  if (!method.takes_currency) return translate`No sirve para la moneda del sorteo`;
  if (method.everywhere?.enabled === false) return translate`Apagada en toda la plataforma`;
  if (method.here?.enabled === false) return translate`Apagada`;
  return method.provider === 'sinpe' ? translate`Falta el teléfono` : translate`Falta configurarla`;
}

function LastChange({ method }: { method: MethodSwitch }) {
  const { t } = useLingui();
  const format = useFormat();
  const me = useValue(identity)?.userId;
  if (!method.here) return <span className={styles.changed}>{t`Sin cambios en este sorteo`}</span>;
  const time = format.dateTime(method.here.changed_at);
  return (
    <span className={styles.changed}>
      {method.here.changed_by === me
        ? t`Último cambio: usted, ${time}`
        : t`Último cambio: otra persona, ${time}`}
    </span>
  );
}

function Switch({
  label,
  checked,
  busy,
  onChange,
}: {
  label: string;
  checked: boolean;
  busy: boolean;
  onChange: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <label className={styles.switch} htmlFor={id}>
      <input
        id={id}
        type="checkbox"
        checked={checked}
        aria-disabled={busy || undefined}
        onClick={(event) => {
          // It shows what the server has, and moves when the server has done it.
          event.preventDefault();
          if (!busy) onChange(!checked);
        }}
      />
      {label}
    </label>
  );
}
