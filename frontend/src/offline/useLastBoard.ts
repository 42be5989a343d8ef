import { useEffect, useState } from 'react';
import { useValue } from '../sdk/hooks/useValue';
import { identity } from '../sdk/identity';
import type { LiveRaffle } from '../sdk/types';
import { keepBoardOf } from './boardKeeper';
import { openBoard, readLastBoard } from './lastBoard';

/**
 * Keeps the board of `live` for later visits. When the first board takes long, or does not come,
 * shows the one that was seen last in its place; then tells `Date.now()` of when that was. Null
 * while there is nothing to show, and as soon as the board is the server's.
 */
export function useLastBoard(live: LiveRaffle): number | null {
  const [seenAt, setSeenAt] = useState<number | null>(null);
  const { state } = useValue(live.connection);
  const wasLive = state === 'live';

  useEffect(() => keepBoardOf(live), [live]);

  useEffect(() => {
    let here = true;
    setSeenAt(null);
    void (async () => {
      const last = await readLastBoard(live.raffleId);
      const board = last && (await openBoard(last, identity.get()?.userId ?? null));
      if (!here || !last || !board || !live.restore(last.raffle, board)) return;
      setSeenAt(last.seenAt);
    })();
    return () => {
      here = false;
    };
  }, [live]);

  useEffect(() => {
    if (wasLive) setSeenAt(null);
  }, [wasLive]);

  return seenAt;
}
