import { describe, expect, it } from 'vitest';
import { step } from '../../src/sdk/connectionMachine';
import {
  type Effect,
  initial,
  type Machine,
  type MachineEvent,
  viewOf,
  wakeAt,
} from '../../src/sdk/connectionState';
import {
  BURST,
  CONNECT_MS,
  PING_MS,
  REST_MS,
  SILENCE_MS,
  STALE_MS,
  STEADY_MS,
  SYNC_MS,
  SYNC_SILENCE_MS,
  TOO_MANY_MS,
  WAKE_MS,
} from '../../src/sdk/patience';

/** A machine, the time, and what it asked for last. */
class Bench {
  now = 1_000;
  effects: Effect[] = [];
  machine: Machine = initial({ hidden: false, online: true }, this.now);

  tell(event: MachineEvent, luck = 0.5): this {
    const { machine, effects } = step(this.machine, event, this.now, luck);
    this.machine = machine;
    this.effects = effects;
    return this;
  }

  /** Lets time pass, with a tick whenever the machine wants one. */
  pass(ms: number): this {
    const end = this.now + ms;
    for (let at = wakeAt(this.machine); at !== null && at <= end; at = wakeAt(this.machine)) {
      this.now = Math.max(this.now, at);
      this.tell({ type: 'tick' });
    }
    this.now = end;
    return this;
  }

  /** Lets time pass until a machine that waits tries again. */
  retry(): this {
    this.now = this.view.retryAt as number;
    return this.tell({ type: 'tick' });
  }

  get socket(): number {
    return this.machine.socket as number;
  }

  get view() {
    return viewOf(this.machine);
  }

  get asked() {
    return this.effects.map((effect) => effect.type);
  }

  open(): this {
    if (this.machine.sockets === 0) this.tell({ type: 'start' });
    return this.tell({ type: 'opened', socket: this.socket });
  }

  live(): this {
    return this.open().tell({ type: 'synced', socket: this.socket });
  }

  frame(): this {
    return this.tell({ type: 'frame', socket: this.socket });
  }

  closed(code: number, reason = ''): this {
    return this.tell({ type: 'closed', socket: this.socket, code, reason });
  }
}

const live = () => new Bench().live();

describe('on the way up', () => {
  it('opens one socket at the start, and no second one if it is started again', () => {
    const bench = new Bench().tell({ type: 'start' });
    expect(bench.effects).toEqual([{ type: 'open', socket: 1 }]);
    expect(bench.view.state).toBe('connecting');
    expect(bench.tell({ type: 'start' }).effects).toEqual([]);
  });

  it('is live when the board is complete, and then reads the clock several times', () => {
    const bench = new Bench().open();
    expect(bench.view.state).toBe('syncing');
    bench.tell({ type: 'synced', socket: 1 });
    expect(bench.view).toMatchObject({ state: 'live', lostSince: null });
    let pings = bench.asked.filter((each) => each === 'ping').length;
    for (let i = 0; i < 20; i++) {
      bench.effects = [];
      bench.pass(100);
      pings += bench.asked.filter((each) => each === 'ping').length;
    }
    expect(pings).toBe(BURST);
  });

  it('gives a socket up that does not open in time', () => {
    const bench = new Bench().tell({ type: 'start' });
    bench.pass(CONNECT_MS - 1);
    expect(bench.view.state).toBe('connecting');
    bench.pass(1);
    expect(bench.view.state).toBe('waiting');
    expect(bench.effects).toEqual([{ type: 'close', socket: 1 }]);
  });

  it('is patient with a board that comes slowly, and not with one that does not come', () => {
    const slow = new Bench().open();
    for (let i = 0; i < 3; i++) slow.pass(SYNC_SILENCE_MS - 1).frame();
    expect(slow.view.state).toBe('syncing');
    expect(new Bench().open().pass(SYNC_SILENCE_MS).view.state).toBe('waiting');
  });

  it('is not patient for ever with a board that never becomes complete', () => {
    const bench = new Bench().open();
    for (let passed = 0; passed < SYNC_MS; passed += 1_000) bench.frame().pass(1_000);
    expect(bench.machine.socket).not.toBe(1);
  });
});

