import { useLingui } from '@lingui/react/macro';
import type { LiveRaffle, Reservation } from '../../sdk/types';
import { announce } from '../../ui/announce';
import { Button } from '../../ui/Button';
import type { Command } from './useCommand';

interface Props {
  live: LiveRaffle;
  reservation: Reservation;
  /** Whoever shows this also shows why it was refused. */
  command: Command;
}

/** Asks the server for more time, where it still gives some. */
export function MoreTime({ live, reservation, command }: Props) {
  const { t } = useLingui();
  if (reservation.extensions_left === 0) return null;

  async function extend(): Promise<void> {
    const outcome = await command.run(() => live.extend());
    if (outcome?.ok) announce(t`Tiene más tiempo.`);
  }

  return (
    <Button look="quiet" small busy={command.busy} onClick={extend}>
      {t`Necesito más tiempo`}
    </Button>
  );
}
