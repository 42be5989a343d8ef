import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as speaker from '../../src/ui/announce';
import { button, leave, press, text } from './page';
import { CHECKOUT, ended, fakePayments, payment, show } from './paying';

let server: ReturnType<typeof fakePayments>;
let visibility: DocumentVisibilityState;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  visibility = 'visible';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
  server = fakePayments();
  server.methods.shift();
});

afterEach(() => {
  leave();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const pass = (ms: number) => act(async () => vi.advanceTimersByTimeAsync(ms));
const keys = () => server.pay.mock.calls.map((call) => call[3]);
const PAY = 'Pagar ₡45\u00a0000';

async function see(state: DocumentVisibilityState): Promise<void> {
  visibility = state;
  await act(async () => document.dispatchEvent(new Event('visibilitychange')));
}

it('a double click begins one attempt', async () => {
  await show(server.live);
  const pay = button(PAY);
  await act(async () => {
    pay.click();
    pay.click();
  });
  await pass(0);
  expect(keys()).toHaveLength(1);
  expect(text()).toContain('Confirmando con el banco');
});

it('a click after an answer that was lost repeats the same attempt', async () => {
  await show(server.live);
  server.pay.mockRejectedValueOnce(server.refuse('timeout'));
  await press(PAY);
  expect(text()).toContain('no se le cobra dos veces');
  await press(PAY);
  expect(keys()[0]).toBe(keys()[1]);
});

it('after a decline the reason is told, and another click is another attempt', async () => {
  await show(server.live);
  server.pay.mockImplementationOnce(async () =>
    server.keep(ended('declined', { reason: 'insufficient_funds' })),
  );
  await press(PAY);
  expect(text()).toContain('no tiene fondos suficientes');
  expect(text()).toContain('No se le cobró nada');
  // The button that was pressed is gone; whoever pressed it is not.
  expect(document.activeElement).not.toBe(document.body);
  expect(document.activeElement?.textContent).toContain('no tiene fondos suficientes');
  await press(PAY);
  expect(new Set(keys()).size).toBe(2);
});

it('a key from before a reload that leads to an attempt that had ended does not cost a click', async () => {
  const declined = server.keep(ended('declined'));
  await show(server.live);
  server.pay.mockImplementationOnce(async () => declined);
  server.pay.mockImplementationOnce(async () => server.keep(payment({ id: 'p2' })));
  await press(PAY);
  expect(new Set(keys()).size).toBe(2);
  expect(text()).toContain('Confirmando con el banco');
});

it('a page that is loaded again finds the attempt that is under way', async () => {
  server.keep(payment());
  await show(server.live, { ...CHECKOUT, payment_id: 'p1' });
  expect(text()).toContain('Confirmando con el banco');
  expect(text()).not.toContain('Pagar ₡');
});

it('an attempt that another tab began is shown in place of a refusal', async () => {
  await show(server.live);
  server.keep(payment());
  server.pay.mockRejectedValueOnce(server.refuse('payment_in_progress', { payment_id: 'p1' }));
  await press(PAY);
  expect(text()).toContain('Confirmando con el banco');
});

it('asks every two seconds while the bank has the word, and only while it is seen', async () => {
  server.keep(payment());
  await show(server.live);
  const before = server.of.mock.calls.length;
  await pass(2_000);
  await pass(2_000);
  expect(server.of.mock.calls.length - before).toBe(2);
  await see('hidden');
  await pass(60_000);
  expect(server.of.mock.calls.length - before).toBe(2);
  await see('visible');
  expect(server.of.mock.calls.length - before).toBe(3);
});

it('asks no more when all is over', async () => {
  server.keep(payment());
  await show(server.live);
  server.keep(ended('declined'));
  await pass(2_000);
  const before = server.of.mock.calls.length;
  await pass(120_000);
  expect(server.of.mock.calls.length).toBe(before);
});

it('asks at once when the server tells that a payment moved on', async () => {
  server.keep(payment());
  await show(server.live);
  server.keep(ended('declined', { reason: 'expired_card' }));
  await server.tell({ kind: 'payment' });
  expect(text()).toContain('La tarjeta está vencida');
  server.keep(payment({ id: 'p2' }));
  await server.tell({ kind: 'changed', reservation: CHECKOUT });
  expect(text()).toContain('Confirmando con el banco');
});

it('goes on asking when an answer does not come, and forgets nothing', async () => {
  server.keep(payment());
  await show(server.live);
  server.of.mockRejectedValueOnce(server.refuse('offline'));
  await pass(2_000);
  expect(text()).toContain('Confirmando con el banco');
  server.keep(ended('declined'));
  await pass(2_000);
  expect(text()).toContain('El banco no aprobó el pago');
});

it('another way to pay is offered only when the provider has let go', async () => {
  server.keep(payment());
  await show(server.live);
  server.cancel.mockImplementationOnce(async () => payment());
  await press('Escoger otra forma de pago');
  expect(text()).toContain('Cancelando este pago con el banco');
  expect(text()).not.toContain(PAY);
  server.keep(ended('cancelled'));
  await pass(2_000);
  await pass(0);
  expect(button(PAY)).toBeTruthy();
  expect(text()).toContain('quedó cancelado y no se le cobró nada');
});

it('a payment that cannot be cancelled any more is not offered to be paid again', async () => {
  server.keep(payment());
  await show(server.live);
  server.cancel.mockImplementationOnce(async () => server.keep(payment({ status: 'authorised' })));
  await press('Escoger otra forma de pago');
  expect(text()).toContain('Confirmando con el banco');
  expect(text()).not.toContain('Escoger otra forma');
});

it('a review says until when, and offers nothing that would pay twice', async () => {
  server.keep(
    payment({ provider: 'sinpe', status: 'review', expires_at: '2026-12-20T00:05:00.000Z' }),
  );
  await show(server.live, { ...CHECKOUT, phase: 'payment_review', payment_id: 'p1' });
  expect(text()).toContain('Estamos esperando que la organización confirme su pago');
  expect(text().replace(/\s/g, ' ')).toContain('6:05 p. m.');
  expect(document.querySelectorAll('button')).toHaveLength(0);
});

it('when time ran out under a payment, it says that the bank is asked', async () => {
  server.keep(payment());
  await show(server.live, { ...CHECKOUT, phase: 'payment_review', payment_id: 'p1' });
  expect(text()).toContain('El tiempo terminó');
  expect(text()).toContain('Si entró, los números son suyos');
});

it('tells a screen reader of every change, and of a decline without waiting', async () => {
  const said = vi.spyOn(speaker, 'announce');
  server.keep(payment());
  await show(server.live);
  expect(said).not.toHaveBeenCalled();
  server.keep(payment({ status: 'authorised' }));
  await pass(2_000);
  server.keep(ended('declined'));
  await pass(2_000);
  expect(said.mock.calls).toEqual([
    ['Confirmando con el banco…'],
    ['El banco no aprobó el pago.', 'assertive'],
  ]);
});

it('an older attempt whose money goes back is told beside the choice', async () => {
  server.keep(ended('refunding', { id: 'p0', reason: 'already_paid' }));
  await show(server.live);
  expect(text()).toContain('Le estamos devolviendo');
  expect(text()).toContain('estos números ya estaban pagados');
  expect(button(PAY)).toBeTruthy();
});
