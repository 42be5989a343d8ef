import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cell, type Outcome } from '../../src/sdk/types';
import { FakeBrowser, FakeIdentity, type FakeTab } from './fakes/fakeBuyer';
import type { FakeChannel } from './fakes/fakeChannels';
import { FakeServer } from './fakes/fakeServer';

let server: FakeServer;
let browser: FakeBrowser;
let tabs: FakeTab[];

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  browser = new FakeBrowser(server);
  browser.identity.become('ana');
  tabs = [];
});

afterEach(() => {
  for (const tab of tabs) tab.live.close();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

async function open(options?: { identity?: FakeIdentity }): Promise<FakeTab> {
  const tab = browser.tab(options);
  tabs.push(tab);
  return tab.untilLive();
}

async function done(command: Promise<Outcome>, ms = 500): Promise<Outcome> {
  await pass(ms);
  return command;
}

/** Time for the tabs to notice. */
const notice = () => pass(50);

describe('two tabs', () => {
  it('have one socket', async () => {
    await open();
    await open();
    expect(server.sockets).toHaveLength(1);
  });

  it('have the same board, each its own', async () => {
    const first = await open();
    server.take('10');
    await pass(50);
    const second = await open();
    server.take('11');
    await pass(100);
    expect(second.cell('10')).toBe(Cell.reserved);
    expect(second.cell('11')).toBe(Cell.reserved);
    expect(second.live.board.get()).not.toBe(first.live.board.get());
    expect(second.live.board.get()?.position).toEqual(first.live.board.get()?.position);
    expect(second.live.raffle.get()).toEqual(first.live.raffle.get());
  });

  it('can both buy, and each gets the answer to its own command', async () => {
    const first = await open();
    const second = await open();
    server.take('30');
    await pass(50);
    const outcomes = [first.live.pick('30'), second.live.pick('31')];
    await pass(500);
    expect(await outcomes[0]).toMatchObject({ ok: false, code: 'numbers_taken' });
    expect(await outcomes[1]).toMatchObject({ ok: true });
    expect(second.cell('31')).toBe(Cell.mine);
  });

  it('show what the person holds as mine in both', async () => {
    const first = await open();
    const second = await open();
    await done(second.live.pick('31'));
    expect(first.held).toEqual(['31']);
    expect(first.cell('31')).toBe(Cell.mine);
    expect(first.notices).toMatchObject([{ kind: 'changed' }]);
    expect(second.notices).toEqual([]);
    await done(first.live.pick('32'));
    expect(second.held).toEqual(['31', '32']);
  });

  it('make one guest between them', async () => {
    browser.identity.set(null);
    const first = await open();
    const second = await open();
    await done(second.live.pick('31'));
    expect(browser.identity.guests).toBe(1);
    expect(first.held).toEqual(['31']);
  });

  it('both fill a gap', async () => {
    const first = await open();
    const second = await open();
    server.changeSilently('60');
    server.take('61');
    await first.untilLive();
    await pass(30);
    await second.untilLive();
    expect([first.cell('60'), second.cell('60'), second.cell('61')]).toEqual([1, 1, 1]);
    expect(server.sockets).toHaveLength(1);
  });
});

describe('when the tab that leads goes', () => {
  it('another one is live within about two seconds', async () => {
    const first = await open();
    const second = await open();
    first.live.close();
    await notice();
    await second.untilLive(2_000);
    expect(server.openSockets).toHaveLength(1);
    server.take('40');
    await pass(100);
    expect(second.cell('40')).toBe(Cell.reserved);
  });

  it('also when it crashed, since the browser gives its lock to the next', async () => {
    const first = await open();
    const second = await open();
    first.crash();
    await notice();
    await second.untilLive(2_500);
    expect(server.openSockets).toHaveLength(1);
    expect((await done(second.live.pick('31'))).ok).toBe(true);
  });

  it('also when it is only frozen, with its lock in its hand', async () => {
    const first = await open();
    const second = await open();
    first.freeze();
    await pass(2_200);
    await second.untilLive(300);
    server.take('40');
    await pass(100);
    expect(second.cell('40')).toBe(Cell.reserved);
  });

  it('and serves the others', async () => {
    const [first, second, third] = [await open(), await open(), await open()];
    first.live.close();
    await notice();
    await second.untilLive(2_000);
    await third.untilLive(2_000);
    expect(server.openSockets).toHaveLength(1);
    server.take('40');
    await pass(100);
    expect([second.cell('40'), third.cell('40')]).toEqual([1, 1]);
  });

  it('only one of the others takes its place', async () => {
    const [first, ...others] = [await open(), await open(), await open(), await open()];
    first?.freeze();
    await pass(2_200);
    for (const tab of others) await tab.untilLive(300);
    await pass(500);
    expect(server.sockets).toHaveLength(2);
  });

  it('and stands in line again when it is back from the ice', async () => {
    const first = await open();
    const second = await open();
    first.freeze();
    await pass(3_000);
    first.thaw();
    await notice();
    await first.untilLive();
    first.page.emit('hidden');
    second.live.close();
    await notice();
    await first.untilLive(1_000);
    expect(server.openSockets).toHaveLength(1);
  });

  it('and follows when it is back from the ice', async () => {
    const first = await open();
    const second = await open();
    first.freeze();
    await pass(3_000);
    await second.untilLive();
    first.thaw();
    await pass(100);
    await first.untilLive();
    expect(server.openSockets).toHaveLength(1);
    server.take('40');
    await pass(100);
    expect([first.cell('40'), second.cell('40')]).toEqual([1, 1]);
  });

  it('and while the page lies in the cache of the browser', async () => {
    const first = await open();
    const second = await open();
    first.page.emit('pagehide');
    await notice();
    await second.untilLive(2_000);
    first.page.emit('pageshow');
    await first.untilLive();
    expect(server.openSockets).toHaveLength(1);
  });
});

describe('when the server goes', () => {
  it('all tabs know, and all are live again by one socket', async () => {
    const first = await open();
    const second = await open();
    server.isUp = false;
    server.closeAll(1012, '{"retry_after_ms":1000}');
    await pass(50);
    for (const tab of [first, second]) {
      expect(tab.live.connection.get()).toMatchObject({ state: 'waiting', maintenance: true });
      expect(await tab.live.pick('01')).toMatchObject({ ok: false, code: 'offline' });
    }
    server.isUp = true;
    await first.untilLive();
    await second.untilLive(1_000);
    expect(server.openSockets).toHaveLength(1);
  });

  it('a tap in any tab makes the one with the socket try', async () => {
    const first = await open();
    const second = await open();
    server.isUp = false;
    server.closeAll(1012, '{"retry_after_ms":60000}');
    await pass(1_000);
    server.isUp = true;
    second.live.reconnectNow();
    await second.untilLive(1_000);
    expect(first.state).toBe('live');
  });

  it('all are sent away when one is', async () => {
    const first = await open();
    const second = await open();
    server.closeAll(4404);
    await pass(50);
    for (const tab of [first, second]) {
      expect(tab.live.connection.get()).toMatchObject({ state: 'blocked', code: 4404 });
    }
  });
});

describe('tabs that nobody looks at', () => {
  it('keep the socket for one that is looked at', async () => {
    const first = await open();
    const second = await open();
    first.page.emit('hidden');
    await pass(180_000);
    expect(second.state).toBe('live');
    expect(server.sockets).toHaveLength(1);
  });

  it('rest together when all are hidden, and are back with the first that is looked at', async () => {
    const first = await open();
    const second = await open();
    for (const tab of [first, second]) tab.page.emit('hidden');
    await pass(180_000);
    expect(server.openSockets).toEqual([]);
    second.page.emit('visible');
    await second.untilLive();
    expect(server.openSockets).toHaveLength(1);
  });

  it('do not rest while numbers are held', async () => {
    const first = await open();
    const second = await open();
    await done(second.live.pick('01'));
    for (const tab of [first, second]) tab.page.emit('hidden');
    await pass(180_000);
    expect([first.state, second.state]).toEqual(['live', 'live']);
  });
});

describe('when tabs cannot share', () => {
  it('each has a socket where the browser has no locks', async () => {
    browser.hasLocks = false;
    await open();
    await open();
    expect(server.openSockets).toHaveLength(2);
  });

  it('each has a socket when they do not hear each other, and nobody fights', async () => {
    const first = await open();
    vi.spyOn(FakeBrowser.prototype, 'openChannel').mockReturnValue({
      freeze: () => undefined,
      post: () => undefined,
      subscribe: () => () => undefined,
      close: () => undefined,
    } as unknown as FakeChannel);
    const second = browser.tab();
    tabs.push(second);
    await second.untilLive(10_000);
    await pass(60_000);
    await first.untilLive(30_000);
    await second.untilLive(30_000);
    const before = server.sockets.length;
    await pass(300_000);
    expect([first.state, second.state]).toEqual(['live', 'live']);
    expect(server.sockets.length).toBe(before);
    vi.restoreAllMocks();
  });

  it('each has a socket when it is another person, and shares again afterwards', async () => {
    const first = await open();
    const second = await open({ identity: new FakeIdentity(browser.identity.get()) });
    second.identity.isShared = false;
    second.identity.become('olga');
    await second.untilLive();
    expect(server.openSockets).toHaveLength(2);
    await done(second.live.pick('50'));
    expect(first.held).toEqual([]);
    expect(first.cell('50')).toBe(Cell.reserved);
    second.identity.isShared = true;
    second.identity.become('ana');
    await pass(1_000);
    await second.untilLive();
    expect(server.openSockets).toHaveLength(1);
  });
});

it('nothing is left of tabs that were closed', async () => {
  const first = await open();
  const second = await open();
  await done(second.live.pick('01'));
  first.live.close();
  second.live.close();
  await pass(10_000);
  expect(vi.getTimerCount()).toBe(0);
  expect(server.openSockets).toEqual([]);
});
