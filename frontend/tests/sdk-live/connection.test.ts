import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SyncedClock } from '../../src/sdk/clock';
import { Connection } from '../../src/sdk/connection';
import { CONNECT_MS, REST_MS, SILENCE_MS, STALE_MS } from '../../src/sdk/patience';
import { FakePage } from './fakes/fakePage';
import { FakeSocket } from './fakes/fakeSocket';

/** A connection, and everything around it. */
class Bench {
  readonly sockets: FakeSocket[] = [];
  readonly page = new FakePage();
  readonly clock = new SyncedClock();
  readonly heard: (string | ArrayBuffer)[] = [];
  readonly told: string[] = [];
  isMissing: () => Promise<boolean> = async () => false;
  readonly connection = new Connection(
    {
      openSocket: () => {
        const socket = new FakeSocket();
        this.sockets.push(socket);
        return socket;
      },
      isMissing: () => this.isMissing(),
      page: this.page,
      clock: this.clock,
      random: () => 0.5,
    },
    {
      opened: () => this.told.push('opened'),
      message: (data) => this.heard.push(data),
      gone: () => this.told.push('gone'),
      ping: () => this.told.push('ping'),
      resume: () => this.told.push('resume'),
    },
  );

  get socket(): FakeSocket {
    return this.sockets.at(-1) as FakeSocket;
  }

  get state() {
    return this.connection.view.get().state;
  }

  live(): this {
    this.connection.start();
    this.socket.open();
    this.connection.synced();
    return this;
  }
}

let bench: Bench;

beforeEach(() => {
  vi.useFakeTimers();
  bench = new Bench();
});

afterEach(() => {
  bench.connection.leave();
  vi.useRealTimers();
});

describe('a connection', () => {
  it('opens nothing before it is started', () => {
    expect(bench.sockets).toEqual([]);
    bench.connection.start();
    expect(bench.socket.binaryType).toBe('arraybuffer');
  });

  it('passes on what comes, and sends what is given', () => {
    bench.live();
    bench.socket.message('{"type":"hello"}');
    expect(bench.heard).toEqual(['{"type":"hello"}']);
    expect(bench.connection.send('x')).toBe(true);
    expect(bench.socket.sent).toContain('x');
  });

  it('sends nothing while there is no open socket, and says so', () => {
    expect(bench.connection.send('x')).toBe(false);
    bench.connection.start();
    expect(bench.connection.send('x')).toBe(false);
    bench.socket.open();
    bench.socket.end(1006);
    expect(bench.connection.send('x')).toBe(false);
  });

  it('closes a socket that does not open, and hears nothing of it any more', () => {
    bench.connection.start();
    const [slow] = bench.sockets;
    vi.advanceTimersByTime(CONNECT_MS);
    expect(slow?.isClosed).toBe(true);
    expect(slow?.onmessage).toBeNull();
    vi.advanceTimersByTime(1_000);
    expect(bench.sockets).toHaveLength(2);
  });

  it('gives a silent socket up and takes another one', () => {
    bench.live();
    vi.advanceTimersByTime(SILENCE_MS);
    expect(bench.state).toBe('stale');
    vi.advanceTimersByTime(STALE_MS);
    expect(bench.told.at(-1)).toBe('gone');
    vi.advanceTimersByTime(500);
    expect(bench.state).toBe('connecting');
  });

  it('looks after the board when the device has slept', () => {
    bench.live();
    const t0 = performance.now();
    bench.clock.sample({ t0, t1: t0, serverTime: new Date().toISOString() });
    bench.told.length = 0;
    // Asleep, only the wall clock goes on.
    vi.setSystemTime(Date.now() + 3_600_000);
    bench.socket.message('x');
    expect(bench.told).toContain('ping');
  });

  it('follows the page', () => {
    bench.live();
    bench.page.emit('hidden');
    vi.advanceTimersByTime(REST_MS / 2);
    bench.socket.message('x');
    vi.advanceTimersByTime(REST_MS / 2);
    expect(bench.socket.isClosed).toBe(true);
    bench.page.emit('visible');
    expect(bench.sockets).toHaveLength(2);
  });

  it('stays while numbers are held', () => {
    bench.live();
    bench.connection.holding(true);
    bench.page.emit('hidden');
    for (let i = 0; i < 30; i++) {
      vi.advanceTimersByTime(10_000);
      bench.socket.message('x');
    }
    expect(bench.sockets).toHaveLength(1);
    expect(bench.state).toBe('live');
  });

  it('asks by HTTP after two refusals, and ends when the raffle is missing', async () => {
    bench.isMissing = async () => true;
    bench.connection.start();
    bench.socket.end(1006);
    vi.advanceTimersByTime(1_000);
    bench.socket.end(1006);
    await vi.advanceTimersByTimeAsync(0);
    expect(bench.connection.view.get()).toMatchObject({ state: 'blocked', code: 4404 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on when nobody can say whether the raffle is missing', async () => {
    bench.isMissing = () => Promise.reject(new Error('no network'));
    bench.connection.start();
    for (let i = 0; i < 10; i++) {
      bench.socket.end(1006);
      await vi.advanceTimersByTimeAsync(30_000);
    }
    expect(bench.sockets.length).toBeGreaterThan(10);
  });

  it('tells of a change of its view, and not of every frame', () => {
    bench.live();
    const changed = vi.fn();
    bench.connection.view.subscribe(changed);
    for (let i = 0; i < 100; i++) bench.socket.message('x');
    expect(changed).not.toHaveBeenCalled();
    bench.socket.end(1006);
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it('leaves nothing behind', () => {
    bench.live();
    bench.connection.leave();
    expect(bench.socket.isClosed).toBe(true);
    expect(bench.page.listeners).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(bench.state).toBe('closed');
  });
});

it('whatever happens, it has one socket and one timer at most', () => {
  const happening = fc.tuple(
    fc.constantFrom(
      'open',
      'message',
      'synced',
      'gap',
      'broken',
      'end',
      'send-away',
      'visible',
      'hidden',
      'online',
      'offline',
      'pagehide',
      'pageshow',
      'hurry',
      'renew',
      'doubt',
    ),
    fc.oneof(fc.nat(500), fc.nat(60_000)),
  );
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      bench.connection.leave();
      bench = new Bench();
      bench.connection.start();
      for (const [what, after] of happenings) {
        happen(what);
        vi.advanceTimersByTime(after);
        const open = bench.sockets.filter(({ isClosed }) => !isClosed).length;
        if (open > 1) throw new Error(`${open} sockets`);
        if (vi.getTimerCount() > 1) throw new Error(`${vi.getTimerCount()} timers`);
      }
      bench.connection.leave();
      if (vi.getTimerCount() > 0) throw new Error('a timer is left');
      if (bench.sockets.some(({ isClosed }) => !isClosed)) throw new Error('a socket is left');
    }),
    { numRuns: 500 },
  );
});

function happen(what: string): void {
  const { connection, socket, page } = bench;
  switch (what) {
    case 'open':
      if (!socket.isOpen) socket.open();
      break;
    case 'message':
      if (socket.isOpen) socket.message('x');
      break;
    case 'synced':
    case 'gap':
    case 'broken':
      if (socket.isOpen && !socket.isClosed) connection[what]();
      break;
    case 'end':
      socket.end(1006);
      break;
    case 'send-away':
      socket.end(4404);
      break;
    case 'hurry':
    case 'renew':
    case 'doubt':
      connection[what]();
      break;
    default:
      page.emit(what as 'visible');
  }
}
