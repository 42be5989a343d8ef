import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../src/sdk/errors';
import { api, ask, HTTP_TIMEOUT_MS, socketUrl } from '../../src/sdk/http';
import { FakeFetch } from './fakes/fakeFetch';

let server: FakeFetch;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeFetch();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const list = (token: string | null = null) =>
  ask((asking) => api.GET('/api/v1/raffles', asking), token);

async function failure(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw error ?? new Error('it did not fail');
  return error;
}

describe('a request', () => {
  it('has the answer of the server', async () => {
    server.answer({ raffles: [], pagination: {} });
    expect(await list()).toEqual({ raffles: [], pagination: {} });
    expect(server.asked[0]).toMatchObject({ method: 'GET', path: '/api/v1/raffles', token: null });
  });

  it('carries the token in its head, and nowhere else', async () => {
    server.answer({ raffles: [], pagination: {} });
    await list('secret');
    expect(server.asked[0]?.token).toBe('secret');
    expect(server.asked[0]?.path).not.toContain('secret');
  });

  it('has its parts in the address, each as it is', async () => {
    server.answer({}).answer({});
    const params = { path: { raffle_id: 'a/b ñ' }, query: { include_numbers: true } };
    await ask((asking) => api.GET('/api/v1/raffles/{raffle_id}', { params, ...asking }), null);
    expect(server.asked[0]?.path).toBe('/api/v1/raffles/a%2Fb%20%C3%B1?include_numbers=true');
    await list();
    expect(server.asked[1]?.path).toBe('/api/v1/raffles');
  });

  it('says that what it sends is JSON, and nothing of the kind when it sends nothing', async () => {
    server.answer({}).answer({});
    const headers = { 'Idempotency-Key': 'k' };
    const body = { raffle_id: 'r', number_ids: ['07'] };
    await ask(
      (asking) =>
        api.POST('/api/v1/reservations', { body, params: { header: headers }, ...asking }),
      'secret',
    );
    const [hold] = server.asked;
    expect(hold).toMatchObject({ method: 'POST', token: 'secret', body });
    expect(hold?.headers.get('Content-Type')).toBe('application/json');
    expect(hold?.headers.get('Idempotency-Key')).toBe('k');
    await list();
    expect(server.asked[1]?.headers.has('Content-Type')).toBe(false);
  });

  it('fails with the code, the facts and the status of a refusal', async () => {
    server.refuse(409, 'numbers_taken', { numbers: ['07'] });
    const error = await failure(list());
    expect(error).toMatchObject({
      code: 'numbers_taken',
      params: { numbers: ['07'] },
      status: 409,
    });
  });

  it('knows from `Retry-After` when to come back, if the refusal does not say', async () => {
    server.answers.push({ status: 503, body: '<html>', headers: { 'Retry-After': '3' } });
    expect(await failure(list())).toMatchObject({
      code: 'unavailable',
      params: { retry_after_ms: 3000 },
    });
  });

  it.each([
    [401, 'unauthenticated'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [413, 'payload_too_large'],
    [429, 'rate_limited'],
    [400, 'bad_request'],
    [418, 'bad_request'],
    [500, 'unavailable'],
    [502, 'unavailable'],
  ])('makes of a bare %i of something in between "%s"', async (status, code) => {
    server.answers.push({ status, body: 'Sorry' });
    expect(await failure(list())).toMatchObject({ code, status });
  });

  it('is offline when no server is reached', async () => {
    server.answers.push(new TypeError('Failed to fetch'));
    expect(await failure(list())).toMatchObject({ code: 'offline', status: 0 });
  });

  it('is unavailable behind the portal of a hotel, which answers with a page', async () => {
    server.answers.push({ status: 200, body: '<html>Welcome</html>' });
    expect((await failure(list())).code).toBe('unavailable');
  });

  it('waits for an answer only so long', async () => {
    server.otherwise = () => new Promise(() => undefined);
    const failing = failure(list());
    await vi.advanceTimersByTimeAsync(HTTP_TIMEOUT_MS);
    expect((await failing).code).toBe('timeout');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not take a mistake of ours for one of the network', async () => {
    server.otherwise = () => {
      throw new RangeError('a mistake');
    };
    await expect(list()).rejects.toThrow(RangeError);
  });
});

it('a socket goes to the same server as the requests', () => {
  const base = location.origin.replace('http', 'ws');
  expect(socketUrl('a/b', false)).toBe(`${base}/api/v1/raffles/a%2Fb/ws`);
  expect(socketUrl('r', true)).toBe(`${base}/api/v1/raffles/r/ws?snapshot=deflate`);
});
