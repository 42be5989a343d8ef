/** How services ask: what time it is comes along, and an answer that was lost is asked for again. */

import { ApiError } from '../errors';
import { identity } from '../identity';
import { serverClock } from '../serverClock';

export type Call<T> = Parameters<typeof identity.asPerson<T>>[0];

/** How often `untilHeard` asks again. */
const REPEATS = 2;

/** Makes a call as the person here; `told` finds what tells the time in its answer. */
export async function timed<T>(
  call: Call<T>,
  told: (answer: T) => { server_time: string } | null | undefined,
): Promise<T> {
  const t0 = performance.now();
  const answer = await identity.asPerson(call);
  const serverTime = told(answer)?.server_time;
  if (serverTime) serverClock.sample({ t0, t1: performance.now(), serverTime });
  return answer;
}

/** Asks again when it did not hear what came of it. Only for what may be repeated. */
export async function untilHeard<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === REPEATS || !isUnknownOutcome(error)) throw error;
      await pause(error.params.retry_after_ms);
    }
  }
}

/** It may have happened. */
export function isUnknownOutcome(error: unknown): error is ApiError {
  return (
    error instanceof ApiError &&
    (error.code === 'unavailable' || error.code === 'offline' || error.code === 'timeout')
  );
}

function pause(retryAfter: unknown): Promise<void> {
  const ms = typeof retryAfter === 'number' ? retryAfter : 500;
  return new Promise((resolve) => setTimeout(resolve, ms));
}