describe('while live', () => {
  it('asks for a sign of life every 25 seconds, also while deltas come', () => {
    const bench = live().pass(2_000);
    const pings: number[] = [];
    for (let passed = 0; passed < 3 * PING_MS; passed += 1_000) {
      bench.frame().pass(1_000);
      if (bench.asked.includes('ping')) pings.push(bench.now);
      bench.effects = [];
    }
    expect(pings).toHaveLength(3);
  });

  it('is stale after 35 silent seconds, and live again with the next frame', () => {
    const bench = live().pass(SILENCE_MS - 1);
    expect(bench.view.state).toBe('live');
    const lastHeard = bench.now - SILENCE_MS + 1;
    bench.pass(1);
    expect(bench.view).toMatchObject({ state: 'stale', lostSince: lastHeard });
    expect(bench.asked).toContain('ping');
    expect(bench.frame().view).toMatchObject({ state: 'live', lostSince: null });
  });

  it('gives up a stale socket that stays silent', () => {
    const bench = live().pass(SILENCE_MS + STALE_MS);
    expect(bench.machine.socket).toBeNull();
    expect(bench.view.state).toBe('waiting');
  });

  it('asks for what is missing once, and is not live until it has come', () => {
    const bench = live().tell({ type: 'gap', socket: 1 });
    expect(bench.asked).toEqual(['resume']);
    expect(bench.view.state).toBe('syncing');
    expect(bench.tell({ type: 'synced', socket: 1 }).view.state).toBe('live');
    expect(bench.asked).toEqual([]);
  });

  it('hears nothing of an older socket', () => {
    const bench = live().closed(1006).retry();
    expect(bench.socket).toBe(2);
    const before = bench.machine;
    bench.tell({ type: 'closed', socket: 1, code: 4404, reason: '' });
    bench.tell({ type: 'synced', socket: 1 });
    expect(bench.machine).toBe(before);
  });
});

describe('wake-ups', () => {
  it.each(['visible', 'pageshow', 'online', 'doubt'] as const)(
    'on "%s" a live connection has five seconds to show that it is alive',
    (type) => {
      const bench = live().pass(3_000).tell({ type });
      expect(bench.asked).toEqual(['ping']);
      expect(bench.pass(WAKE_MS - 1).view.state).toBe('live');
      expect(bench.pass(1).view.state).toBe('stale');
    },
  );

  it('knows at once that a board is old when the page wakes after a long sleep', () => {
    const bench = live();
    bench.now += 3_600_000;
    expect(bench.tell({ type: 'visible' }).view.state).toBe('stale');
    expect(bench.asked).toContain('ping');
  });

  it.each(['visible', 'pageshow', 'online', 'now'] as const)(
    'on "%s" a connection that waits does not wait any longer',
    (type) => {
      const bench = live().closed(1006);
      expect(bench.view.state).toBe('waiting');
      expect(bench.tell({ type }).effects).toEqual([{ type: 'open', socket: 2 }]);
    },
  );

  it('lets a person replace a silent socket by a tap', () => {
    const bench = live().pass(SILENCE_MS).tell({ type: 'now' });
    expect(bench.effects).toEqual([
      { type: 'close', socket: 1 },
      { type: 'open', socket: 2 },
    ]);
  });

  it('does not trust the board as soon as the browser says that the network is gone', () => {
    const bench = live().tell({ type: 'offline' });
    expect(bench.view.state).toBe('stale');
    expect(bench.frame().view.state).toBe('live');
    bench.tell({ type: 'offline' }).pass(STALE_MS);
    expect(bench.view).toMatchObject({ state: 'waiting', offline: true });
  });

  it('goes on trying although the browser says that there is no network', () => {
    const bench = live().tell({ type: 'offline' }).pass(STALE_MS);
    const before = bench.machine.sockets;
    bench.pass(5 * 60_000);
    expect(bench.machine.sockets).toBeGreaterThan(before + 5);
  });
});

describe('a page that nobody sees', () => {
  it('rests after a minute, and is back when it is looked at', () => {
    const bench = live().tell({ type: 'hidden' });
    for (let i = 0; i < 59; i++) bench.pass(1_000).frame();
    expect(bench.view.state).toBe('live');
    bench.pass(1_000);
    expect(bench.view).toMatchObject({ state: 'waiting', retryAt: null });
    expect(wakeAt(bench.machine)).toBeNull();
    expect(bench.tell({ type: 'visible' }).asked).toEqual(['open']);
  });

  it('stays connected while it holds numbers, and rests when it does not any more', () => {
    const bench = live().tell({ type: 'holding', holding: true }).tell({ type: 'hidden' });
    for (let i = 0; i < 100; i++) bench.pass(1_000).frame();
    expect(bench.view.state).toBe('live');
    bench.tell({ type: 'holding', holding: false }).pass(0);
    expect(bench.view.state).toBe('waiting');
  });

  it('does not go on trying to connect', () => {
    const bench = live()
      .closed(1006)
      .tell({ type: 'hidden' })
      .pass(REST_MS + 60_000);
    expect(wakeAt(bench.machine)).toBeNull();
    expect(bench.tell({ type: 'online' }).machine.socket).toBeNull();
  });

  it('has no socket while it lies in the cache of the browser', () => {
    const bench = live().tell({ type: 'pagehide' });
    expect(bench.effects).toEqual([{ type: 'close', socket: 1 }]);
    expect(bench.tell({ type: 'online' }).tell({ type: 'now' }).machine.socket).toBeNull();
    expect(bench.tell({ type: 'pageshow' }).asked).toEqual(['open']);
  });
});

