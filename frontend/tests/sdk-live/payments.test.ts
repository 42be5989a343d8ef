import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { identity } from '../../src/sdk/identity';
import { forgetIntent, intentKey } from '../../src/sdk/paymentIntents';
import { paymentService } from '../../src/sdk/services/paymentService';
import { FakeFetch } from './fakes/fakeFetch';

let server: FakeFetch;

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
  identity.signOut();
  server = new FakeFetch();
});

afterEach(() => {
  forgetIntent('h');
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const GUEST = { token: 't', user_id: 'u', expires_at: '2099-01-01T00:00:00.000Z' };
const requests = () => server.asked.map(({ method, path }) => `${method} ${path}`);

it('tells how a raffle can be paid, without making a guest', async () => {
  server.answer({ methods: [{ provider: 'sinpe' }] });
  expect(await paymentService.methods('r')).toEqual([{ provider: 'sinpe' }]);
  expect(requests()).toEqual(['GET /api/v1/payment-methods?raffle=r']);
});

it('speaks the paths of the contract', async () => {
  server.answer(GUEST, 201);
  server.otherwise = () => ({ body: { payment: { id: 'p' }, payments: [{ id: 'p' }] } });
  expect(await paymentService.of('h')).toEqual([{ id: 'p' }]);
  expect(await paymentService.get('p')).toEqual({ id: 'p' });
  await paymentService.cancel('p');
  await paymentService.sendReceipt('p', { reference: '123' });
  expect(requests().slice(1)).toEqual([
    'GET /api/v1/reservations/h/payments',
    'GET /api/v1/payments/p',
    'POST /api/v1/payments/p/cancel',
    'POST /api/v1/payments/p/receipt',
  ]);
  expect(server.asked.at(-1)?.body).toEqual({ reference: '123', bank: '' });
});

it('sends a picture as it is, under its own type', async () => {
  server.answer(GUEST, 201).answer({ payment: { id: 'p', status: 'review' } });
  const picture = new Blob(['jpeg'], { type: 'image/jpeg' });
  expect(await paymentService.sendReceipt('p', picture)).toMatchObject({ status: 'review' });
  expect(server.asked[1]?.headers.get('Content-Type')).toBe('image/jpeg');
  expect(server.asked[1]?.body).toBe('jpeg');
});

it('asks again with the same key when it did not hear whether a payment began', async () => {
  server.answer(GUEST, 201);
  server.answers.push(new TypeError('Failed to fetch'));
  server.refuse(503, 'unavailable', { retry_after_ms: 100 });
  server.answer({ payment: { id: 'p', status: 'paid' } }, 201);
  const paying = paymentService.pay('h', 'sandbox', { mode: 'approve' }, 'pay-1');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await paying).toMatchObject({ status: 'paid' });
  const asked = server.asked.slice(1);
  expect(asked.map(({ headers }) => headers.get('Idempotency-Key'))).toEqual([
    'pay-1',
    'pay-1',
    'pay-1',
  ]);
  expect(asked[2]).toMatchObject({
    path: '/api/v1/reservations/h/payments',
    body: { provider: 'sandbox', options: { mode: 'approve' } },
  });
});

it('does not ask again after a refusal', async () => {
  server.answer(GUEST, 201).refuse(409, 'method_not_offered', { provider: 'sinpe' });
  await expect(paymentService.pay('h', 'sinpe', {}, 'k')).rejects.toMatchObject({
    code: 'method_not_offered',
  });
  expect(server.asked).toHaveLength(2);
});

it('keeps the key of an intention until its outcome is known, also over a reload', async () => {
  const key = intentKey('h', 'sandbox');
  expect(intentKey('h', 'sandbox')).toBe(key);
  vi.resetModules();
  const reloaded = await import('../../src/sdk/paymentIntents');
  expect(reloaded.intentKey('h', 'sandbox')).toBe(key);
  expect(intentKey('other', 'sandbox')).not.toBe(key);
  forgetIntent('h');
  expect(intentKey('h', 'sandbox')).not.toBe(key);
});

it('to pay in another way is another intention', () => {
  const key = intentKey('h', 'sandbox');
  expect(intentKey('h', 'sinpe')).not.toBe(key);
});
