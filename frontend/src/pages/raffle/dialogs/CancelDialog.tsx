import { plural } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import type { LiveRaffle } from '../../../sdk/types';
import { Button } from '../../../ui/Button';
import { Dialog, DialogActions } from '../../../ui/Dialog';
import { Notice } from '../../../ui/Notice';
import { useCommand } from '../useCommand';

interface Props {
  open: boolean;
  live: LiveRaffle;
  count: number;
  onClose: () => void;
  onCancelled?: () => void;
}

/** Makes sure, before numbers are given back: somebody else may take them at once. */
export function CancelDialog({ open, live, count, onClose, onCancelled }: Props) {
  const { t } = useLingui();
  const { busy, refusal, run } = useCommand();

  async function cancel(): Promise<void> {
    const outcome = await run(() => live.cancel());
    if (!outcome?.ok) return;
    onClose();
    onCancelled?.();
  }

  return (
    <Dialog open={open} title={t`¿Soltar sus números?`} onClose={onClose}>
      <p>
        {plural(count, {
          one: 'El número queda libre y otra persona puede apartarlo de inmediato.',
          many: 'Los # de números quedan libres y otras personas pueden apartarlos de inmediato.',
          other: 'Los # números quedan libres y otras personas pueden apartarlos de inmediato.',
        })}
      </p>
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <DialogActions>
        <Button look="plain" onClick={onClose}>
          {t`Conservarlos`}
        </Button>
        <Button look="danger" busy={busy} onClick={cancel}>
          {t`Sí, soltarlos`}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
