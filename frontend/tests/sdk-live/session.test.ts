import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SyncedClock } from '../../src/sdk/clock';
import { encodeBoard } from '../../src/sdk/encodeBoard';
import { Mirror } from '../../src/sdk/mirror';
import { REPLY_MS } from '../../src/sdk/patience';
import type { Person } from '../../src/sdk/person';
import { Session } from '../../src/sdk/session';
import type { Raffle, Reservation } from '../../src/sdk/types';
import { FakePage } from './fakes/fakePage';
import { FakeSocket } from './fakes/fakeSocket';

const ANA: Person = {
  token: 'a.b.c',
  userId: 'ana',
  role: 'user',
  expiresAt: '2099-01-01T00:00:00.000Z',
};

let sockets: FakeSocket[];
let person: Person | null;
let refused: string[];
let truths: (Reservation | null)[];
let told: string[];
let relayed: (string | ArrayBuffer)[];
let inflate: (bytes: Uint8Array) => Promise<Uint8Array>;
let mirror: Mirror;
let clock: SyncedClock;
let session: Session;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  person = ANA;
  refused = [];
  truths = [];
  relayed = [];
  told = [];
  inflate = async (bytes) => bytes;
  mirror = new Mirror();
  clock = new SyncedClock();
  session = new Session(
    {
      openSocket: () => {
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket;
      },
      isMissing: async () => false,
      page: new FakePage(),
      random: () => 0.5,
      clock,
      mirror,
      inflate: (bytes) => inflate(bytes),
      identity: { get: () => person, refuse: (token) => refused.push(token) },
    },
    {
      truth: (mine) => truths.push(mine),
      push: () => undefined,
      money: (news) => told.push(news),
      relay: (data) => relayed.push(data),
    },
  );
});

afterEach(() => {
  session.close();
  vi.useRealTimers();
});

const socket = () => sockets.at(-1) as FakeSocket;
const state = () => session.connection.get().state;
const say = (message: object) => socket().message(JSON.stringify(message));
const lastRef = (type: string) => socket().messages(type).at(-1)?.ref;

function greet(): void {
  socket().open();
  const raffle = { id: 'r', number_count: 6 } as Raffle;
  say({ type: 'hello', raffle, epoch: 7, seq: 10, server_time: '2030-01-01T00:00:00.000Z' });
}

function snapshot(cells: number[], seq = 10): ArrayBuffer {
  const board = { count: cells.length, publicState: (i: number) => cells[i] as number };
  return encodeBoard(board, { epoch: 7, seq })[0] as ArrayBuffer;
}

function delta(from: number, to: number, index: number, cell: number): ArrayBuffer {
  const head = [2, 1, 1, 0, 7, 0, 0, 0];
  const positions = [from, 0, 0, 0, 0, 0, 0, 0, to, 0, 0, 0, 0, 0, 0, 0];
  return new Uint8Array([...head, ...positions, cell, 1, index]).buffer;
}

async function answer(type: string, rest: object): Promise<void> {
  say({ type: 'reply', ref: lastRef(type), ...rest });
  await vi.advanceTimersByTimeAsync(0);
}

const ok = { ok: true, seq: 10, reservation: null };

async function live(): Promise<void> {
  session.start();
  greet();
  socket().message(snapshot([0, 0, 0, 0, 0, 0]));
  await answer('auth', ok);
}

