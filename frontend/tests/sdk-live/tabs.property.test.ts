import fc from 'fast-check';
import { afterEach, beforeEach, it, vi } from 'vitest';
import { FakeBrowser, type FakeTab } from './fakes/fakeBuyer';
import { FakeServer } from './fakes/fakeServer';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const happening = fc.record({
  what: fc.constantFrom(
    'open',
    'close',
    'crash',
    'freeze',
    'thaw',
    'hidden',
    'visible',
    'pagehide',
    'pageshow',
    'offline',
    'online',
    'drop',
    'restart',
    'down',
    'up',
    'hurry',
    'pick',
  ),
  which: fc.nat(3),
  after: fc.oneof(fc.nat(5), fc.nat(300), fc.nat(5_000)),
});

async function happen(browser: FakeBrowser, tabs: FakeTab[], what: string, which: number) {
  const { server } = browser;
  const tab = tabs[which % Math.max(1, tabs.length)];
  switch (what) {
    case 'open':
      if (tabs.length < 4) tabs.push(browser.tab());
      break;
    case 'drop':
      server.closeAll(1006);
      break;
    case 'restart':
      server.closeAll(1012, '{"retry_after_ms":800}');
      break;
    case 'down':
      server.isUp = false;
      server.closeAll(1001);
      break;
    case 'up':
      server.isUp = true;
      break;
    case 'close':
    case 'crash':
      if (tab) tabs.splice(tabs.indexOf(tab), 1);
      if (what === 'close') tab?.live.close();
      else tab?.crash();
      break;
    case 'freeze':
    case 'thaw':
      tab?.freeze(what === 'freeze');
      break;
    case 'hurry':
      tab?.live.reconnectNow();
      break;
    case 'pick':
      void tab?.live.pick(String(10 + which * 7));
      break;
    default:
      tab?.page.emit(what as 'hidden');
  }
}

it('whatever happens to the tabs, in the end all are live, see the same and share a socket', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 25 }), async (happenings) => {
      const server = new FakeServer();
      const browser = new FakeBrowser(server);
      browser.identity.become('ana');
      const tabs = [browser.tab(), browser.tab()];
      for (const { what, which, after } of happenings) {
        await happen(browser, tabs, what, which);
        await vi.advanceTimersByTimeAsync(after);
      }
      if (tabs.length === 0) tabs.push(browser.tab());
      server.isUp = true;
      for (const tab of tabs) {
        tab.thaw();
        for (const event of ['pageshow', 'online', 'visible'] as const) tab.page.emit(event);
      }
      await vi.advanceTimersByTimeAsync(90_000);
      server.take('99');
      await vi.advanceTimersByTimeAsync(500);
      const states = tabs.map(({ state }) => state);
      const holds = new Set(tabs.map(({ held }) => held.join()));
      const last = tabs.map((tab) => tab.cell('99'));
      const sockets = server.openSockets.length;
      for (const tab of tabs) tab.live.close();
      await vi.advanceTimersByTimeAsync(20_000);
      if (states.some((state) => state !== 'live')) throw new Error(`states: ${states}`);
      if (holds.size > 1) throw new Error(`different holds: ${[...holds].join(' | ')}`);
      if (last.some((cell) => cell !== 1)) throw new Error(`different boards: ${last}`);
      // Tabs that did not hear each other for long may have stopped to share.
      const mayBeApart = happenings.some(({ what }) => what === 'freeze');
      if (sockets !== 1 && !mayBeApart) throw new Error(`${sockets} sockets`);
      if (sockets > states.length) throw new Error('more sockets than tabs');
      if (vi.getTimerCount() > 0) throw new Error(`${vi.getTimerCount()} timers are left`);
      if (server.openSockets.length > 0) throw new Error('a socket is left');
    }),
    { numRuns: 150 },
  );
}, 60_000);
