import { useLingui } from '@lingui/react/macro';
import { errorText } from '../../../i18n/errors';
import { useFormat } from '../../../i18n/useFormat';
import { serverClock } from '../../../sdk/serverClock';
import { deskService } from '../../../sdk/services/deskService';
import { Notice } from '../../../ui/Notice';
import { Skeleton } from '../../../ui/Skeleton';
import { usePolled } from './usePolled';

const EVERY_MS = 60_000;
/** The server looks every minute; silence for longer is itself worth a look. */
const STALE_MS = 5 * 60_000;

/** For admins: whether all money is where the books say. */
export function MoneyState() {
  const { t } = useLingui();
  const format = useFormat();
  const { value: audit, failure } = usePolled(deskService.audit, EVERY_MS);
  if (!audit) {
    return failure ? (
      <Notice tone="warn">{errorText(failure)}</Notice>
    ) : (
      <Skeleton height="3.5rem" />
    );
  }
  const found = Object.entries(audit.findings).filter(([, items]) => items.length > 0);
  const clean = audit.clean_at && format.dateTime(audit.clean_at);
  if (found.length > 0) {
    return (
      <Notice tone="danger">
        <p>
          <strong>{t`Las cuentas no cuadran`}</strong>
        </p>
        <ul>
          {found.map(([what, items]) => (
            <li key={what}>{`${what}: ${format.number(items.length)}`}</li>
          ))}
        </ul>
        <p>
          {clean
            ? t`Todo cuadró por última vez: ${clean}.`
            : t`Todavía no se ha podido comprobar que todo cuadre.`}
        </p>
      </Notice>
    );
  }
  if (!audit.answered_at) {
    return <Notice>{t`El dinero aún no se ha revisado desde que arrancó el servidor.`}</Notice>;
  }
  const age = serverClock.now() - Date.parse(audit.answered_at);
  return age > STALE_MS ? (
    <Notice tone="warn">
      {t`La última revisión fue hace ${format.duration(age)}, y todo cuadraba. Debería haber una cada minuto.`}
    </Notice>
  ) : (
    <Notice tone="ok">
      {t`Dinero revisado a las ${format.time(audit.answered_at)}: todo cuadra.`}
    </Notice>
  );
}
