import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../src/sdk/errors';
import { Identity } from '../../src/sdk/identity';
import { FakeFetch } from './fakes/fakeFetch';

let guests: number;
let refuseGuests: ApiError | null;
let refuseToken: ApiError | null;
let now: number;
let server: FakeFetch;

beforeEach(() => {
  guests = 0;
  refuseGuests = null;
  refuseToken = null;
  now = Date.parse('2026-01-01T00:00:00Z');
  server = new FakeFetch();
  localStorage.clear();
  sessionStorage.clear();
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** As each tab makes one. */
function tab(): Identity {
  return new Identity({
    requestGuest: async () => {
      await Promise.resolve();
      if (refuseGuests) throw refuseGuests;
      guests++;
      const expires_at = '2026-02-01T00:00:00.000Z';
      return { token: `guest.${guests}`, user_id: `user-${guests}`, expires_at };
    },
    checkToken: async () => {
      if (refuseToken) throw refuseToken;
    },
    now: () => now,
    alone: (_, task) => task(),
  });
}

/** What the browser tells the other tabs. */
function storageEvent(key: string | null): void {
  window.dispatchEvent(new StorageEvent('storage', { key }));
}

function token(claims: object): string {
  const base64 = (value: object) =>
    btoa(JSON.stringify(value)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
  return `${base64({ alg: 'HS256' })}.${base64(claims)}.signature`;
}

const ORGANIZER = token({ sub: 'olga', role: 'organizer', iat: 1, exp: 1_800_000_000 });

describe('a guest', () => {
  it('is made when somebody is needed, and not before', async () => {
    const identity = tab();
    expect(identity.get()).toBeNull();
    expect(guests).toBe(0);
    expect(await identity.ensure()).toMatchObject({ userId: 'user-1', role: 'user' });
    expect(identity.get()?.token).toBe('guest.1');
  });

  it('is made once, however many ask', async () => {
    const identity = tab();
    const all = await Promise.all([identity.ensure(), identity.ensure(), identity.ensure()]);
    expect(new Set(all.map(({ userId }) => userId)).size).toBe(1);
    expect(guests).toBe(1);
  });

  it('is still there on the next visit', async () => {
    await tab().ensure();
    expect(tab().get()?.userId).toBe('user-1');
  });

  it('is the same in the tabs that were open already', async () => {
    const [one, other] = [tab(), tab()];
    const heard = vi.fn();
    other.subscribe(heard);
    await one.ensure();
    storageEvent('sorteos.guest');
    expect(other.get()?.userId).toBe('user-1');
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('is not made by a tab that finds one of another tab', async () => {
    const [one, other] = [tab(), tab()];
    await one.ensure();
    expect((await other.ensure()).userId).toBe('user-1');
    expect(guests).toBe(1);
  });

  it('is another one when the time of the first is over, by the clock of the server', async () => {
    const identity = tab();
    await identity.ensure();
    now = Date.parse('2026-03-01T00:00:00Z');
    expect((await identity.ensure()).userId).toBe('user-2');
  });

  it('is another one for a token that was refused, once', async () => {
    const identity = tab();
    await identity.ensure();
    expect((await identity.renew('guest.1')).userId).toBe('user-2');
    expect((await identity.renew('guest.1')).userId).toBe('user-2');
    expect(guests).toBe(2);
  });

  it('that cannot be made now is an error, and the next one may ask again', async () => {
    const identity = tab();
    refuseGuests = new ApiError('rate_limited', {}, 429);
    await expect(identity.ensure()).rejects.toThrow(ApiError);
    refuseGuests = null;
    expect((await identity.ensure()).userId).toBe('user-1');
  });

  it('lives as long as the page where nothing may be kept', async () => {
    const refuse = () => {
      throw new DOMException('no', 'SecurityError');
    };
    const nothing = { getItem: refuse, setItem: refuse, removeItem: refuse };
    vi.stubGlobal('localStorage', nothing);
    vi.stubGlobal('sessionStorage', nothing);
    const identity = tab();
    await identity.ensure();
    expect((await identity.ensure()).userId).toBe('user-1');
    expect(identity.isShared).toBe(false);
    expect(tab().get()).toBeNull();
  });

  it('is not read from what is not one of ours', () => {
    for (const text of ['{', '17', '{"token":1}', 'null']) {
      localStorage.setItem('sorteos.guest', text);
      expect(tab().get()).toBeNull();
    }
  });
});

describe('somebody who signs in', () => {
  it('is who the token says, in this tab only', async () => {
    const identity = tab();
    const person = await identity.signIn(` ${ORGANIZER}\n`);
    expect(person).toMatchObject({ userId: 'olga', role: 'organizer', token: ORGANIZER });
    expect(person.expiresAt).toBe('2027-01-15T08:00:00.000Z');
    expect(identity.get()).toEqual(person);
    expect(identity.isShared).toBe(false);
    expect(localStorage.getItem('sorteos.signed-in')).toBeNull();
  });

  it('is not believed without the server', async () => {
    refuseToken = new ApiError('unauthenticated', {}, 401);
    const identity = tab();
    await expect(identity.signIn(ORGANIZER)).rejects.toThrow(refuseToken);
    expect(identity.get()).toBeNull();
  });

  it.each(['', 'x', 'a.b.c', token({ sub: 'x' }), token({ sub: 'x', role: 'king', exp: 1 })])(
    'needs something that is a token: %s',
    async (text) => {
      await expect(tab().signIn(text)).rejects.toMatchObject({ code: 'unauthenticated' });
    },
  );

  it('is signed out, with a word, when the token is not taken any more', async () => {
    const identity = tab();
    await identity.ensure();
    await identity.signIn(ORGANIZER);
    await expect(identity.renew(ORGANIZER)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(identity.wasSignedOut.get()).toBe(true);
    expect(identity.get()?.userId).toBe('user-1');
    await identity.signIn(ORGANIZER);
    expect(identity.wasSignedOut.get()).toBe(false);
  });

  it('has to sign in again when the time is over', async () => {
    const identity = tab();
    await identity.signIn(ORGANIZER);
    now = Date.parse('2028-01-01T00:00:00Z');
    await expect(identity.ensure()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(guests).toBe(0);
  });
});

describe('signing out', () => {
  it('leaves nobody, in every tab', async () => {
    const [one, other] = [tab(), tab()];
    await one.ensure();
    storageEvent('sorteos.guest');
    one.signOut();
    storageEvent('sorteos.signed-out');
    expect([one.get(), other.get()]).toEqual([null, null]);
    expect((await one.ensure()).userId).toBe('user-2');
  });

  it('also signs out who had signed in by another tab', async () => {
    const [one, other] = [tab(), tab()];
    await other.signIn(ORGANIZER);
    // Each tab has a session storage of its own.
    const kept = sessionStorage.getItem('sorteos.signed-in') as string;
    one.signOut();
    sessionStorage.setItem('sorteos.signed-in', kept);
    storageEvent('sorteos.signed-out');
    expect(other.get()).toBeNull();
  });
});

describe('a call', () => {
  const call = () => new Response();

  it('is made with the token of the person here', async () => {
    const identity = tab();
    await identity.ensure();
    server.answer({ contact: { name: 'Ana', phone: '+50688880000', email: null } });
    const contact = { name: 'Ana', phone: '8888 0000', email: null };
    expect((await identity.remember(contact)).phone).toBe('+50688880000');
    expect(server.asked[0]).toMatchObject({
      method: 'PUT',
      path: '/api/v1/me/contact',
      token: 'guest.1',
      body: contact,
    });
  });

  it('is made once more by a new guest when the token is refused, and not a third time', async () => {
    const identity = tab();
    await identity.ensure();
    server.refuse(401, 'unauthenticated').refuse(401, 'unauthenticated');
    const contact = { name: 'Ana', phone: '8888 0000', email: null };
    await expect(identity.remember(contact)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(server.asked.map((asked) => asked.token)).toEqual(['guest.1', 'guest.2']);
  });

  it('is not made by a guest for somebody who had signed in', async () => {
    const identity = tab();
    await identity.signIn(ORGANIZER);
    server.refuse(401, 'unauthenticated');
    const contact = { name: 'Olga', phone: '8888 0000', email: null };
    await expect(identity.remember(contact)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(server.asked).toHaveLength(1);
    expect(guests).toBe(0);
  });

  it('that everybody may make is made without a token when it is refused', async () => {
    const identity = tab();
    await identity.ensure();
    const tokens: (string | undefined)[] = [];
    const result = identity.asAnybody(async ({ headers }) => {
      tokens.push(headers.Authorization);
      return headers.Authorization
        ? { error: { code: 'unauthenticated' }, response: new Response(null, { status: 401 }) }
        : { data: 'seen', response: call() };
    });
    expect(await result).toBe('seen');
    expect(tokens).toEqual(['Bearer guest.1', undefined]);
    expect(guests).toBe(1);
  });
});
