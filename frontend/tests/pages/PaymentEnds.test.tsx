import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest';
import { CheckoutPage } from '../../src/pages/checkout/CheckoutPage';
import * as raffles from '../../src/sdk/hooks/useRaffle';
import { identity } from '../../src/sdk/identity';
import type { Value } from '../../src/sdk/observable';
import { reservationService } from '../../src/sdk/services/reservationService';
import type { Reservation } from '../../src/sdk/types';
import { hold, leave, press, render, text } from './page';
import { CHECKOUT, ended, fakePayments, payment } from './paying';

vi.mock('wouter', () => ({
  Link: (props: { href: string; className?: string; children: ReactNode }) => (
    <a href={props.href} className={props.className}>
      {props.children}
    </a>
  ),
  useLocation: () => ['/checkout/h1', () => undefined],
}));

let server: ReturnType<typeof fakePayments>;
let asked: MockInstance<typeof reservationService.get>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  server = fakePayments();
  server.methods.shift();
  vi.spyOn(raffles, 'useRaffle').mockImplementation(() => server.live);
  vi.spyOn(identity, 'asPerson').mockResolvedValue({ contact: null });
  asked = vi.spyOn(reservationService, 'get');
});

afterEach(() => {
  leave();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function open(...states: Reservation[]): Promise<void> {
  for (const state of states) asked.mockResolvedValueOnce(state);
  asked.mockResolvedValue(states.at(-1) as Reservation);
  const [now] = states;
  if (now?.phase === 'checkout') (server.live.reservation as Value<Reservation | null>).set(now);
  await render(<CheckoutPage reservationId="h1" />);
}

const links = () => [...document.querySelectorAll('a')].map((a) => a.getAttribute('href'));
const EXPIRED = hold(0, { phase: 'expired' });
const BOUGHT = hold(0, { phase: 'completed', payment_id: 'p1', ticket: 'B0LET0' });
const PAID = ended('paid', { sold_as: 'h1' });

it('pays, and then the numbers are mine, with their ticket', async () => {
  await open(CHECKOUT, BOUGHT);
  server.pay.mockImplementationOnce(async () => server.keep(PAID));
  await press('Pagar ₡45\u00a0000');
  expect(text()).toContain('Los números son suyos');
  expect(text()).toContain('0417');
  expect(links()).toContain('/boleto/B0LET0');
  expect(links()).toContain('/mis-numeros');
});

it('the way to my numbers looks the same before the ticket arrives, and stays in its place', async () => {
  const { ticket, ...bare } = BOUGHT;
  const mine = () => document.querySelector('a[href="/mis-numeros"]');
  await open(bare);
  const before = mine()?.className;
  const place = [...(mine()?.parentElement?.children ?? [])].indexOf(mine() as Element);
  leave();
  await open(BOUGHT);
  expect(links()).toContain(`/boleto/${ticket}`);
  expect(mine()?.className).toBe(before);
  expect([...(mine()?.parentElement?.children ?? [])].indexOf(mine() as Element)).toBe(place);
});

it('while an attempt is live the numbers cannot be given back by accident', async () => {
  server.keep(payment());
  await open({ ...CHECKOUT, payment_id: 'p1' });
  expect(text()).not.toContain('Cancelar y soltar los números');
  await press('Escoger otra forma de pago');
  expect(text()).toContain('Cancelar y soltar los números');
});

it('time ran out, and without any payment nothing was charged', async () => {
  await open(EXPIRED);
  expect(text()).toContain('El tiempo terminó');
  expect(text()).toContain('No se le ha cobrado nada');
});

it('does not say that nothing was charged while that is not known', async () => {
  server.of.mockRejectedValue(server.refuse('offline'));
  await open(EXPIRED);
  expect(text()).not.toContain('No se le ha cobrado nada');
  expect(text()).toContain('No pudimos revisar si hubo un pago');
});

it('money that came late is looked at, and the person is told', async () => {
  server.keep(ended('late'));
  await open(EXPIRED);
  expect(text()).toContain('Estamos viendo si sus números siguen libres');
  expect(text()).not.toContain('No se le ha cobrado nada');
});

it('money that came late and bought the numbers all the same leads to them', async () => {
  server.keep(ended('paid', { sold_as: 'h2' }));
  await open(EXPIRED);
  expect(text()).toContain('ya son suyos');
  expect(links()).toContain('/checkout/h2');
});

it('money that goes back says why, and money that is back says how much', async () => {
  server.keep(ended('refunding', { reason: 'numbers_taken' }));
  await open(EXPIRED);
  expect(text()).toContain('otra persona ya tenía los números');
  server.keep(ended('refunded', { refunded: 4_500_000 }));
  await server.tell({ kind: 'payment' });
  expect(text().replace(/\s/g, ' ')).toContain('Se le devolvieron ₡45 000');
});

it('a refund of what was bought is told beside the numbers', async () => {
  server.keep(ended('refunding', { sold_as: 'h1' }));
  await open(BOUGHT);
  expect(text()).toContain('Le estamos devolviendo');
});

it('a transfer that the organizer still looks for after the time is told', async () => {
  server.keep(ended('review', { provider: 'sinpe' }));
  await open(EXPIRED);
  expect(text()).toContain('todavía está buscando su pago');
});

it('a transfer that the organizer did not find is told as that, and not as time that ran out', async () => {
  server.keep(ended('declined', { needs_review: true, reason: 'rejected' }));
  await open(EXPIRED);
  expect(text()).toContain('El pago no se aprobó');
  expect(text()).toContain('La organización no encontró su pago.');
  expect(text()).not.toContain('El tiempo terminó');
});
