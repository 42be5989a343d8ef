/**
 * Keeps the service worker registered, and knows when the server has a newer version than the page.
 *
 * Nothing here reloads a page by itself: a person may be choosing numbers against the clock.
 */
import { type Observable, Value } from '../sdk/observable';
import { type VersionAnswer, type VersionQuestion, WORKER_URL } from './worker';

/** A newer version is there. */
export interface Update {
  /** Loads it. Ask the person first, and do not offer it while there is a hold or a checkout. */
  apply(): void;
}

/** A page that stays open asks this often whether there is a newer version. */
const CHECK_MS = 60 * 60 * 1000;
const ANSWER_MS = 3_000;

const found = new Value<Update | null>(null);

/** Null: the page runs the newest version that is known. */
export const updates: Observable<Update | null> = found;

/**
 * Registers the worker once the page has loaded, so that it takes nothing from the first paint.
 * `script` is the address of the page's entry script. Resolves when the registration is made, or
 * at once where there are no workers (plain HTTP to another machine, private windows).
 */
export async function startOffline(script: string): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  await loaded();
  let registration: ServiceWorkerRegistration;
  try {
    registration = await navigator.serviceWorker.register(WORKER_URL, { updateViaCache: 'none' });
  } catch (error) {
    // Refused by the browser's settings, or the network left. The page works without.
    console.warn('This page will not open offline.', error);
    return;
  }
  watch(registration, new URL(script, location.href).pathname);
  setInterval(() => void check(registration), CHECK_MS);
}

async function check(registration: ServiceWorkerRegistration): Promise<void> {
  // Without a network there is nothing to find; the next time comes.
  await registration.update().catch(() => undefined);
}

/** Looks at every worker that waits, now and later. */
function watch(registration: ServiceWorkerRegistration, script: string): void {
  const consider = async () => {
    const worker = registration.waiting;
    if (!worker || (await isSameVersion(worker, script))) return;
    found.set({ apply: () => location.reload() });
  };
  const follow = (worker: ServiceWorker | null) => {
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed') void consider();
    });
  };
  follow(registration.installing);
  registration.addEventListener('updatefound', () => follow(registration.installing));
  void consider();
}

/** A worker that does not answer is of a version that does not know the question: another one. */
function isSameVersion(worker: ServiceWorker, script: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const done = (same: boolean) => {
      clearTimeout(timer);
      port1.close();
      resolve(same);
    };
    const timer = setTimeout(() => done(false), ANSWER_MS);
    port1.onmessage = ({ data }: MessageEvent<VersionAnswer>) => done(data.same);
    worker.postMessage({ type: 'version', script } satisfies VersionQuestion, [port2]);
  });
}

function loaded(): Promise<void> {
  if (document.readyState === 'complete') return Promise.resolve();
  return new Promise((resolve) => addEventListener('load', () => resolve(), { once: true }));
}
