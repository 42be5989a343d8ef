import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MethodSwitches } from '../../src/pages/organizer/payments/MethodSwitches';
import { moved } from '../../src/pages/organizer/payments/methodOrder';
import { ApiError } from '../../src/sdk/errors';
import { identity } from '../../src/sdk/identity';
import type { Role } from '../../src/sdk/person';
import { deskService, type MethodSwitch } from '../../src/sdk/services/deskService';
import { button, description, field, leave, press, render, text, type } from './page';

let methods: MethodSwitch[];

beforeEach(() => {
  methods = [method('sinpe', 40), method('stripe', 30)];
  vi.spyOn(deskService, 'switches').mockImplementation(async () => methods);
  vi.spyOn(deskService, 'setMethod').mockResolvedValue(undefined);
  as('organizer');
});

afterEach(() => {
  leave();
  vi.restoreAllMocks();
});

function as(role: Role): void {
  const person = { token: 't', userId: 'yo', role, expiresAt: '2099-01-01T00:00:00.000Z' };
  vi.spyOn(identity, 'get').mockReturnValue(person);
}

function method(provider: string, priority: number, change = {}): MethodSwitch {
  const usual = { takes_currency: true, offered: true, here: null, everywhere: null };
  return { provider, priority, ...usual, ...change };
}

function word(change = {}): NonNullable<MethodSwitch['here']> {
  const usual = { enabled: true, priority: 0, settings: {}, changed_by: 'yo' };
  return { ...usual, changed_at: '2026-01-31T18:00:00.000Z', ...change };
}

const show = () => render(<MethodSwitches raffleId="moto" />);
const card = (name: string) => document.querySelector(`article[aria-label="${name}"]`);

async function flip(name: string, label: string): Promise<void> {
  const found = [...(card(name)?.querySelectorAll('label') ?? [])].find(
    ({ textContent }) => textContent === label,
  );
  await act(async () => found?.querySelector('input')?.click());
  await act(async () => {});
}

it('switching off keeps the order and the settings, and shows what the server then says', async () => {
  const settings = { phone: '88887777', name: 'Escuela' };
  methods = [method('sinpe', 7, { here: word({ priority: 7, settings }) })];
  await show();
  expect(card('SINPE Móvil')?.textContent).toContain('Se ofrece');
  vi.mocked(deskService.setMethod).mockImplementation(async () => {
    methods = [method('sinpe', 7, { offered: false, here: word({ enabled: false, settings }) })];
  });
  await flip('SINPE Móvil', 'Ofrecer en este sorteo');
  expect(deskService.setMethod).toHaveBeenCalledExactlyOnceWith('moto', 'sinpe', {
    enabled: false,
    priority: 7,
    settings,
  });
  expect(card('SINPE Móvil')?.textContent).toContain('Apagada');
  expect(card('SINPE Móvil')?.textContent).toContain('Último cambio: usted');
});

it('a switch that was refused stays as it was, and says why', async () => {
  vi.mocked(deskService.setMethod).mockRejectedValueOnce(new ApiError('unavailable', {}, 503));
  await show();
  await flip('Tarjeta', 'Ofrecer en este sorteo');
  expect(card('Tarjeta')?.querySelector('input')?.checked).toBe(true);
  expect(text()).toContain('no pudo responder');
});

it('says why buyers do not see a method', async () => {
  const off = { offered: false };
  methods = [
    method('sinpe', 40, off),
    method('stripe', 30, { ...off, everywhere: word({ enabled: false }) }),
    method('paypal', 20, { ...off, takes_currency: false }),
    method('sandbox', 10, { ...off, here: word({ enabled: false, changed_by: 'otra' }) }),
  ];
  await show();
  expect(card('SINPE Móvil')?.textContent).toContain('Falta el teléfono');
  expect(card('Tarjeta')?.textContent).toContain('Apagada en toda la plataforma');
  expect(card('PayPal')?.textContent).toContain('No sirve para la moneda');
  expect(card('Pago de prueba')?.textContent).toContain('Último cambio: otra persona');
});

it('only an admin has the switches of the installation', async () => {
  await show();
  expect(text()).not.toContain('Ofrecer en toda la plataforma');
  leave();
  as('admin');
  await show();
  await flip('Tarjeta', 'Ofrecer en toda la plataforma');
  expect(deskService.setMethod).toHaveBeenCalledExactlyOnceWith(null, 'stripe', {
    enabled: false,
    priority: 0,
    settings: {},
  });
});

it('moving a method up gives each the place that is shown', async () => {
  await show();
  expect(button('Subir SINPE Móvil').disabled).toBe(true);
  await press('Subir Tarjeta');
  expect(vi.mocked(deskService.setMethod).mock.calls).toEqual([
    ['moto', 'stripe', { enabled: true, priority: 20, settings: {} }],
    ['moto', 'sinpe', { enabled: true, priority: 10, settings: {} }],
  ]);
});

it('moving keeps what is off off, and changes nothing that has its place already', () => {
  const here = word({ enabled: false, settings: { phone: '88887777' } });
  const three = [method('a', 30), method('b', 20, { here }), method('c', 10)];
  expect(moved(three, 1, 0)).toEqual([
    { provider: 'b', setting: { enabled: false, priority: 30, settings: { phone: '88887777' } } },
    { provider: 'a', setting: { enabled: true, priority: 20, settings: {} } },
  ]);
  expect(moved(three, 0, -1)).toEqual([]);
  expect(moved(three, 2, 3)).toEqual([]);
});

it('a phone that is none is not sent; a good one is, and empty is left out', async () => {
  await show();
  await type('Teléfono de SINPE Móvil', '8888-777');
  await press('Guardar');
  expect(deskService.setMethod).not.toHaveBeenCalled();
  expect(description('Teléfono de SINPE Móvil')).toContain('8 dígitos');
  expect(document.activeElement).toBe(field('Teléfono de SINPE Móvil'));
  await type('Teléfono de SINPE Móvil', '+506 8888-7777');
  await press('Guardar');
  expect(deskService.setMethod).toHaveBeenCalledExactlyOnceWith('moto', 'sinpe', {
    enabled: true,
    priority: 0,
    settings: { phone: '+506 8888-7777' },
  });
  expect(description('Teléfono de SINPE Móvil')).not.toContain('8 dígitos');
});

it('what the server says of the phone stands at the field', async () => {
  const refused = new ApiError('bad_request', { field: 'phone' }, 400);
  vi.mocked(deskService.setMethod).mockRejectedValueOnce(refused);
  await show();
  await type('Teléfono de SINPE Móvil', '88887777');
  await press('Guardar');
  expect(description('Teléfono de SINPE Móvil')).toContain('8 dígitos');
});
