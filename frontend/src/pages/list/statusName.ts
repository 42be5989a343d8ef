import { t } from '@lingui/core/macro';
import type { RaffleStatus } from '../../sdk/types';

/** A status in two words. */
export function statusName(status: RaffleStatus): string {
  switch (status) {
    case 'draft':
      return t`Borrador`;
    case 'active':
      return t`En venta`;
    case 'paused':
      return t`En pausa`;
    case 'closed':
      return t`Venta cerrada`;
    case 'drawn':
      return t`Sorteado`;
    case 'cancelled':
      return t`Cancelado`;
  }
}
