import fc from 'fast-check';
import { describe, it } from 'vitest';
import { step } from '../../src/sdk/connectionMachine';
import {
  initial,
  type Machine,
  type MachineEvent,
  viewOf,
  wakeAt,
} from '../../src/sdk/connectionState';

type Happening = { type: MachineEvent['type']; old: boolean; after: number; code: number };

const TYPES: MachineEvent['type'][] = [
  'start',
  'opened',
  'frame',
  'synced',
  'gap',
  'broken',
  'closed',
  'tick',
  'online',
  'offline',
  'visible',
  'hidden',
  'pageshow',
  'pagehide',
  'doubt',
  'now',
  'holding',
  'renew',
  'missing',
  'leave',
];

const happenings = (types: MachineEvent['type'][]) =>
  fc.array(
    fc.record({
      type: fc.constantFrom(...types),
      /** Whether it tells of a socket that was given up. */
      old: fc.boolean(),
      after: fc.oneof(fc.nat(500), fc.nat(100_000)),
      code: fc.constantFrom(1000, 1001, 1006, 1012, 1013, 4400, 4404, 4408, 4429),
    }),
    { maxLength: 60 },
  );

/** The world around a machine: it opens and closes the sockets that it is told to. */
class World {
  now = 0;
  machine: Machine = initial({ hidden: false, online: true }, 0);
  readonly open = new Set<number>();

  tell(event: MachineEvent): void {
    const before = this.machine;
    if (event.type === 'closed') this.open.delete(event.socket);
    const { machine, effects } = step(before, event, this.now, Math.random());
    this.machine = machine;
    for (const effect of effects) {
      if (effect.type === 'open') this.open.add(effect.socket);
      if (effect.type === 'close') this.open.delete(effect.socket);
    }
    this.check(before);
  }

  happen({ type, old, after, code }: Happening): void {
    this.now += after;
    const { socket, sockets } = this.machine;
    const id = old || socket === null ? sockets - 1 : socket;
    switch (type) {
      case 'opened':
        // A socket opens once, and what comes before that is not of this world.
        if (this.machine.state === 'connecting' || old) this.tell({ type, socket: id });
        break;
      case 'frame':
      case 'synced':
      case 'gap':
      case 'broken':
        if (this.machine.state !== 'connecting' || old) this.tell({ type, socket: id });
        break;
      case 'closed':
        this.tell({ type, socket: id, code, reason: '{"retry_after_ms":3000}' });
        break;
      case 'holding':
        this.tell({ type, holding: old });
        break;
      default:
        this.tell({ type });
    }
  }

  check(before: Machine): void {
    const { state, socket } = this.machine;
    const isEnd = state === 'closed' || state === 'blocked';
    const has = state !== 'waiting' && !isEnd && this.machine.sockets > 0;
    if (this.open.size > 1) throw new Error('two sockets');
    if (has !== (socket !== null)) throw new Error(`${state} with socket ${socket}`);
    if (socket !== null && !this.open.has(socket)) throw new Error('a socket that is not there');
    if (socket === null && this.open.size > 0) throw new Error('a socket that nobody has');
    if (isEnd && wakeAt(this.machine) !== null) throw new Error('a timer after the end');
    if (before.state === 'closed' && state !== 'closed') throw new Error('back from the end');
    if (before.state === 'blocked' && !isEnd) throw new Error('back although it was sent away');
    const { hiddenSince, away, until } = this.machine;
    if (state === 'waiting' && until === null && hiddenSince === null && !away) {
      throw new Error('it waits for nothing');
    }
    if (has && wakeAt(this.machine) === null) throw new Error('it trusts a socket for ever');
  }

  /** The network is whole, and the person looks: how many sockets until it is live? */
  heal(): number {
    const first = this.machine.sockets;
    this.tell({ type: 'start' });
    this.tell({ type: 'pageshow' });
    this.tell({ type: 'online' });
    this.tell({ type: 'visible' });
    for (let i = 0; i < 20; i++) {
      const { state, socket } = this.machine;
      if (state === 'live') break;
      if (state === 'connecting') this.tell({ type: 'opened', socket: socket as number });
      else if (state === 'syncing') this.tell({ type: 'synced', socket: socket as number });
      else if (state === 'stale') this.tell({ type: 'frame', socket: socket as number });
      else {
        this.now = wakeAt(this.machine) ?? this.now;
        this.tell({ type: 'tick' });
      }
    }
    if (this.machine.state !== 'live') throw new Error(`it stays ${this.machine.state}`);
    return this.machine.sockets - first;
  }
}

describe('whatever happens', () => {
  it('there is never a second socket, and the end is the end', () => {
    fc.assert(
      fc.property(happenings(TYPES), (all) => {
        const world = new World();
        for (const each of all) world.happen(each);
      }),
      { numRuns: 2_000 },
    );
  });

  it('it is live again, with one more socket at most, when the network is whole', () => {
    const survivable = TYPES.filter((type) => type !== 'leave' && type !== 'missing');
    fc.assert(
      fc.property(happenings(survivable), (all) => {
        const world = new World();
        for (const each of all)
          world.happen({
            ...each,
            code: each.code === 4400 || each.code === 4404 ? 1006 : each.code,
          });
        if (world.heal() > 1) throw new Error('it needed several sockets');
      }),
      { numRuns: 2_000 },
    );
  });

  it('a view tells of a next attempt only while it waits', () => {
    fc.assert(
      fc.property(happenings(TYPES), (all) => {
        const world = new World();
        for (const each of all) {
          world.happen(each);
          const { state, retryAt, offline, maintenance } = viewOf(world.machine);
          if (state !== 'waiting' && (retryAt !== null || offline || maintenance)) {
            throw new Error(`${state} tells of waiting`);
          }
        }
      }),
    );
  });
});
