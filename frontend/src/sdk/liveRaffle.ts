import { ApiError } from './errors';
import { socketUrl } from './http';
import { identity } from './identity';
import { canInflate, inflate } from './inflate';
import { pageEvents } from './pageEvents';
import { RaffleClient } from './raffleClient';
import { serverClock } from './serverClock';
import { raffleService } from './services/raffleService';
import { reservationService } from './services/reservationService';
import { BroadcastTabChannel } from './tabChannel';
import type { LiveRaffle } from './types';
import { SUBPROTOCOL } from './wire';

/** How long a raffle stays open that nobody uses: pages follow each other, sockets need not. */
const LINGER_MS = 10_000;

interface Opened {
  live: RaffleClient;
  users: number;
  closing: ReturnType<typeof setTimeout> | undefined;
}

const opened = new Map<string, Opened>();

/**
 * The page's one live view of a raffle: board, hold, connection, and everything a buyer can do.
 * All who ask for the same raffle share it; `close` closes it for all of them.
 */
export function openRaffle(raffleId: string): LiveRaffle {
  const entry = find(raffleId);
  keep(entry);
  return entry.live;
}

/** As `openRaffle`, but it is closed by itself a while after nobody uses it any more. */
export function sharedRaffle(raffleId: string): RaffleClient {
  return find(raffleId).live;
}

/** Says that a raffle is in use, until the returned function is called. */
export function inUse(live: LiveRaffle): () => void {
  const entry = opened.get(live.raffleId);
  if (entry?.live !== live) return () => undefined;
  keep(entry);
  return () => {
    entry.users--;
    linger(entry);
  };
}

function find(raffleId: string): Opened {
  const known = opened.get(raffleId);
  if (known) return known;
  const entry: Opened = { live: connect(raffleId), users: 0, closing: undefined };
  opened.set(raffleId, entry);
  linger(entry);
  return entry;
}

function keep(entry: Opened): void {
  entry.users++;
  clearTimeout(entry.closing);
}

function linger(entry: Opened): void {
  clearTimeout(entry.closing);
  if (entry.users === 0) entry.closing = setTimeout(() => entry.live.close(), LINGER_MS);
}

function connect(raffleId: string): RaffleClient {
  const url = socketUrl(raffleId, canInflate);
  return new RaffleClient(raffleId, {
    name: `sorteos ${socketUrl(raffleId, false)}`,
    openSocket: () => new WebSocket(url, SUBPROTOCOL),
    isMissing: () => isMissing(raffleId),
    page: pageEvents,
    clock: serverClock,
    random: Math.random,
    inflate,
    identity,
    locks: navigator.locks,
    openChannel:
      'BroadcastChannel' in globalThis ? (name) => new BroadcastTabChannel(name) : undefined,
    reservation: (id) => reservationService.get(id),
    reservations: () => reservationService.mine(),
    closed: () => opened.delete(raffleId),
  });
}

async function isMissing(raffleId: string): Promise<boolean> {
  try {
    await raffleService.get(raffleId);
    return false;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not_found') return true;
    throw error;
  }
}
