import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { leave, press, text } from './page';
import { CHECKOUT, ended, fakePayments, method, show } from './paying';

let server: ReturnType<typeof fakePayments>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  server = fakePayments();
});

afterEach(() => {
  leave();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const radios = () => [...document.querySelectorAll<HTMLInputElement>('input[type=radio]')];
const plain = () => text().replace(/\s/g, ' ');

it('offers what the raffle offers, the first choice chosen, and one button that says how much', async () => {
  await show(server.live);
  expect(radios().map(({ value, checked }) => [value, checked])).toEqual([
    ['sinpe', true],
    ['sandbox', false],
  ]);
  expect(plain()).toContain('Pagar ₡45 000');
  expect(server.offered).toHaveBeenCalledWith('moto');
});

it('does not show a method that this page has no panel for', async () => {
  server.methods.unshift(method('bitcoin'), method('constructor'));
  await show(server.live);
  expect(radios().map(({ value }) => value)).toEqual(['sinpe', 'sandbox']);
});

it('without any method says so, until when the numbers are held, and that nothing was charged', async () => {
  server.methods.length = 0;
  await show(server.live, { ...CHECKOUT, expires_at: '2026-12-20T00:05:00.000Z' });
  expect(plain()).toContain('hasta las 6:05 p. m. (hora de Costa Rica)');
  expect(text()).toContain('No se le ha cobrado nada');
});

it('pays by what was chosen, with what was chosen for it', async () => {
  await show(server.live);
  await act(async () => radios()[1]?.click());
  const select = document.querySelector('select') as HTMLSelectElement;
  await act(async () => {
    select.value = 'decline';
    select.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await press('Pagar ₡45\u00a0000');
  expect(server.pay).toHaveBeenCalledWith('h1', 'sandbox', { mode: 'decline' }, expect.any(String));
});

it('a method that is switched off vanishes at once, and the page says so', async () => {
  await show(server.live);
  server.methods.shift();
  await server.tell({ kind: 'payment_methods' });
  expect(radios().map(({ value, checked }) => [value, checked])).toEqual([['sandbox', true]]);
  expect(text()).toContain('Ya no se puede pagar con SINPE Móvil en este sorteo.');
});

it('a method that comes back is offered again, and nothing is said against it', async () => {
  await show(server.live);
  const [sinpe] = server.methods.splice(0, 1);
  await server.tell({ kind: 'payment_methods' });
  if (sinpe) server.methods.unshift(sinpe);
  await server.tell({ kind: 'payment_methods' });
  expect(radios()).toHaveLength(2);
  expect(text()).not.toContain('Ya no se puede');
});

it('a method that is refused when paying vanishes, too', async () => {
  await show(server.live);
  server.methods.shift();
  server.pay.mockRejectedValueOnce(server.refuse('method_not_offered', { provider: 'sinpe' }));
  await press('Pagar ₡45\u00a0000');
  expect(radios().map(({ value }) => value)).toEqual(['sandbox']);
  expect(text()).toContain('Ya no se puede pagar con SINPE Móvil');
});

it('after a decline the same method is chosen again', async () => {
  server.keep(ended('declined', { provider: 'sandbox' }));
  await show(server.live);
  expect(radios().map(({ checked }) => checked)).toEqual([false, true]);
});

it('says why the ways to pay cannot be shown, and asks again when told to', async () => {
  server.offered.mockRejectedValueOnce(server.refuse('offline'));
  await show(server.live);
  expect(text()).toContain('No hay conexión');
  await press('Intentar de nuevo');
  expect(radios()).toHaveLength(2);
});
