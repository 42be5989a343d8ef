import {
  type BrowserContext,
  type BrowserContextOptions,
  test as base,
  type ConsoleMessage,
  expect,
  type Page,
} from '@playwright/test';
import { ApiPerson } from './api';
import { Server } from './server';

interface Options {
  /** The test takes the network or the server away: the browser may say that it missed them. */
  outage: boolean;
}

interface Fixtures {
  /** Everything the browsers of the test complained about; must stay empty. */
  complaints: string[];
  /** Another person with a browser of their own. */
  newPerson: (options?: BrowserContextOptions) => Promise<Page>;
}

interface WorkerFixtures {
  server: Server;
  admin: ApiPerson;
}

export const test = base.extend<Fixtures & Options, WorkerFixtures>({
  outage: [false, { option: true }],

  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from it.
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.dispose();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  admin: [async ({ server }, use) => use(new ApiPerson(server, 'admin')), { scope: 'worker' }],

  baseURL: async ({ server }, use) => use(server.url),

  complaints: [
    // biome-ignore lint/correctness/noEmptyPattern: as above.
    async ({}, use) => {
      const complaints: string[] = [];
      await use(complaints);
      expect(complaints, 'the browser complained').toEqual([]);
    },
    { auto: true },
  ],

  context: async ({ context, complaints, outage }, use) => {
    listen(context, complaints, outage);
    await use(context);
  },

  newPerson: async ({ browser, complaints, outage }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      listen(context, complaints, outage);
      return context.newPage();
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
});

export type { Page };
export { expect };

/** Errors, and what the Content-Security-Policy refused, which the browser reports as an error. */
function listen(context: BrowserContext, complaints: string[], outage: boolean): void {
  context.on('weberror', (event) => complaints.push(String(event.error().stack)));
  context.on('console', (message) => {
    if (message.type() === 'error' && !isExpected(message, outage)) complaints.push(message.text());
  });
}

function isExpected(message: ConsoleMessage, outage: boolean): boolean {
  const text = message.text();
  if (text.startsWith('Failed to load resource: the server responded with')) {
    // A refusal of the API or an unknown address is an answer; a file must be there.
    return !/\.[a-z]+$/.test(message.location().url);
  }
  if (!outage) return false;
  return text.startsWith('Failed to load resource: net::') || text.startsWith('WebSocket connect');
}
