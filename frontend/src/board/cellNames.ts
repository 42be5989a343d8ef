import { i18n, type MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { Cell } from '../sdk/types';

const NAMES: Record<Cell, (label: string) => MessageDescriptor> = {
  [Cell.available]: (label) => msg`Número ${label}, libre`,
  [Cell.reserved]: (label) => msg`Número ${label}, apartado por otra persona`,
  [Cell.sold]: (label) => msg`Número ${label}, vendido`,
  [Cell.blocked]: (label) => msg`Número ${label}, no está a la venta`,
  [Cell.pending]: (label) => msg`Número ${label}, lo estamos apartando`,
  [Cell.mine]: (label) => msg`Número ${label}, apartado por usted`,
  [Cell.paying]: (label) => msg`Número ${label}, suyo, en el pago`,
  [Cell.bought]: (label) => msg`Número ${label}, comprado por usted`,
  [Cell.lost]: (label) => msg`Número ${label}, lo apartó otra persona`,
};

/** What a screen reader says of a number: the number and its state, in the person's language. */
export function cellName(label: string, cell: Cell): string {
  return i18n._(NAMES[cell](label));
}

const STATES: Record<Cell, MessageDescriptor> = {
  [Cell.available]: msg`Libre`,
  [Cell.reserved]: msg`Apartado`,
  [Cell.sold]: msg`Vendido`,
  [Cell.blocked]: msg`No se vende`,
  [Cell.pending]: msg`Apartando`,
  [Cell.mine]: msg`Suyo`,
  [Cell.paying]: msg`En el pago`,
  [Cell.bought]: msg`Comprado`,
  [Cell.lost]: msg`Lo apartó otra persona`,
};

/** A state by itself, as the legend has it. */
export function stateName(cell: Cell): string {
  return i18n._(STATES[cell]);
}

const EXPLANATIONS: Record<Cell, MessageDescriptor> = {
  [Cell.available]: msg`Está libre.`,
  [Cell.reserved]: msg`Otra persona lo tiene apartado. Si no lo paga a tiempo, vuelve a quedar libre.`,
  [Cell.sold]: msg`Ya se vendió.`,
  [Cell.blocked]: msg`Este número no está a la venta.`,
  [Cell.pending]: msg`Lo estamos apartando para usted.`,
  [Cell.mine]: msg`Lo tiene apartado usted.`,
  [Cell.paying]: msg`Es suyo, y está en el pago.`,
  [Cell.bought]: msg`Ya lo compró usted.`,
  [Cell.lost]: msg`Otra persona lo apartó un instante antes.`,
};

/** A sentence about a number in this state. */
export function explanation(cell: Cell): string {
  return i18n._(EXPLANATIONS[cell]);
}
