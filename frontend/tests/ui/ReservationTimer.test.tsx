import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { createRoot, type Root } from 'react-dom/client';
import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { messages } from '../../src/i18n/locales/es.po';
import { milestonePassed, urgencyOf } from '../../src/sdk/components/milestones';
import { ReservationTimer } from '../../src/sdk/components/ReservationTimer';
import { serverClock } from '../../src/sdk/serverClock';

const { announce } = vi.hoisted(() => ({ announce: vi.fn() }));
vi.mock('../../src/ui/announce', () => ({ announce }));

const DAY = 24 * 3_600_000;
let root: Root;
let onExpire: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  announce.mockReset();
  onExpire = vi.fn();
  root = createRoot(document.body.appendChild(document.createElement('div')));
  i18n.loadAndActivate({ locale: 'es', messages });
});

afterEach(() => {
  act(() => root.unmount());
  document.body.replaceChildren();
  vi.useRealTimers();
});

/** The server's clock is `skew` ahead of this device's. */
function serverIsAhead(skew: number): void {
  const at = performance.now();
  serverClock.sample({ t0: at, t1: at, serverTime: new Date(Date.now() + skew).toISOString() });
}

/** A deadline that is `ms` away by the server's clock. */
function deadline(ms: number): string {
  return new Date(serverClock.now() + ms).toISOString();
}

function show(expiresAt: string): void {
  act(() =>
    root.render(
      <I18nProvider i18n={i18n}>
        <ReservationTimer expiresAt={expiresAt} phase="selection" onExpire={() => onExpire()} />
      </I18nProvider>,
    ),
  );
}

function pass(ms: number): void {
  act(() => vi.advanceTimersByTime(ms));
}

function text(): string {
  return document.body.textContent ?? '';
}

it.each([0, DAY, -DAY])('counts by the server when its clock is %i ms ahead', (skew) => {
  serverIsAhead(skew);
  show(deadline(90_000));
  expect(text()).toContain('1:30');
  pass(31_000);
  expect(text()).toContain('0:59');
  expect(onExpire).not.toHaveBeenCalled();
});

it('at zero says that it is being verified, and tells of it once', () => {
  serverIsAhead(0);
  show(deadline(2_000));
  pass(2_100);
  expect(text()).toContain('Verificando…');
  expect(document.querySelector('[role=timer]')).toBeNull();
  pass(60_000);
  expect(onExpire).toHaveBeenCalledTimes(1);
});

it('tells of it once although it is given a new function with every render', () => {
  serverIsAhead(0);
  const passed = deadline(-1);
  for (let renders = 0; renders < 3; renders += 1) show(passed);
  expect(onExpire).toHaveBeenCalledTimes(1);
});

it('tells of a deadline that had passed before it was shown', () => {
  serverIsAhead(0);
  show(deadline(-5_000));
  expect(onExpire).toHaveBeenCalledTimes(1);
});

it('goes on when there is more time, and tells of the new deadline too', () => {
  serverIsAhead(0);
  show(deadline(1_000));
  pass(1_100);
  show(deadline(61_000));
  expect(text()).not.toContain('Verificando…');
  pass(62_000);
  expect(onExpire).toHaveBeenCalledTimes(2);
});

it('speaks at five, two and one minutes politely, and at thirty seconds at once', () => {
  serverIsAhead(0);
  show(deadline(301_500));
  for (let seconds = 0; seconds < 301; seconds += 1) pass(1_000);
  expect(announce.mock.calls).toEqual([
    ['Quedan 5 minutos para sus números.', 'polite'],
    ['Quedan 2 minutos para sus números.', 'polite'],
    ['Queda 1 minuto para sus números.', 'polite'],
    ['Quedan 30 segundos para sus números.', 'assertive'],
  ]);
});

it('does not speak of a milestone because more time was given', () => {
  serverIsAhead(0);
  show(deadline(100_000));
  show(deadline(400_000));
  expect(announce).not.toHaveBeenCalled();
});

it('says in words that little is left, not by colour alone', () => {
  serverIsAhead(0);
  show(deadline(121_000));
  expect(text()).not.toContain('Queda poco');
  pass(1_500);
  expect(text()).toContain('Queda poco');
  pass(90_000);
  expect(text()).toContain('Últimos segundos');
});

it('is urgent in the last two minutes and more so in the last thirty seconds', () => {
  expect([120_001, 120_000, 30_001, 30_000, 1, 0].map(urgencyOf)).toEqual([
    'calm',
    'soon',
    'soon',
    'last',
    'last',
    'over',
  ]);
});

it('tells only the last of the milestones that were slept through, and none after the end', () => {
  expect(milestonePassed(400_000, 55_000)?.seconds).toBe(60);
  expect(milestonePassed(400_000, 0)).toBeNull();
  expect(milestonePassed(59_000, 58_000)).toBeNull();
});
