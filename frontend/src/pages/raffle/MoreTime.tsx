import { useLingui } from '@lingui/react/macro';
import type { LiveRaffle, Reservation } from '../../sdk/types';
import { announce } from '../../ui/announce';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { useCommand } from './useCommand';

/** Asks the server for more time, where it still gives some. */
export function MoreTime({ live, reservation }: { live: LiveRaffle; reservation: Reservation }) {
  const { t } = useLingui();
  const { busy, refusal, run } = useCommand();
  if (reservation.extensions_left === 0) return null;

  async function extend(): Promise<void> {
    const outcome = await run(() => live.extend());
    if (outcome?.ok) announce(t`Tiene más tiempo.`);
  }

  return (
    <>
      <Button look="quiet" small busy={busy} onClick={extend}>
        {t`Necesito más tiempo`}
      </Button>
      {refusal && <Notice tone="warn">{refusal}</Notice>}
    </>
  );
}
