import * as patience from './patience';
import type { ConnectionState, ConnectionView } from './types';

/** All that a connection knows; `connectionMachine` says how one becomes the next. */
export interface Machine {
  readonly state: ConnectionState;
  /** The socket that counts. News of another one is old. */
  readonly socket: number | null;
  /** How many sockets there have been; their numbers. */
  readonly sockets: number;
  /** When patience ends with the present state; for `waiting`, the next attempt. */
  readonly until: number | null;
  /** The end of all patience with `syncing`. */
  readonly syncBy: number;
  readonly pingAt: number | null;
  /** Pings that still follow each other closely. */
  readonly burst: number;
  /** When this socket first brought the truth. */
  readonly liveSince: number | null;
  /** When the truth was last known. */
  readonly knownAt: number | null;
  /** Failures in a row. */
  readonly attempt: number;
  /** Sockets in a row that never opened. */
  readonly refused: number;
  readonly online: boolean;
  readonly maintenance: boolean;
  readonly hiddenSince: number | null;
  /** The page lies in the browser's back/forward cache, or is being closed. */
  readonly away: boolean;
  readonly holding: boolean;
  readonly code: number | null;
}

export type MachineEvent =
  | { type: 'start' }
  | { type: 'opened'; socket: number }
  | { type: 'frame'; socket: number }
  /** The board is complete, and it is known what is mine. */
  | { type: 'synced'; socket: number }
  /** Something between our position and a delta is missing. */
  | { type: 'gap'; socket: number }
  /** The other side does not keep to the protocol. */
  | { type: 'broken'; socket: number }
  | { type: 'closed'; socket: number; code: number; reason: string }
  | { type: 'tick' }
  | { type: 'online' }
  | { type: 'offline' }
  | { type: 'visible' }
  | { type: 'hidden' }
  | { type: 'pageshow' }
  | { type: 'pagehide' }
  /** The device slept, or an answer is overdue: is anybody there? */
  | { type: 'doubt' }
  /** The person does not want to wait. */
  | { type: 'now' }
  | { type: 'holding'; holding: boolean }
  /** Another socket in place of this one: for another person, or by another way. */
  | { type: 'renew' }
  /** The raffle was asked for by HTTP, and there is none. */
  | { type: 'missing' }
  | { type: 'leave' };

export type Effect =
  | { type: 'open'; socket: number }
  | { type: 'close'; socket: number }
  | { type: 'ping' }
  /** Ask for what is missing. */
  | { type: 'resume' }
  /** Ask by HTTP whether the raffle exists. */
  | { type: 'probe' };

export function initial(page: { hidden: boolean; online: boolean }, now: number): Machine {
  return {
    state: 'connecting',
    socket: null,
    sockets: 0,
    until: null,
    syncBy: 0,
    pingAt: null,
    burst: 0,
    liveSince: null,
    knownAt: null,
    attempt: 0,
    refused: 0,
    online: page.online,
    maintenance: false,
    hiddenSince: page.hidden ? now : null,
    away: false,
    holding: false,
    code: null,
  };
}

/** What pages see of it. */
export function viewOf(machine: Machine): ConnectionView {
  const { state, until, online, maintenance, knownAt, code } = machine;
  const isWaiting = state === 'waiting';
  return {
    state,
    lostSince: state === 'live' ? null : knownAt,
    retryAt: isWaiting ? until : null,
    offline: isWaiting && !online,
    maintenance: isWaiting && maintenance,
    code,
  };
}

/** When the machine wants its next `tick`; null for never. */
export function wakeAt(machine: Machine): number | null {
  const { state, until, pingAt, socket, hiddenSince, holding } = machine;
  const times = [until];
  if (state === 'live') times.push(pingAt);
  if (socket !== null && hiddenSince !== null && !holding)
    times.push(hiddenSince + patience.REST_MS);
  return times.reduce((a, b) => (a === null ? b : b === null ? a : Math.min(a, b)), null);
}
