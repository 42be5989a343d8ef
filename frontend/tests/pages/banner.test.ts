import { expect, it } from 'vitest';
import { bannerOf } from '../../src/pages/raffle/banner';
import type { ConnectionView } from '../../src/sdk/types';

const LIVE: ConnectionView = {
  state: 'live',
  lostSince: null,
  retryAt: null,
  offline: false,
  maintenance: false,
  code: null,
};
const LOST_AT = 100_000;

function view(change: Partial<ConnectionView>): ConnectionView {
  return { ...LIVE, lostSince: LOST_AT, ...change };
}

/** The banner so many milliseconds after the connection was lost. */
function after(ms: number, change: Partial<ConnectionView>) {
  return bannerOf(view(change), LOST_AT + ms, 0);
}

it('nothing is said while all is well, nor after we left', () => {
  expect(after(60_000, { state: 'live' })).toEqual({ kind: 'hidden' });
  expect(after(60_000, { state: 'closed' })).toEqual({ kind: 'hidden' });
});

it('a drop shorter than two seconds is not mentioned', () => {
  const waiting = { state: 'waiting', retryAt: LOST_AT + 2_400 } as const;
  expect(after(1_999, waiting)).toEqual({ kind: 'hidden' });
  expect(after(2_000, waiting)).toEqual({ kind: 'reconnecting', seconds: 1 });
});

it('the seconds until the next attempt are rounded up, and never negative', () => {
  const waiting = { state: 'waiting', retryAt: LOST_AT + 6_001 } as const;
  expect(after(3_000, waiting)).toEqual({ kind: 'reconnecting', seconds: 4 });
  expect(after(9_000, waiting)).toEqual({ kind: 'reconnecting', seconds: 0 });
});

it.each(['connecting', 'syncing', 'stale'] as const)(
  '%s is an attempt without a countdown',
  (state) => {
    expect(after(3_000, { state })).toEqual({ kind: 'reconnecting', seconds: null });
  },
);

it('no network, and a server that said it would be back, are told apart', () => {
  expect(after(3_000, { state: 'waiting', offline: true })).toEqual({ kind: 'offline' });
  expect(after(3_000, { state: 'waiting', maintenance: true, retryAt: LOST_AT + 8_000 })).toEqual({
    kind: 'maintenance',
    seconds: 5,
  });
});

it('being refused for good is said at once', () => {
  expect(after(0, { state: 'blocked', code: 4401 })).toEqual({ kind: 'blocked', code: 4401 });
});

it('before the first board the time counts from when the page opened', () => {
  const connecting = view({ state: 'connecting', lostSince: null });
  expect(bannerOf(connecting, 51_000, 50_000)).toEqual({ kind: 'hidden' });
  expect(bannerOf(connecting, 52_000, 50_000)).toEqual({ kind: 'reconnecting', seconds: null });
});
