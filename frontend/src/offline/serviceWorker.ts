/// <reference lib="webworker" />

/**
 * Lets the page open without a network: the shell, its scripts and the Spanish texts are kept.
 *
 * It answers for the pages of the app and for the files of the build, and for nothing else: what
 * the API says is never kept here, so that nobody sees an old board as if it were the new one.
 *
 * A new version waits until no page of the old one is open. A page gets it by a reload, since
 * navigations ask the network first; scripts of a page that is open are never swapped below it.
 */
import {
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  matchPrecache,
  precacheAndRoute,
} from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { APP_ROUTES, isVersionQuestion, type VersionAnswer } from './worker';

declare const self: ServiceWorkerGlobalScope & {
  __WB_MANIFEST: { url: string; revision: string | null }[];
};

/** A network that is slower than this to bring the shell is no network. */
const PATIENCE_MS = 4_000;

// Without a directory index, for which the kept shell would come before the network.
precacheAndRoute(self.__WB_MANIFEST, { directoryIndex: '', cleanURLs: false });
cleanupOutdatedCaches();

const keptShell = createHandlerBoundToURL('/index.html');

registerRoute(
  new NavigationRoute(
    async (options) => {
      try {
        const event = options.event as FetchEvent;
        const response = await freshShell(event);
        // A proxy whose server is down answers too.
        return response.status >= 500 ? await keptShell(options) : response;
      } catch {
        return keptShell(options);
      }
    },
    { allowlist: [APP_ROUTES] },
  ),
);

async function freshShell(event: FetchEvent): Promise<Response> {
  // The browser asks while this worker still wakes up.
  const early = (await event.preloadResponse) as Response | undefined;
  if (early) return early;
  return fetch(event.request, { signal: AbortSignal.timeout(PATIENCE_MS) });
}

self.addEventListener('activate', (event) => {
  event.waitUntil(
    Promise.all([
      self.registration.navigationPreload?.enable(),
      // The page that brought this worker is served by it at once, also when it goes offline next.
      self.clients.claim(),
    ]),
  );
});

self.addEventListener('message', (event) => {
  if (!isVersionQuestion(event.data)) return;
  const { script } = event.data;
  const port = event.ports[0];
  event.waitUntil(
    (async () => {
      const same = (await matchPrecache(script)) !== undefined;
      port?.postMessage({ same } satisfies VersionAnswer);
      const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
      // The only page there is runs this version already: there is no old one to wait for.
      if (same && pages.length === 1) await self.skipWaiting();
    })(),
  );
});
