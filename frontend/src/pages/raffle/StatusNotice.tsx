import { t } from '@lingui/core/macro';
import { useLingui } from '@lingui/react';
import type { RaffleStatus } from '../../sdk/types';
import { Notice } from '../../ui/Notice';

/** Explains why numbers cannot be held now. Nothing while they can. */
export function StatusNotice({ status }: { status: RaffleStatus }) {
  useLingui();
  if (status === 'active') return null;
  return (
    <Notice tone={status === 'cancelled' ? 'danger' : 'info'} icon="lock">
      {explanation(status)}
    </Notice>
  );
}

function explanation(status: Exclude<RaffleStatus, 'active'>): string {
  switch (status) {
    case 'draft':
      return t`Este sorteo es un borrador. Nadie más lo ve hasta que se publique.`;
    case 'paused':
      return t`La venta está en pausa. Lo que ya apartó se respeta, y puede terminar de pagarlo.`;
    case 'closed':
      return t`La venta terminó. Lo que ya apartó se respeta, y puede terminar de pagarlo.`;
    case 'drawn':
      return t`Este sorteo ya se realizó.`;
    case 'cancelled':
      return t`Este sorteo se canceló. Ya no se venden números.`;
  }
}
