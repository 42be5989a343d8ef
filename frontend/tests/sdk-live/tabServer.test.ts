import { expect, it, vi } from 'vitest';
import { Value } from '../../src/sdk/observable';
import type { FromLeader, TabMessage } from '../../src/sdk/tabChannel';
import { type Served, TabServer } from '../../src/sdk/tabServer';
import type { ConnectionView } from '../../src/sdk/types';

const LIVE = { state: 'live', retryAt: null, maintenance: false } as ConnectionView;

/** A tab that leads, the others as messages. */
function bench(view = LIVE) {
  const said: FromLeader[] = [];
  let hear: (message: TabMessage) => void = () => undefined;
  const channel = {
    post: (message: TabMessage) => said.push(message as FromLeader),
    subscribe: (listener: typeof hear) => {
      hear = listener;
      return () => undefined;
    },
    close: () => undefined,
  };
  const connection = new Value(view);
  const served: Served = {
    connection,
    request: vi.fn(async () => ({ ok: true, seq: 5, reservation: null }) as const),
    greeting: () => ['hello', new ArrayBuffer(3)],
    seq: () => 5,
    serverTime: () => '2026-01-01T00:00:00.000Z',
    tick: vi.fn(),
    hurry: vi.fn(),
  };
  const server = new TabServer('me', channel, served, () => undefined);
  const from = (message: object) => hear({ from: 'guest', ...message } as TabMessage);
  const types = () => said.splice(0).map(({ type }) => type);
  return { server, served, connection, from, said, types };
}

const tell = (message: object) => ({ type: 'send', text: JSON.stringify(message) });

it('says that it leads, and greets who comes while it is live', () => {
  const { from, types } = bench();
  expect(types()).toEqual(['leads', 'live']);
  from({ type: 'connect' });
  expect(types()).toEqual(['open', 'data', 'data']);
});

it('lets who comes while it is not live wait, and greets them when it is', () => {
  const { from, types, connection } = bench({ ...LIVE, state: 'connecting' });
  from({ type: 'connect' });
  expect(types()).toEqual(['leads', 'here']);
  connection.set(LIVE);
  expect(types()).toEqual(['open', 'data', 'data', 'live']);
});

it('gives an answer to who asked, by the name that they gave it', async () => {
  const { from, said, served } = bench();
  from({ type: 'connect' });
  said.length = 0;
  from(tell({ type: 'cancel', reservation_id: 'x', ref: 41 }));
  await Promise.resolve();
  expect(served.request).toHaveBeenCalledWith({ type: 'cancel', reservation_id: 'x' });
  expect(said).toMatchObject([{ to: 'guest', leader: 'me' }]);
  const [answer] = said;
  const data = answer?.type === 'data' ? JSON.parse(answer.data as string) : null;
  expect(data).toMatchObject({ type: 'reply', ref: 41, ok: true, seq: 5 });
});

it('tells the time itself', () => {
  const { from, said, served } = bench();
  from({ type: 'connect' });
  said.length = 0;
  from(tell({ type: 'ping', t0: 12.5 }));
  expect(said[0]).toMatchObject({
    data: '{"type":"pong","t0":12.5,"server_time":"2026-01-01T00:00:00.000Z"}',
  });
  expect(served.request).not.toHaveBeenCalled();
});

it('looks at the time when it is asked whether it is there: its own timers may run late', () => {
  const { from, types, served } = bench();
  from({ type: 'connect' });
  types();
  from({ type: 'check' });
  expect(types()).toEqual(['here']);
  expect(served.tick).toHaveBeenCalled();
});

it('sends away who was the guest of another tab', () => {
  const { from, types } = bench();
  types();
  from({ type: 'check' });
  expect(types()).toEqual(['close']);
});

it('serves nobody who did not come first', async () => {
  const { from, served } = bench();
  from(tell({ type: 'cancel', reservation_id: 'x', ref: 1 }));
  await Promise.resolve();
  expect(served.request).not.toHaveBeenCalled();
});

it('passes nothing on when nobody listens', () => {
  const { server, from, types } = bench();
  types();
  server.relay('x');
  expect(types()).toEqual([]);
  from({ type: 'connect' });
  types();
  server.relay('x');
  expect(types()).toEqual(['data']);
});