describe('closing', () => {
  it.each([1001, 1006, 1012, 1013, 4408, 4429])('comes back after %i', (code) => {
    const bench = live().closed(code);
    expect(bench.view.state).toBe('waiting');
    expect(bench.retry().effects).toEqual([{ type: 'open', socket: 2 }]);
  });

  it.each([4400, 4401, 4403, 4404, 4999])('does not come back after %i', (code) => {
    const bench = live().closed(code);
    expect(bench.view).toMatchObject({ state: 'blocked', code });
    expect(bench.tell({ type: 'now' }).tell({ type: 'visible' }).machine.sockets).toBe(1);
    expect(wakeAt(bench.machine)).toBeNull();
  });

  it('waits out an announced restart, whatever wakes the page, but not against a tap', () => {
    const bench = live().closed(1012, '{"retry_after_ms":4000}');
    expect(bench.view.maintenance).toBe(true);
    expect(bench.view.retryAt).toBeGreaterThanOrEqual(bench.now + 4_000);
    expect(bench.view.retryAt).toBeLessThanOrEqual(bench.now + 6_000);
    bench.tell({ type: 'visible' });
    expect(bench.machine.socket).toBeNull();
    expect(bench.tell({ type: 'now' }).asked).toEqual(['open']);
    bench.closed(1006);
    expect(bench.view.maintenance).toBe(true);
    expect(bench.retry().live().view).toMatchObject({ state: 'live', maintenance: false });
  });

  it('takes a restart that says no time, or nonsense, for one of about a second', () => {
    for (const reason of ['', 'restarting', '{"retry_after_ms":"x"}', 'null']) {
      const bench = live().closed(1012, reason);
      expect(bench.view.retryAt).toBe(bench.now + 1_250);
    }
  });

  it('comes back later when it had sent too much', () => {
    const bench = live().closed(4429);
    expect(bench.view.retryAt).toBeGreaterThanOrEqual(bench.now + TOO_MANY_MS);
  });

  it('waits longer with each failure, and begins anew after a connection that lasted', () => {
    const bench = live();
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      bench.closed(1006);
      waits.push((bench.view.retryAt as number) - bench.now);
      bench.retry();
    }
    expect(waits.at(-1)).toBeGreaterThan(waits[0] as number);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
    bench.live().pass(STEADY_MS).closed(1006);
    expect((bench.view.retryAt as number) - bench.now).toBeLessThanOrEqual(500);
  });

  it('does not begin anew after a connection that broke at once', () => {
    const bench = live();
    for (let i = 0; i < 6; i++) bench.closed(1006).retry().live();
    bench.closed(1006);
    expect((bench.view.retryAt as number) - bench.now).toBeGreaterThan(500);
  });

  it('asks by HTTP after two refused upgrades, and is blocked when there is no such raffle', () => {
    const bench = new Bench().tell({ type: 'start' }).closed(1006);
    expect(bench.asked).toEqual([]);
    bench.retry().closed(1006);
    expect(bench.asked).toEqual(['probe']);
    expect(bench.tell({ type: 'missing' }).view).toMatchObject({ state: 'blocked', code: 4404 });
  });

  it('does not believe an old "there is none" once a socket has opened', () => {
    const bench = new Bench().tell({ type: 'start' }).closed(1006).retry().closed(1006);
    bench.retry().live();
    expect(bench.tell({ type: 'missing' }).view.state).toBe('live');
  });

  it('takes another socket when somebody else is at the browser', () => {
    const bench = live().tell({ type: 'renew' });
    expect(bench.effects).toEqual([
      { type: 'close', socket: 1 },
      { type: 'open', socket: 2 },
    ]);
  });

  it('leaves for good', () => {
    const bench = live().tell({ type: 'leave' });
    expect(bench.effects).toEqual([{ type: 'close', socket: 1 }]);
    expect(bench.view.state).toBe('closed');
    expect(bench.tell({ type: 'now' }).tell({ type: 'online' }).effects).toEqual([]);
  });
});
