import { useCallback, useEffect, useRef } from 'react';
import { identity } from '../identity';
import { inUse, sharedRaffle } from '../liveRaffle';
import { followNumbers, type NumberUpdate } from '../numberUpdates';
import { type Observable, Value } from '../observable';
import type { RaffleClient } from '../raffleClient';
import type { ConnectionView } from '../types';
import { useValue } from './useValue';

export type { NumberUpdate };

export interface RaffleWebSocket {
  /** The board is the server's: `connection` is live. */
  isConnected: boolean;
  /**
   * Has `callback` told of every number once, and from then on of each change. May be called in
   * render: each call of the hook has one callback, the latest. Returns how to stop.
   */
  onNumberUpdate(callback: (update: NumberUpdate) => void): () => void;
  connection: Observable<ConnectionView>;
}

const NOT_CONNECTED = new Value<ConnectionView>({
  state: 'closed',
  lostSince: null,
  retryAt: null,
  offline: false,
  maintenance: false,
  code: null,
});

/** The changes of a raffle, number by number, for pages that keep a list of numbers themselves. */
export function useRaffleWebSocket(raffleId: string | undefined): RaffleWebSocket {
  const live = raffleId ? sharedRaffle(raffleId) : null;
  const latest = useRef<((update: NumberUpdate) => void) | null>(null);

  useEffect(() => (live ? inUse(live) : undefined), [live]);
  useEffect(() => (live ? follow(live, (update) => latest.current?.(update)) : undefined), [live]);

  const onNumberUpdate = useCallback((callback: (update: NumberUpdate) => void) => {
    latest.current = callback;
    return () => {
      if (latest.current === callback) latest.current = null;
    };
  }, []);

  const connection = live?.connection ?? NOT_CONNECTED;
  const isConnected = useValue(connection).state === 'live';
  return { isConnected, onNumberUpdate, connection };
}

/** Follows the numbers from the first moment on at which the board is the server's. */
function follow(live: RaffleClient, tell: (update: NumberUpdate) => void): () => void {
  let leaveBoard: (() => void) | null = null;
  const begin = () => {
    const board = live.board.get();
    if (leaveBoard || !board || live.connection.get().state !== 'live') return;
    leaveBoard = followNumbers(board, () => identity.get()?.userId, tell);
  };
  begin();
  const leave = live.connection.subscribe(begin);
  return () => {
    leave();
    leaveBoard?.();
  };
}
