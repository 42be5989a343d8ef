import { useEffect, useState } from 'react';
import { ApiError } from '../../sdk/errors';
import { ticketService } from '../../sdk/services/ticketService';
import type { Ticket } from '../../sdk/types';

const AT_ONCE = 4;
/** The newest ones; of older purchases the page of the ticket tells. */
const MOST = 30;

/** These tickets as they are now, by code, each as soon as it is known: some may be refunded. */
export function useTickets(codes: readonly string[]): Readonly<Record<string, Ticket>> {
  const [tickets, setTickets] = useState<Record<string, Ticket>>({});
  const wanted = codes.slice(0, MOST).join(' ');

  useEffect(() => {
    if (wanted === '') return;
    let here = true;
    const left = wanted.split(' ');
    const work = async () => {
      for (let code = left.shift(); code && here; code = left.shift()) {
        const ticket = await ticketOf(code);
        if (ticket && here) setTickets((before) => ({ ...before, [ticket.code]: ticket }));
      }
    };
    for (let worker = 0; worker < AT_ONCE; worker += 1) void work();
    return () => {
      here = false;
    };
  }, [wanted]);

  return tickets;
}

/** Null when it cannot be told now: the card shows what was bought. */
async function ticketOf(code: string): Promise<Ticket | null> {
  try {
    return await ticketService.get(code);
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}
