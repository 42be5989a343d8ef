/** Requests: where the server is, how long we wait for it, and what its refusals become. */

import createClient from 'openapi-fetch';
import type { paths } from './api';
import { ApiError } from './errors';
import type { ErrorCode } from './types';

/** How long a request may take before its outcome counts as unknown. */
export const HTTP_TIMEOUT_MS = 10_000;

/** `VITE_API_URL` if the application was built with one, else where the page came from. */
const baseUrl = (import.meta.env.VITE_API_URL || location.origin).replace(/\/+$/, '');

/** Every call of docs/openapi.json, with its types. To be made through `ask`. */
export const api = createClient<paths>({ baseUrl, fetch: (request) => fetch(request) });

/** Where a picture or a document of the server is; `path` as in docs/openapi.json, filled in. */
export function apiUrl(path: string): string {
  return `${baseUrl}${path}`;
}

/** The address of a raffle's socket: `http` becomes `ws`, `https` becomes `wss`. */
export function socketUrl(raffleId: string, deflate: boolean): string {
  const path = `/api/v1/raffles/${encodeURIComponent(raffleId)}/ws`;
  return `${baseUrl.replace(/^http/, 'ws')}${path}${deflate ? '?snapshot=deflate' : ''}`;
}

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What `ask` gives to a call of `api`, to be spread into its options. */
export type Asking = {
  headers: Record<string, string>;
  signal: AbortSignal;
};

/**
 * Makes one call as the bearer of `token`, or as nobody.
 *
 * @throws ApiError when the server refuses; with `offline` when it was not reached, and with
 * `timeout` when it did not answer in time. After `timeout`, `offline` and `unavailable` the call
 * may have had its effect.
 */
export async function ask<T>(
  call: (asking: Asking) => Promise<Answered<T>>,
  token: string | null,
): Promise<T> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), HTTP_TIMEOUT_MS);
  let answered: Answered<T>;
  try {
    const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
    answered = await call({ headers, signal: patience.signal });
  } catch (error) {
    if (patience.signal.aborted) throw new ApiError('timeout');
    if (error instanceof TypeError) throw new ApiError('offline');
    // A proxy or a portal of a hotel answered in the server's place, and not in JSON.
    if (error instanceof SyntaxError) throw new ApiError('unavailable');
    throw error;
  } finally {
    clearTimeout(timer);
  }
  if (answered.data !== undefined) return answered.data;
  throw refusal(answered.response, answered.error);
}

const CODES: Record<number, ErrorCode> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  413: 'payload_too_large',
  429: 'rate_limited',
};

function refusal(response: Response, problem: unknown): ApiError {
  const { status } = response;
  const said = isObject(problem) ? problem : {};
  // What stands between us and the server refuses without a code of ours.
  const code = said.code ?? CODES[status] ?? (status < 500 ? 'bad_request' : 'unavailable');
  const params = isObject(said.params) ? { ...said.params } : {};
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  if (Number.isFinite(seconds)) params.retry_after_ms ??= seconds * 1000;
  return new ApiError(code as ErrorCode, params, status);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
