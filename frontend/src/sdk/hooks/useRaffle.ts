import { useEffect } from 'react';
import { inUse, sharedRaffle } from '../liveRaffle';
import type { LiveRaffle } from '../types';

/**
 * The live raffle, shared by all components of the page that ask for it. It stays connected from one
 * page to the next, and is closed a while after the last of them has gone.
 */
export function useRaffle(raffleId: string): LiveRaffle {
  const live = sharedRaffle(raffleId);
  useEffect(() => inUse(live), [live]);
  return live;
}
