import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { ComponentType } from 'react';
import { lazyPart } from '../../app/lazy';
import type { Payment } from '../../sdk/types';
import { Confirming } from './Confirming';
import { SandboxOptions } from './SandboxOptions';
import { SinpePanel } from './SinpePanel';

/** What a panel is given: an attempt that waits for its buyer, and how to ask what became of it. */
export interface PanelProps {
  payment: Payment;
  refresh: () => void;
}

/** What the buyer has to do, by provider. A method without a panel is not shown. */
export const panels: Record<string, ComponentType<PanelProps>> = {
  sinpe: SinpePanel,
  // Their code, and what it loads from elsewhere, comes only to who pays so.
  stripe: lazyPart(async () => (await import('./card/StripePanel')).default, false),
  paypal: lazyPart(async () => (await import('./card/PayPalPanel')).default, false),
  sandbox: Confirming,
  free: Confirming,
};

/** Methods whose panel has the button that pays: the choice only leads there. */
export const paysInPanel: ReadonlySet<string> = new Set(['stripe', 'paypal']);

/** What a buyer may choose within a method before paying, by provider. */
export const choices: Record<
  string,
  ComponentType<{
    options: Record<string, string>;
    onChange: (options: Record<string, string>) => void;
  }>
> = { sandbox: SandboxOptions };

interface Words {
  name: MessageDescriptor;
  note: MessageDescriptor;
}

const WORDS: Record<string, Words> = {
  sinpe: {
    name: msg`SINPE Móvil`,
    note: msg`Transfiere desde su teléfono y la organización lo confirma.`,
  },
  stripe: { name: msg`Tarjeta`, note: msg`Crédito o débito. Se confirma al instante.` },
  paypal: { name: msg`PayPal`, note: msg`Paga en la página de PayPal y vuelve aquí.` },
  free: { name: msg`Sin costo`, note: msg`Estos números no cuestan nada.` },
  sandbox: { name: msg`Pago de prueba`, note: msg`No mueve dinero de verdad.` },
};

/** How a method is called. One that this page does not know goes by its own name. */
export function wordsOf(provider: string): Words {
  const own = { id: provider, message: provider };
  return WORDS[provider] ?? { name: own, note: { id: ' ', message: ' ' } };
}
