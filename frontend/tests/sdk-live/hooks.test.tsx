import { useEffect, useState } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useRaffle } from '../../src/sdk/hooks/useRaffle';
import { type NumberUpdate, useRaffleWebSocket } from '../../src/sdk/hooks/useRaffleWebSocket';
import { useTimeRemaining } from '../../src/sdk/hooks/useTimeRemaining';
import { useValue } from '../../src/sdk/hooks/useValue';
import { identity } from '../../src/sdk/identity';
import { openRaffle } from '../../src/sdk/liveRaffle';
import { serverClock } from '../../src/sdk/serverClock';
import { FakeFetch } from './fakes/fakeFetch';
import { FakeServer } from './fakes/fakeServer';
import { leave, pass, render, text } from './fakes/page';

let server: FakeServer;
let urls: string[];

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer(20);
  urls = [];
  vi.stubGlobal('WebSocket', function connect(url: string, protocol: string) {
    urls.push(`${url} ${protocol}`);
    return server.connect();
  });
  const http = new FakeFetch();
  http.otherwise = ({ path }) =>
    path.endsWith('/auth/guest')
      ? { body: { token: 'token of ana', user_id: 'ana', expires_at: '2099-01-01T00:00:00.000Z' } }
      : { body: { reservations: [] } };
  serverClock.checkForJump();
});

