/** Renders a part of a page in Spanish, and finds things in it by what a person would read. */
import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import type { ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { act } from 'react-dom/test-utils';
import { vi } from 'vitest';
import { messages } from '../../src/i18n/locales/es.po';
import { Value } from '../../src/sdk/observable';
import type { LiveRaffle, Raffle, Reservation } from '../../src/sdk/types';
import { unmountAnnouncer } from '../../src/ui/announce';

let root: Root | null = null;

export async function render(node: ReactNode): Promise<void> {
  i18n.loadAndActivate({ locale: 'es', messages });
  root ??= createRoot(document.body.appendChild(document.createElement('div')));
  await act(async () => root?.render(<I18nProvider i18n={i18n}>{node}</I18nProvider>));
  await settle();
}

/** Lets what was asked of fakes be answered, and the answers be shown. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await act(async () => {});
}

export function leave(): void {
  act(() => root?.unmount());
  root = null;
  unmountAnnouncer();
  document.body.replaceChildren();
}

export function text(): string {
  return document.body.textContent ?? '';
}

export function button(name: string): HTMLButtonElement {
  const found = [...document.querySelectorAll('button')].find(
    (each) => (each.getAttribute('aria-label') ?? each.textContent) === name,
  );
  if (!found) throw new Error(`no button "${name}" in: ${text()}`);
  return found;
}

export async function press(name: string): Promise<void> {
  await act(async () => button(name).click());
  await settle();
}

/** Types into the field with this label. */
export async function type(label: string, value: string): Promise<void> {
  const input = field(label);
  await act(async () => {
    input.value = value;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

export function field(label: string): HTMLInputElement {
  const found = [...document.querySelectorAll('label')].find((each) => each.textContent === label);
  const input = document.getElementById(found?.htmlFor ?? '');
  if (!(input instanceof HTMLInputElement)) throw new Error(`no field "${label}"`);
  return input;
}

/** As in a browser, nothing behind a modal dialog takes the focus. Undone by `vi.restoreAllMocks`. */
export function keepFocusInDialogs(): void {
  const focus = HTMLElement.prototype.focus;
  vi.spyOn(HTMLElement.prototype, 'focus').mockImplementation(function (this: HTMLElement, how) {
    const dialog = document.querySelector('dialog[open]');
    if (!dialog || dialog.contains(this)) focus.call(this, how);
  });
}

/** What the field with this label is described by: its hint and its error. */
export function description(label: string): string {
  const ids = field(label).getAttribute('aria-describedby') ?? '';
  return ids
    .split(' ')
    .map((id) => document.getElementById(id)?.textContent)
    .join(' ');
}

export const RAFFLE: Raffle = {
  id: 'moto',
  title: 'Moto 2026',
  description: null,
  status: 'active',
  number_count: 10_000,
  price: 1_500_000,
  currency: 'CRC',
  max_numbers_per_user: 10,
  selection_seconds: 600,
  checkout_seconds: 300,
  sales_close_at: null,
  draw_at: null,
  counts: { available: 9_997, reserved: 3, sold: 0 },
  epoch: 1,
  seq: 1,
};

/** A hold of three numbers that ends in `ms`. */
export function hold(ms: number, change: Partial<Reservation> = {}): Reservation {
  return {
    id: 'h1',
    raffle_id: 'moto',
    user_id: 'ana',
    phase: 'selection',
    numbers: [],
    number_ids: ['0417', '0532', '0999'],
    unit_price: 1_500_000,
    total_amount: 4_500_000,
    currency: 'CRC',
    created_at: new Date().toISOString(),
    expires_at: new Date(Date.now() + ms).toISOString(),
    expires_in_ms: ms,
    server_time: new Date().toISOString(),
    extensions_left: 1,
    payment_id: null,
    ...change,
  };
}

/** A live raffle whose commands succeed, unless a test says otherwise. */
export function fakeLive() {
  const succeed = () => vi.fn<LiveRaffle['cancel']>(async () => ({ ok: true, reservation: null }));
  return {
    raffleId: 'moto',
    connection: new Value({
      state: 'live' as const,
      lostSince: null,
      retryAt: null,
      offline: false,
      maintenance: false,
      code: null,
    }),
    raffle: new Value<Raffle | null>(RAFFLE),
    board: new Value(null),
    reservation: new Value<Reservation | null>(null),
    expired: new Value<Reservation | null>(null),
    onNotice: () => () => undefined,
    pick: vi.fn<LiveRaffle['pick']>(async () => ({ ok: true, reservation: null })),
    unpick: vi.fn<LiveRaffle['unpick']>(async () => ({ ok: true, reservation: null })),
    quickPick: vi.fn<LiveRaffle['quickPick']>(async () => ({ ok: true, reservation: null })),
    swap: vi.fn<LiveRaffle['swap']>(async () => ({ ok: true, reservation: null })),
    cancel: succeed(),
    checkout: succeed(),
    extend: succeed(),
    recover: vi.fn<LiveRaffle['recover']>(),
    forgetExpired: vi.fn(),
    restore: () => false,
    reconnectNow: vi.fn(),
    close: vi.fn(),
  } satisfies LiveRaffle;
}
