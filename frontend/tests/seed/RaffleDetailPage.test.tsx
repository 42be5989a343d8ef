import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { messages } from '../../src/i18n/locales/es.po';
import { identity } from '../../src/sdk/identity';
import { FakeFetch } from '../sdk-live/fakes/fakeFetch';
import { FakeServer } from '../sdk-live/fakes/fakeServer';
import { leave, pass, render, text } from '../sdk-live/fakes/page';
import { RaffleDetailPage } from './RaffleDetailPage';

let server: FakeServer;
let http: FakeFetch;
let visited: string[];

beforeEach(() => {
  vi.useFakeTimers();
  i18n.loadAndActivate({ locale: 'es', messages });
  server = new FakeServer(20);
  visited = [];
  vi.stubGlobal('WebSocket', function connect() {
    return server.connect();
  });
  http = new FakeFetch();
  http.otherwise = ({ path, body }) => {
    if (path.endsWith('/auth/guest')) return { body: GUEST };
    const { number_ids } = (body ?? {}) as { number_ids?: string[] };
    if (number_ids) {
      server.act('ana', { type: 'reserve', reservation_id: 'hold', numbers: number_ids });
    }
    if (path.endsWith('/move-to-checkout')) {
      server.act('ana', { type: 'checkout', reservation_id: 'hold' });
    }
    return { body: { reservation: server.reservation('hold'), reservations: [] } };
  };
});

afterEach(async () => {
  leave();
  identity.signOut();
  await vi.advanceTimersByTimeAsync(20_000);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const GUEST = { token: 'token of ana', user_id: 'ana', expires_at: '2099-01-01T00:00:00.000Z' };

function show(): void {
  const labels = Array.from({ length: 20 }, (_, i) => String(i).padStart(2, '0'));
  render(
    <I18nProvider i18n={i18n}>
      <RaffleDetailPage
        useParams={() => ({ raffleId: 'raffle-1' })}
        navigate={(path) => visited.push(path)}
        user={{ id: 'ana' }}
        raffle={{ ticket_price: 1000 }}
        numbers={labels.map((id) => ({ id, number: id, status: 'available' }))}
      />
    </I18nProvider>,
  );
}

function button(name: string): HTMLButtonElement {
  const all = [...document.querySelectorAll('button')];
  const named = (each: HTMLButtonElement) => each.getAttribute('aria-label') ?? each.textContent;
  const found = all.find((each) => named(each)?.includes(name));
  if (!found) throw new Error(`no button "${name}" among ${all.map(named).join(', ')}`);
  return found;
}

async function press(name: string): Promise<void> {
  await act(async () => button(name).click());
  await pass(500);
}

it('the example of the document works: choose, hold, count down, go to pay', async () => {
  show();
  await pass(500);
  await press('05');
  await press('06');
  expect(text()).toContain('2 números');
  await press('Apartar');
  expect(server.heldBy('ana')?.numbers).toEqual(['05', '06']);
  expect(document.querySelector('[role=timer]')?.textContent).toMatch(/9:5\d|10:00/);
  await press('Ir a pagar');
  expect(visited).toEqual(['/checkout/hold']);
  expect(server.heldBy('ana')?.phase).toBe('checkout');
});

it('shows what another person takes as soon as it is known', async () => {
  show();
  await pass(500);
  const before = button('07').getAttribute('aria-label') ?? button('07').outerHTML;
  server.take('07');
  await pass(200);
  expect(button('07').getAttribute('aria-label') ?? button('07').outerHTML).not.toBe(before);
});