describe('becoming live', () => {
  it('takes the whole board, and the answer to who we are', async () => {
    session.start();
    greet();
    expect(socket().messages('auth')).toMatchObject([{ token: ANA.token }]);
    socket().message(snapshot([0, 1, 2, 0, 0, 0]));
    expect(state()).toBe('syncing');
    expect(mirror.board.get()?.publicState(2)).toBe(2);
    await answer('auth', ok);
    expect(state()).toBe('live');
    expect(truths).toEqual([null]);
  });

  it('is not there while the board is not', async () => {
    session.start();
    greet();
    await answer('auth', ok);
    expect(state()).toBe('syncing');
  });

  it('says nothing of anybody where there is nobody', () => {
    person = null;
    session.start();
    greet();
    socket().message(snapshot([0, 0, 0, 0, 0, 0]));
    expect(state()).toBe('live');
    expect(socket().messages('auth')).toEqual([]);
    expect(truths).toEqual([null]);
  });

  it('takes the clock of the server from the hello, and better from pongs', async () => {
    await live();
    expect(new Date(clock.now()).getUTCFullYear()).toBe(2030);
    const [ping] = socket().messages('ping');
    await vi.advanceTimersByTimeAsync(100);
    say({ type: 'pong', t0: ping?.t0, server_time: '2031-01-01T00:00:00.000Z' });
    expect(new Date(clock.now()).getUTCFullYear()).toBe(2031);
    expect(clock.error).toBeLessThan(52);
  });

  it('reads frames in their order, also when the first ones have to be inflated', async () => {
    let inflated: (bytes: Uint8Array) => void = () => undefined;
    inflate = () =>
      new Promise((resolve) => {
        inflated = resolve;
      });
    session.start();
    greet();
    const deflated = new Uint8Array(snapshot([0, 0, 0, 0, 0, 0]));
    deflated[1] = 2;
    socket().message(deflated.buffer);
    socket().message(delta(10, 11, 3, 1));
    await answer('auth', ok);
    expect(state()).toBe('syncing');
    inflated(new Uint8Array([0, 0]));
    await vi.advanceTimersByTimeAsync(0);
    expect(state()).toBe('live');
    expect(mirror.board.get()?.publicState(3)).toBe(1);
  });

  it('forgets a token that the server does not take', async () => {
    session.start();
    greet();
    await answer('auth', { ok: false, error: { code: 'unauthenticated', params: {} } });
    expect(refused).toEqual([ANA.token]);
  });

  it('tries another socket when the server cannot say what is mine', async () => {
    session.start();
    greet();
    await answer('auth', { ok: false, error: { code: 'unavailable', params: {} } });
    expect(state()).toBe('waiting');
  });
});

describe('what does not belong to the protocol', () => {
  it.each([
    ['text that is no JSON', 'hello?'],
    ['bytes that are no frame', new Uint8Array([9, 9, 9]).buffer],
    ['a board of another raffle', snapshot([0, 0, 0, 0, 0, 0, 0, 0, 0])],
  ])('ends the socket, and another one is tried: %s', async (_, data) => {
    await live();
    socket().message(data);
    expect(state()).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sockets).toHaveLength(2);
  });

  it('does not hide a mistake of our own as one of the server', async () => {
    await live();
    mirror.board.get()?.subscribe(() => {
      throw new Error('a mistake of a listener');
    });
    expect(() => socket().message(delta(10, 11, 3, 1))).toThrow('a mistake of a listener');
  });

  it('may be a message of a newer server, which is left alone', async () => {
    await live();
    say({ type: 'weather', is: 'fine' });
    expect(state()).toBe('live');
  });
});

describe('a gap', () => {
  it('is filled by asking once, and then the board is true again', async () => {
    await live();
    socket().message(delta(11, 12, 3, 1));
    socket().message(delta(12, 13, 4, 1));
    expect(state()).toBe('syncing');
    expect(socket().messages('resume')).toMatchObject([{ epoch: 7, seq: 10 }]);
    await answer('resume', { ok: true, seq: 13, reservation: null });
    expect(state()).toBe('syncing');
    socket().message(delta(10, 13, 3, 1));
    expect(state()).toBe('live');
  });

  it('is filled by a snapshot when the server has no deltas any more', async () => {
    await live();
    socket().message(delta(11, 12, 3, 1));
    await answer('resume', { ok: true, seq: 12, reservation: null });
    socket().message(snapshot([0, 0, 0, 1, 0, 0], 12));
    expect(state()).toBe('live');
    expect(mirror.board.get()?.publicState(3)).toBe(1);
  });

  it('that cannot be filled ends the socket', async () => {
    await live();
    socket().message(delta(11, 12, 3, 1));
    await answer('resume', { ok: false, error: { code: 'rate_limited', params: {} } });
    expect(state()).toBe('waiting');
  });

  it('is noticed also before the server has said what is mine', async () => {
    session.start();
    greet();
    socket().message(snapshot([0, 0, 0, 0, 0, 0]));
    socket().message(delta(11, 12, 3, 1));
    expect(socket().messages('resume')).toHaveLength(1);
    await answer('auth', ok);
    expect(state()).toBe('syncing');
    await answer('resume', { ok: true, seq: 12, reservation: null });
    socket().message(delta(10, 12, 3, 1));
    expect(state()).toBe('live');
  });
});

