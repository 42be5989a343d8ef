import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { identity } from '../../src/sdk/identity';
import { serverClock } from '../../src/sdk/serverClock';
import { raffleService } from '../../src/sdk/services/raffleService';
import { reservationService } from '../../src/sdk/services/reservationService';
import { FakeFetch } from './fakes/fakeFetch';

let server: FakeFetch;

beforeEach(async () => {
  vi.useFakeTimers();
  identity.signOut();
  server = new FakeFetch();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const GUEST = { token: 't', user_id: 'u', expires_at: '2099-01-01T00:00:00.000Z' };
const HOLD = { raffle_id: 'r', number_ids: ['07'] };
const requests = () => server.asked.map(({ method, path }) => `${method} ${path}`);

describe('reservationService', () => {
  it('makes a guest for the first hold, and resolves to the reservation', async () => {
    server.answer(GUEST, 201).answer({ reservation: { id: 'h' } }, 201);
    expect(await reservationService.create(HOLD)).toEqual({ id: 'h' });
    expect(requests()).toEqual(['POST /api/v1/auth/guest', 'POST /api/v1/reservations']);
    expect(server.asked[0]?.body).toEqual({});
    expect(server.asked[1]).toMatchObject({ body: HOLD, token: 't' });
  });

  it('asks again with the same key when it did not hear what came of it', async () => {
    server.answer(GUEST, 201);
    server.answers.push(new TypeError('Failed to fetch'));
    server.refuse(503, 'unavailable', { retry_after_ms: 100 });
    server.answer({ reservation: { id: 'h' } }, 201);
    const creating = reservationService.create(HOLD);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await creating).toEqual({ id: 'h' });
    const keys = server.asked.slice(1).map(({ headers }) => headers.get('Idempotency-Key'));
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toBeTruthy();
  });

  it('takes the key that it is given', async () => {
    server.answer(GUEST, 201).answer({ reservation: { id: 'h' } }, 201);
    await reservationService.create(HOLD, 'basket-1');
    expect(server.asked[1]?.headers.get('Idempotency-Key')).toBe('basket-1');
  });

  it('does not ask again after a refusal, nor for ever', async () => {
    server.answer(GUEST, 201).refuse(409, 'numbers_taken', { numbers: ['07'] });
    await expect(reservationService.create(HOLD)).rejects.toMatchObject({ code: 'numbers_taken' });
    for (let i = 0; i < 9; i++) server.refuse(503, 'unavailable', { retry_after_ms: 1 });
    const creating = expect(reservationService.create(HOLD)).rejects.toMatchObject({
      code: 'unavailable',
    });
    await vi.advanceTimersByTimeAsync(5_000);
    await creating;
    expect(server.asked.length).toBeLessThan(7);
  });

  it('speaks the paths of the contract', async () => {
    server.answer(GUEST, 201);
    server.otherwise = () => ({ body: { reservation: null, reservations: [] } });
    await reservationService.get('h');
    await reservationService.mine();
    await reservationService.myReservation('r');
    await reservationService.moveToCheckout('h');
    await reservationService.addNumber('h', '08');
    await reservationService.removeNumber('h', '08');
    await reservationService.extend('h', '2026-01-01T00:00:00.000Z');
    await reservationService.cancel('h');
    expect(requests().slice(1)).toEqual([
      'GET /api/v1/reservations/h',
      'GET /api/v1/reservations/me',
      'GET /api/v1/raffles/r/my-reservation',
      'POST /api/v1/reservations/h/move-to-checkout',
      'POST /api/v1/reservations/h/add-number',
      'DELETE /api/v1/reservations/h/numbers/08',
      'POST /api/v1/reservations/h/extend',
      'POST /api/v1/reservations/h/cancel',
    ]);
    expect(server.asked.map(({ body }) => body).filter(Boolean)).toEqual([
      {},
      { number_id: '08' },
      { expires_at: '2026-01-01T00:00:00.000Z' },
    ]);
  });
});

it('a reservation tells the time, also where there is no socket', async () => {
  server.answer(GUEST, 201);
  const server_time = new Date(Date.now() + 86_400_000).toISOString();
  server.otherwise = () => ({ body: { reservations: [{ id: 'h', server_time }] } });
  await reservationService.mine();
  expect(Math.round((serverClock.now() - Date.now()) / 1000)).toBe(86_400);
});

describe('raffleService', () => {
  it('lets everybody look, without making a guest', async () => {
    server.otherwise = () => ({ body: { raffle: { id: 'r' }, raffles: [], pagination: {} } });
    await raffleService.list(2, 50);
    expect(await raffleService.get('r')).toEqual({ id: 'r' });
    expect(await raffleService.getWithNumbers('r')).toEqual({ raffle: { id: 'r' }, numbers: [] });
    expect(requests()).toEqual([
      'GET /api/v1/raffles?page=2&page_size=50',
      'GET /api/v1/raffles/r',
      'GET /api/v1/raffles/r?include_numbers=true',
    ]);
  });

  it('lets an organizer steer', async () => {
    server.answer(GUEST, 201);
    server.otherwise = () => ({ body: { raffle: { id: 'r' } } });
    await raffleService.create({ title: 'Moto', number_count: 100, price: 1000, currency: 'CRC' });
    for (const verb of ['publish', 'pause', 'resume', 'close'] as const) {
      expect(await raffleService[verb]('r')).toEqual({ id: 'r' });
    }
    expect(requests().slice(1)).toEqual([
      'POST /api/v1/raffles',
      'POST /api/v1/raffles/r/publish',
      'POST /api/v1/raffles/r/pause',
      'POST /api/v1/raffles/r/resume',
      'POST /api/v1/raffles/r/close',
    ]);
  });
});
