import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { identity } from '../../src/sdk/identity';
import { deskService } from '../../src/sdk/services/deskService';
import { FakeFetch } from './fakes/fakeFetch';

let server: FakeFetch;

beforeEach(() => {
  identity.signOut();
  server = new FakeFetch();
  server.answer({ token: 't', user_id: 'u', expires_at: '2099-01-01T00:00:00.000Z' }, 201);
});

afterEach(() => vi.unstubAllGlobals());

it('speaks the paths of the contract', async () => {
  server.otherwise = () => ({ body: { payments: [], payment: {}, cases: [], methods: [] } });
  const setting = { enabled: false, priority: 0, settings: {} };
  await deskService.waiting('r');
  await deskService.approve('p', { reference: 'ABC123456', amount: 100_000, bank: 'BAC' });
  await deskService.reject('p', 'no llegó');
  await deskService.cases('r');
  await deskService.cases(null);
  await deskService.resolve('c', 'keep', 'nota');
  await deskService.switches('r');
  await deskService.setMethod('r', 'sinpe', setting);
  await deskService.setMethod(null, 'sinpe', setting);
  await deskService.audit();
  const asked = server.asked.slice(1);
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /api/v1/raffles/r/payments?status=review',
    'POST /api/v1/payments/p/approve',
    'POST /api/v1/payments/p/reject',
    'GET /api/v1/raffles/r/money-cases',
    'GET /api/v1/money-cases',
    'POST /api/v1/money-cases/c/resolve',
    'GET /api/v1/raffles/r/payment-methods',
    'PUT /api/v1/raffles/r/payment-methods/sinpe',
    'PUT /api/v1/payment-methods/sinpe',
    'GET /api/v1/money/audit',
  ]);
  expect(asked.map(({ body }) => body).filter(Boolean)).toEqual([
    { reference: 'ABC123456', amount: 100_000, bank: 'BAC' },
    { reason: 'no llegó' },
    { resolution: 'keep', note: 'nota' },
    setting,
    setting,
  ]);
});

it('a picture comes as bytes, to its bearer alone', async () => {
  server.answers.push({ body: 'bytes', headers: { 'Content-Type': 'image/png' } });
  const picture = await deskService.picture('p', 2);
  expect(await picture.text()).toBe('bytes');
  expect(server.asked[1]).toMatchObject({ path: '/api/v1/payments/p/receipts/2', token: 't' });
});

it('a picture that is refused is a refusal like every other', async () => {
  server.refuse(404, 'not_found');
  await expect(deskService.picture('p', 1)).rejects.toMatchObject({ code: 'not_found' });
});

it('as many payments as are wanted are asked for in pages, each from where the last one ended', async () => {
  const page = (from: number, count: number) => ({
    body: {
      payments: Array.from({ length: count }, (_, place) => ({
        payment: { id: `p${from - place}` },
      })),
    },
  });
  server.answers.push(page(450, 200), page(250, 200), page(50, 50));
  const found = await deskService.received('r', 501, '07');
  expect(found.map(({ payment }) => payment.id)).toEqual(
    Array.from({ length: 450 }, (_, place) => `p${450 - place}`),
  );
  const path = '/api/v1/raffles/r/payments?status=paid';
  expect(server.asked.slice(1).map((asked) => asked.path)).toEqual([
    `${path}&limit=200&number=07`,
    `${path}&limit=200&before=p251&number=07`,
    `${path}&limit=101&before=p51&number=07`,
  ]);
});

it('a refund names its numbers, so that a repeat sends nothing more', async () => {
  server.otherwise = () => ({ body: { payment: {} } });
  await deskService.refund('p', 'lo pidió', ['07']);
  const body = { reason: 'lo pidió', numbers: ['07'] };
  expect(server.asked[1]).toMatchObject({ path: '/api/v1/payments/p/refund', body });
});
