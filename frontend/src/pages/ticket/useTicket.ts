import { useCallback, useEffect, useState } from 'react';
import { ApiError } from '../../sdk/errors';
import { ticketService } from '../../sdk/services/ticketService';
import type { ErrorCode, Ticket } from '../../sdk/types';
import { type KnownTicket, ticketSeenHere } from './ticketSeenHere';

export interface AskedTicket {
  /** As the server told it just now; null while it has not. */
  ticket: Ticket | null;
  /** What this browser knows of it, when the server could not be asked. */
  known: KnownTicket | null;
  failure: ErrorCode | null;
  again: () => void;
}

/** One ticket, asked for anew whenever there is a network again or the person comes back. */
export function useTicket(code: string): AskedTicket {
  const [asked, setAsked] = useState<Omit<AskedTicket, 'again'>>(NOTHING);

  const load = useCallback(async () => {
    try {
      setAsked({ ticket: await ticketService.get(code), known: null, failure: null });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // A verdict that cannot be had now is no verdict: what was true then is not shown as true.
      const known = error.code === 'not_found' ? null : await ticketSeenHere(code);
      setAsked({ ticket: null, known, failure: error.code });
    }
  }, [code]);

  useEffect(() => {
    void load();
    const again = () => {
      if (document.visibilityState === 'visible') void load();
    };
    addEventListener('online', again);
    document.addEventListener('visibilitychange', again);
    return () => {
      removeEventListener('online', again);
      document.removeEventListener('visibilitychange', again);
    };
  }, [load]);

  return { ...asked, again: () => void load() };
}

const NOTHING = { ticket: null, known: null, failure: null };
