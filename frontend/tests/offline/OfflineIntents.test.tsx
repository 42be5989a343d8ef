import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';

import { createRoot, type Root } from 'react-dom/client';
import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { OfflineIntents } from '../../src/offline/OfflineIntents';
import { FakeLive } from './fakeLive';
import { FakeStore } from './fakeStore';

const { store } = vi.hoisted(() => ({ store: { current: null as unknown as FakeStore } }));
vi.mock('../../src/offline/store', () => ({
  get pageStore() {
    return store.current;
  },
}));

let root: Root;
let live: FakeLive;
let raffles = 0;

beforeEach(() => {
  store.current = new FakeStore();
  raffles += 1;
  live = new FakeLive(`raffle-${raffles}`);
  root = createRoot(document.body.appendChild(document.createElement('div')));
  i18n.loadAndActivate({ locale: 'es', messages: {} });
});

afterEach(() => {
  act(() => root.unmount());
  document.body.replaceChildren();
});

async function show(wanted: string[]): Promise<void> {
  const intents = wanted.map((label) => ({
    raffleId: live.raffleId,
    label,
    wantedAt: Date.now(),
  }));
  store.current.values.set('intents', intents);
  await act(async () =>
    root.render(
      <I18nProvider i18n={i18n}>
        <OfflineIntents live={live.asLive} />
      </I18nProvider>,
    ),
  );
}

function text(): string {
  return document.body.textContent ?? '';
}

/** Renders until `check` holds; a promise chain takes a few turns. */
async function eventually(check: () => void): Promise<void> {
  await vi.waitFor(async () => {
    await act(async () => {});
    check();
  });
}

function button(name: string): HTMLButtonElement | undefined {
  return [...document.querySelectorAll('button')].find((each) => each.textContent === name);
}

async function press(name: string): Promise<void> {
  await act(async () => button(name)?.click());
}

it('nothing that was wanted offline is sent before the person says so', async () => {
  live.lose();
  await show(['0417']);
  expect(text()).toContain('No se ha enviado nada');
  expect(button('Apartar ahora')).toBeUndefined();
  await act(async () => void live.goLive());
  expect(text()).toContain('Estos números quería apartar:');
  expect(live.picked).toEqual([]);
  await press('Apartar ahora');
  expect(live.picked).toEqual(['0417']);
  await eventually(() => expect(text()).toBe(''));
});

it('a number that was taken meanwhile is told, and not asked for again', async () => {
  live.goLive();
  live.answers.set('0417', { ok: false, code: 'numbers_taken', params: { numbers: ['0417'] } });
  await show(['0417', '0532']);
  await press('Apartar ahora');
  await eventually(() => expect(text()).toContain('El 0417 lo apartó otra persona.'));
  expect(live.picked).toEqual(['0417', '0532']);
  expect(button('Apartar ahora')).toBeUndefined();
  await press('Entendido');
  expect(text()).toBe('');
});

it('what could not be asked for because the connection left again stays noted', async () => {
  live.goLive();
  live.answers.set('0532', { ok: false, code: 'offline', params: {} });
  await show(['0417', '0532', '0999']);
  await press('Apartar ahora');
  await eventually(() => expect(text()).toContain('No se envió nada'));
  expect(live.picked).toEqual(['0417', '0532']);
  expect(text()).toContain('0532');
  expect(text()).toContain('0999');
  expect(text()).not.toContain('0417');
});

it('the person can say no', async () => {
  live.goLive();
  await show(['0417']);
  await press('Olvidar');
  expect(text()).toBe('');
  expect(live.picked).toEqual([]);
});
