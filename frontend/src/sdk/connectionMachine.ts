/**
 * The one state machine of a connection. Pure: an event goes in, the next state and what is to be
 * done come out. It opens no socket, sets no timer and asks nobody the time.
 *
 * Two promises hold for any order of events: there is never a second socket, and unless we left or
 * the server sent us away for good, the machine comes back by itself. Nobody has to reload a page.
 */

import { afterHint, fullJitter } from './backoff';
import { mayReconnect, NO_SUCH_RAFFLE, retryAfterMs, TOO_MANY } from './closeCodes';
import type { Effect, Machine, MachineEvent } from './connectionState';
import * as patience from './patience';

export interface Step {
  machine: Machine;
  effects: Effect[];
}

/** `luck` is a fresh random number from 0 up to 1. */
export function step(machine: Machine, event: MachineEvent, now: number, luck: number): Step {
  const { state } = machine;
  if (state === 'closed' || (state === 'blocked' && event.type !== 'leave')) return same(machine);
  if ('socket' in event && event.socket !== machine.socket) return same(machine);
  switch (event.type) {
    case 'start':
      return machine.sockets === 0 ? open(machine, now) : same(machine);
    case 'opened': {
      const syncBy = now + patience.SYNC_MS;
      return same({
        ...machine,
        state: 'syncing',
        refused: 0,
        syncBy,
        until: now + patience.SYNC_SILENCE_MS,
      });
    }
    case 'frame':
      return heard(machine, now);
    case 'synced':
      return synced(machine, now);
    case 'gap':
      return resync(machine, now);
    case 'broken':
      return giveUp(machine, now, luck);
    case 'closed':
      return closed(machine, event.code, event.reason, now, luck);
    case 'tick':
      return tick(machine, now, luck);
    case 'online':
      return wake({ ...machine, online: true }, now);
    case 'offline': {
      const offline: Machine = { ...machine, online: false };
      return state === 'live' ? stale(offline, now) : same(offline);
    }
    case 'visible':
      return wake({ ...machine, hiddenSince: null }, now);
    case 'hidden':
      return same({ ...machine, hiddenSince: machine.hiddenSince ?? now });
    case 'pageshow':
      return wake({ ...machine, away: false }, now);
    case 'pagehide':
      return rest({ ...machine, away: true });
    case 'doubt':
      return state === 'waiting' ? same(machine) : wake(machine, now);
    case 'now':
      return hurry(machine, now);
    case 'holding':
      return same({ ...machine, holding: event.holding });
    case 'renew':
      return machine.socket === null ? same(machine) : open(machine, now);
    case 'missing':
      return machine.refused > 0 ? end(machine, 'blocked', NO_SUCH_RAFFLE) : same(machine);
    case 'leave':
      return end(machine, 'closed', machine.code);
  }
}

// -- hearing ---------------------------------------------------------------------------------------

function heard(machine: Machine, now: number): Step {
  switch (machine.state) {
    case 'syncing':
      return same({ ...machine, until: Math.min(now + patience.SYNC_SILENCE_MS, machine.syncBy) });
    case 'live':
    case 'stale':
      return same({ ...machine, state: 'live', knownAt: now, until: now + patience.SILENCE_MS });
    default:
      return same(machine);
  }
}

function synced(machine: Machine, now: number): Step {
  const isFirst = machine.liveSince === null;
  const live: Machine = {
    ...machine,
    state: 'live',
    knownAt: now,
    until: now + patience.SILENCE_MS,
    liveSince: machine.liveSince ?? now,
    maintenance: false,
  };
  return isFirst ? ping({ ...live, burst: patience.BURST }, now) : same(live);
}

function resync(machine: Machine, now: number): Step {
  const until = now + patience.SYNC_SILENCE_MS;
  const next: Machine = { ...machine, state: 'syncing', until, syncBy: now + patience.SYNC_MS };
  return { machine: next, effects: [{ type: 'resume' }] };
}

// -- time ------------------------------------------------------------------------------------------

function tick(machine: Machine, now: number, luck: number): Step {
  if (machine.socket !== null && isResting(machine, now)) return rest(machine);
  const isOver = machine.until !== null && machine.until <= now;
  switch (machine.state) {
    case 'connecting':
      if (!isOver) return same(machine);
      return giveUp({ ...machine, refused: machine.refused + 1 }, now, luck);
    case 'syncing':
    case 'stale':
      return isOver ? giveUp(machine, now, luck) : same(machine);
    case 'live':
      if (isOver) return stale(machine, now);
      return machine.pingAt !== null && machine.pingAt <= now ? ping(machine, now) : same(machine);
    case 'waiting':
      return isOver ? open(machine, now) : same(machine);
    default:
      return same(machine);
  }
}