describe('requests', () => {
  const cancel = { type: 'cancel', reservation_id: 'x' } as const;

  it('have an answer each, whatever the order', async () => {
    await live();
    const first = session.request(cancel);
    const second = session.request({ ...cancel, type: 'checkout' });
    await answer('checkout', { ...ok, seq: 12 });
    await answer('cancel', {
      ok: false,
      error: { code: 'not_found', message: '', params: { a: 1 } },
    });
    expect(await first).toEqual({ ok: false, code: 'not_found', params: { a: 1 } });
    expect(await second).toMatchObject({ ok: true, seq: 12 });
  });

  it('are not sent without a socket', async () => {
    expect(await session.request(cancel)).toMatchObject({ code: 'offline' });
  });

  it('have an unknown outcome after eight seconds, and a late answer changes nothing', async () => {
    await live();
    const reply = session.request(cancel);
    await vi.advanceTimersByTimeAsync(REPLY_MS);
    expect(await reply).toMatchObject({ code: 'timeout' });
    await answer('cancel', ok);
  });

  it('have an unknown outcome when the socket ends', async () => {
    await live();
    const reply = session.request(cancel);
    socket().end(1006);
    expect(await reply).toMatchObject({ code: 'timeout' });
  });
});

describe('another person', () => {
  it('is said to the same socket when there was nobody', async () => {
    person = null;
    session.start();
    greet();
    socket().message(snapshot([0, 0, 0, 0, 0, 0]));
    person = ANA;
    session.identityChanged();
    expect(socket().messages('auth')).toHaveLength(1);
    expect(sockets).toHaveLength(1);
  });

  it.each([null, { ...ANA, token: 'd.e.f' }])('gets another socket: %o', async (next) => {
    await live();
    person = next;
    session.identityChanged();
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.isClosed).toBe(true);
  });

  it('is not asked about twice', async () => {
    await live();
    session.identityChanged();
    expect(socket().messages('auth')).toHaveLength(1);
  });
});

it('tells of money where no hold of mine says so, also to the other tabs', async () => {
  await live();
  relayed.length = 0;
  say({ type: 'payment_methods' });
  say({ type: 'payment', payment_id: 'p', status: 'refunded' });
  const reservation = { id: 'h', server_time: '2026-01-01T00:00:00.000Z' };
  say({ type: 'reservation', reservation, reason: 'refunded' });
  say({ type: 'reservation', reservation, reason: 'payment_started' });
  expect(told).toEqual(['payment_methods', 'payment', 'payment']);
  expect(relayed).toHaveLength(4);
});

it('passes on to other tabs what is for all of them, and no answers', async () => {
  await live();
  relayed.length = 0;
  say({ type: 'raffle', raffle: { id: 'r', status: 'paused' } });
  socket().message(delta(10, 11, 3, 1));
  say({ type: 'reply', ref: 99, ok: true, seq: 11, reservation: null });
  say({ type: 'pong', t0: 1, server_time: '2030-01-01T00:00:00.000Z' });
  expect(relayed.map((data) => typeof data)).toEqual(['string', 'object']);
  expect(mirror.raffle.get()?.status).toBe('paused');
});