afterEach(async () => {
  leave();
  identity.signOut();
  await vi.advanceTimersByTimeAsync(20_000);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('useRaffle', () => {
  function State() {
    return <p>{useValue(useRaffle('raffle-1').connection).state}</p>;
  }

  it('gives all components the same raffle, by one socket of the second protocol', async () => {
    render(
      <>
        <State />
        <State />
      </>,
    );
    await pass(500);
    expect(text()).toBe('livelive');
    expect(urls).toHaveLength(1);
    expect(urls[0]).toMatch(/^ws:.*\/api\/v1\/raffles\/raffle-1\/ws.* sorteos\.v2$/);
  });

  it('stays connected from one page to the next', async () => {
    const show = render(<State />);
    await pass(500);
    show(<p>between</p>);
    await pass(5_000);
    show(<State />);
    await pass(60_000);
    expect(text()).toBe('live');
    expect(urls).toHaveLength(1);
  });

  it('is closed a while after the last one has gone', async () => {
    const show = render(<State />);
    await pass(500);
    show(null);
    await pass(10_000);
    expect(server.openSockets).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves a raffle open that somebody opened to stay', async () => {
    const live = openRaffle('raffle-1');
    const show = render(<State />);
    await pass(500);
    show(null);
    await pass(60_000);
    expect(live.connection.get().state).toBe('live');
    live.close();
    expect(openRaffle('raffle-1')).not.toBe(live);
    openRaffle('raffle-1').close();
  });
});

describe('useRaffleWebSocket', () => {
  let updates: NumberUpdate[];
  let renders: number;

  beforeEach(() => {
    updates = [];
    renders = 0;
  });

  /** As the seed's page does it: the callback is given anew in each render. */
  function Seed({ tag = '' }: { tag?: string }) {
    renders++;
    const { isConnected, onNumberUpdate } = useRaffleWebSocket('raffle-1');
    onNumberUpdate((update) => updates.push({ ...update, number_id: tag + update.number_id }));
    return <p>{String(isConnected)}</p>;
  }

  it('is connected when the board is there, and tells every number once', async () => {
    server.take('07');
    render(<Seed />);
    expect(text()).toBe('false');
    await pass(500);
    expect(text()).toBe('true');
    expect(updates).toHaveLength(20);
    expect(updates[7]).toEqual({ number_id: '07', status: 'reserved' });
  });

  it('tells a change once, to the latest callback, however often it was rendered', async () => {
    const show = render(<Seed />);
    await pass(500);
    for (let i = 0; i < 10; i++) show(<Seed tag={`${i}:`} />);
    updates.length = 0;
    server.take('03');
    await pass(100);
    expect(updates).toEqual([{ number_id: '9:03', status: 'reserved' }]);
    expect(renders).toBeGreaterThan(10);
  });

  it('tells what is mine with my id, and nobody else’s', async () => {
    render(<Seed />);
    const live = openRaffle('raffle-1');
    await pass(500);
    updates.length = 0;
    const picking = live.pick('05');
    await pass(500);
    await picking;
    server.take('06');
    await pass(100);
    expect(updates).toEqual([
      { number_id: '05', status: 'reserved', user_id: 'ana' },
      { number_id: '06', status: 'reserved' },
    ]);
    live.close();
  });

  it('tells what happened while the connection was away', async () => {
    render(<Seed />);
    await pass(500);
    updates.length = 0;
    server.closeAll(1006);
    server.take('11', '12');
    await pass(2_000);
    expect(updates.map(({ number_id }) => number_id)).toEqual(['11', '12']);
  });

  it('has an unsubscribe that works in an effect, and nothing to tell afterwards', async () => {
    function Page() {
      const { onNumberUpdate } = useRaffleWebSocket('raffle-1');
      useEffect(() => onNumberUpdate((update) => updates.push(update)), [onNumberUpdate]);
      return null;
    }
    function Other() {
      const { onNumberUpdate } = useRaffleWebSocket('raffle-1');
      const [stop] = useState(() => onNumberUpdate((update) => updates.push(update)));
      stop();
      return null;
    }
    const show = render(<Page />);
    await pass(500);
    expect(updates).toHaveLength(20);
    show(<Other />);
    server.take('03');
    await pass(100);
    expect(updates).toHaveLength(20);
  });

  it('waits for an id that the page does not have yet', async () => {
    function Page({ id }: { id?: string }) {
      return <p>{String(useRaffleWebSocket(id).isConnected)}</p>;
    }
    const show = render(<Page />);
    await pass(500);
    expect([text(), urls]).toEqual(['false', []]);
    show(<Page id="raffle-1" />);
    await pass(500);
    expect(text()).toBe('true');
  });
});

describe('useTimeRemaining', () => {
  let renders = 0;

  function Clock({ at }: { at: string | null }) {
    renders++;
    const { minutes, seconds, total, isExpired } = useTimeRemaining(at);
    return <p>{`${minutes}:${seconds} ${total} ${isExpired}`}</p>;
  }

  const inMs = (ms: number) => new Date(serverClock.now() + ms).toISOString();

  it('counts whole seconds that have begun, and renders once a second', async () => {
    render(<Clock at={inMs(61_500)} />);
    expect(text()).toBe('1:2 62 false');
    renders = 0;
    await pass(510);
    expect(text()).toBe('1:1 61 false');
    await pass(1_000);
    expect(text()).toBe('1:0 60 false');
    await pass(9_000);
    expect(text()).toBe('0:51 51 false');
    expect(renders).toBeLessThanOrEqual(12);
  });

  it('ends at zero, and stays there', async () => {
    render(<Clock at={inMs(1_500)} />);
    await pass(1_600);
    expect(text()).toBe('0:0 0 true');
    await pass(60_000);
    expect(text()).toBe('0:0 0 true');
  });

  it('has nothing to count without a deadline', () => {
    render(<Clock at={null} />);
    expect(text()).toBe('0:0 0 false');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('follows a deadline that moved', async () => {
    const show = render(<Clock at={inMs(10_000)} />);
    show(<Clock at={inMs(300_000)} />);
    await pass(0);
    expect(text()).toMatch(/^5:0/);
  });

  it('shows the true time again when the clock of the server is known better', async () => {
    render(<Clock at={inMs(60_000)} />);
    const t0 = performance.now();
    const serverTime = new Date(serverClock.now() + 20_000).toISOString();
    serverClock.sample({ t0, t1: t0, serverTime });
    await pass(1_100);
    expect(text()).toMatch(/^0:39/);
  });

  it('needs one timer for all countdowns', () => {
    render(
      <>
        <Clock at={inMs(10_100)} />
        <Clock at={inMs(20_200)} />
        <Clock at={inMs(30_300)} />
      </>,
    );
    expect(vi.getTimerCount()).toBe(1);
    leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is right at once when the page is looked at again after a long sleep', async () => {
    render(<Clock at={inMs(600_000)} />);
    // Asleep, only the wall clock goes on, and no timer runs.
    vi.setSystemTime(Date.now() + 300_000);
    document.dispatchEvent(new Event('visibilitychange'));
    await pass(0);
    expect(text()).toMatch(/^5:0/);
  });
});
