import { useLingui } from '@lingui/react/macro';
import { useCallback, useEffect, useRef, useState } from 'react';
import { errorText } from '../../../i18n/errors';
import { ApiError } from '../../../sdk/errors';
import { useValue } from '../../../sdk/hooks/useValue';
import { identity } from '../../../sdk/identity';
import { deskService, type MethodSwitch } from '../../../sdk/services/deskService';
import { announce } from '../../../ui/announce';
import { Notice } from '../../../ui/Notice';
import { Skeleton } from '../../../ui/Skeleton';
import { MethodCard } from './MethodCard';
import { moved, settingOf } from './methodOrder';
import styles from './PaymentInbox.module.css';

/** How a raffle can be paid: on or off, in which order, and whose SINPE phone. */
export function MethodSwitches({ raffleId }: { raffleId: string }) {
  const { t } = useLingui();
  const isAdmin = useValue(identity)?.role === 'admin';
  const [methods, setMethods] = useState<readonly MethodSwitch[] | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const working = useRef(false);

  /** Does one thing after the other, and shows what the server then says. */
  const change = useCallback(
    async (act: () => Promise<void>): Promise<ApiError | null> => {
      if (working.current) return null;
      working.current = true;
      setBusy(true);
      setFailure(null);
      let refused: ApiError | null = null;
      try {
        try {
          await act();
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          refused = error;
        }
        setMethods(await deskService.switches(raffleId));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        refused ??= error;
      } finally {
        working.current = false;
        setBusy(false);
      }
      if (refused && refused.code !== 'bad_request') setFailure(errorText(refused.code));
      return refused;
    },
    [raffleId],
  );

  useEffect(() => void change(async () => undefined), [change]);

  async function move(from: number, by: -1 | 1): Promise<void> {
    if (!methods) return;
    const refused = await change(async () => {
      for (const { provider, setting } of moved(methods, from, from + by)) {
        await deskService.setMethod(raffleId, provider, setting);
      }
    });
    if (!refused) announce(t`Orden cambiado.`);
  }

  return (
    <section className={styles.inbox} aria-labelledby="payment-methods">
      <h2 id="payment-methods">{t`Formas de pago`}</h2>
      <p>{t`Los cambios valen de inmediato para los pagos nuevos. Los que están en curso siguen igual.`}</p>
      {failure && <Notice tone="danger">{failure}</Notice>}
      {!methods && !failure && <Skeleton height="9rem" />}
      <ol className={styles.rows}>
        {methods?.map((method, place) => (
          <li key={method.provider}>
            <MethodCard
              method={method}
              busy={busy}
              isFirst={place === 0}
              isLast={place === methods.length - 1}
              isAdmin={isAdmin}
              onMove={(by) => void move(place, by)}
              onSet={(where, difference) =>
                change(() => {
                  const setting = { ...settingOf(method[where]), ...difference };
                  const raffle = where === 'here' ? raffleId : null;
                  return deskService.setMethod(raffle, method.provider, setting);
                })
              }
            />
          </li>
        ))}
      </ol>
    </section>
  );
}
