import { useEffect, useMemo } from 'react';
import { useValue } from '../sdk/hooks/useValue';
import { Intents } from './intents';

/** The numbers of this raffle that were wanted without a connection, and the ways to change them. */
export function useIntents(raffleId: string) {
  const intents = useMemo(() => shared(raffleId), [raffleId]);
  useEffect(() => void intents.load(), [intents]);
  return { labels: useValue(intents.labels), intents };
}

const opened = new Map<string, Intents>();

/** All parts of the page see the same list. */
function shared(raffleId: string): Intents {
  let intents = opened.get(raffleId);
  if (!intents) {
    intents = new Intents(raffleId);
    opened.set(raffleId, intents);
  }
  return intents;
}