function ping(machine: Machine, now: number): Step {
  const burst = Math.max(0, machine.burst - 1);
  const pingAt = now + (burst > 0 ? patience.BURST_MS : patience.PING_MS);
  return { machine: { ...machine, burst, pingAt }, effects: [{ type: 'ping' }] };
}

/** Old, unless the other side is heard of at once. */
function stale(machine: Machine, now: number): Step {
  return ping({ ...machine, state: 'stale', until: now + patience.STALE_MS }, now);
}

/** Something may have happened meanwhile: look. */
function wake(machine: Machine, now: number): Step {
  switch (machine.state) {
    case 'waiting': {
      const isAskedToWait = machine.maintenance && machine.until !== null && machine.until > now;
      return isAskedToWait ? same(machine) : open(machine, now);
    }
    case 'live': {
      if (machine.until !== null && machine.until <= now) return stale(machine, now);
      const until = Math.min(machine.until ?? now, now + patience.WAKE_MS);
      return ping({ ...machine, until, burst: patience.BURST }, now);
    }
    case 'stale':
      return ping(machine, now);
    default:
      return same(machine);
  }
}

function hurry(machine: Machine, now: number): Step {
  if (machine.state === 'waiting' || machine.state === 'stale') return open(machine, now);
  return wake(machine, now);
}

// -- sockets ---------------------------------------------------------------------------------------

/** A new socket, in place of the one there may be. */
function open(machine: Machine, now: number): Step {
  const { effects, machine: free } = drop(machine);
  if (free.away || isResting(free, now)) return rest(machine);
  const socket = free.sockets + 1;
  return {
    machine: {
      ...free,
      state: 'connecting',
      socket,
      sockets: socket,
      until: now + patience.CONNECT_MS,
    },
    effects: [...effects, { type: 'open', socket }],
  };
}

function drop(machine: Machine): Step {
  const { socket } = machine;
  const effects: Effect[] = socket === null ? [] : [{ type: 'close', socket }];
  return {
    machine: { ...machine, socket: null, liveSince: null, pingAt: null, burst: 0 },
    effects,
  };
}

function closed(machine: Machine, code: number, reason: string, now: number, luck: number): Step {
  const refused = machine.state === 'connecting' ? machine.refused + 1 : 0;
  const gone: Machine = { ...machine, socket: null, refused };
  if (!mayReconnect(code)) return end(gone, 'blocked', code);
  const { machine: next, effects } = giveUp(gone, now, luck);
  const asked = retryAfterMs(code, reason);
  if (asked !== null) {
    const until = now + afterHint(asked, () => luck);
    return { machine: { ...next, maintenance: true, until }, effects };
  }
  const penance = code === TOO_MANY ? patience.TOO_MANY_MS : 0;
  return { machine: { ...next, until: (next.until ?? now) + penance }, effects };
}

/** This socket leads nowhere: wait a little, then try another one. */
function giveUp(machine: Machine, now: number, luck: number): Step {
  const { liveSince } = machine;
  const wasGood = liveSince !== null && now - liveSince >= patience.STEADY_MS;
  const attempt = wasGood ? 0 : machine.attempt;
  const { machine: free, effects } = drop(machine);
  // A browser does not tell why an upgrade was refused.
  const mayBeMissing = machine.refused >= 2 && machine.refused % 2 === 0;
  return {
    machine: {
      ...free,
      state: 'waiting',
      attempt: attempt + 1,
      until: now + fullJitter(attempt, () => luck),
    },
    effects: mayBeMissing ? [...effects, { type: 'probe' }] : effects,
  };
}

/** Without a socket until somebody comes back. */
function rest(machine: Machine): Step {
  const { machine: free, effects } = drop(machine);
  return { machine: { ...free, state: 'waiting', until: null }, effects };
}

function isResting({ hiddenSince, holding }: Machine, now: number): boolean {
  return hiddenSince !== null && !holding && now - hiddenSince >= patience.REST_MS;
}

function end(machine: Machine, state: 'closed' | 'blocked', code: number | null): Step {
  const { machine: free, effects } = drop(machine);
  return { machine: { ...free, state, code, until: null }, effects };
}

function same(machine: Machine): Step {
  return { machine, effects: [] };
}
