import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../sdk/errors';
import { useValue } from '../../sdk/hooks/useValue';
import { paymentService } from '../../sdk/services/paymentService';
import type { ErrorCode, LiveRaffle, PaymentMethod } from '../../sdk/types';
import { panels } from './panels';

export interface Offered {
  /** Those that this page has a panel for, the first choice first; null while they are not known. */
  methods: readonly PaymentMethod[] | null;
  /** Those that were offered on this page before, and are no more. */
  gone: readonly string[];
  failure: ErrorCode | null;
  again(): void;
}

/** How the raffle can be paid just now: what is switched off vanishes at once. */
export function usePaymentMethods(live: LiveRaffle): Offered {
  const { raffleId } = live;
  const isLive = useValue(live.connection).state === 'live';
  const [known, setKnown] = useState<Omit<Offered, 'again'>>(NOTHING);
  const asked = useRef(0);

  const load = useCallback(async () => {
    const turn = ++asked.current;
    try {
      const offered = await paymentService.methods(raffleId);
      if (turn !== asked.current) return;
      const methods = offered.filter(({ provider }) => Object.hasOwn(panels, provider));
      const names = methods.map(({ provider }) => provider);
      setKnown((before) => {
        const seen = [...before.gone, ...(before.methods ?? []).map(({ provider }) => provider)];
        return { methods, gone: seen.filter((name) => !names.includes(name)), failure: null };
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn === asked.current) setKnown((before) => ({ ...before, failure: error.code }));
    }
  }, [raffleId]);

  // While there was no connection, nobody told of a change.
  useEffect(() => {
    void load();
  }, [load, isLive]);

  useEffect(
    () =>
      live.onNotice((notice) => {
        if (notice.kind === 'payment_methods') void load();
      }),
    [live, load],
  );

  const again = useCallback(() => void load(), [load]);
  return { ...known, again };
}

const NOTHING = { methods: null, gone: [], failure: null };
