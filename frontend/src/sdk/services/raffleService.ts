import { api } from '../http';
import { identity } from '../identity';
import type { NewRaffle, NumberStatus, Raffle, RafflePage } from '../types';

/** A raffle, and each number of it where that was asked for. */
export interface RaffleWithNumbers {
  raffle: Raffle;
  numbers: { id: string; number: string; status: NumberStatus }[];
}

const raffle = (raffle_id: string) => ({ params: { path: { raffle_id } } });

/** Raffles by HTTP. Every call may throw `ApiError`. */
export const raffleService = {
  /**
   * Newest first; `page` from 1, `pageSize` up to 100. An organizer also sees their own drafts, and
   * with `mine` nothing but their own raffles.
   */
  async list(page = 1, pageSize = 20, mine = false): Promise<RafflePage> {
    const params = { query: { page, page_size: pageSize, ...(mine && { mine }) } };
    return identity.asAnybody((asking) => api.GET('/api/v1/raffles', { params, ...asking }));
  },

  async get(id: string): Promise<Raffle> {
    const { raffle: found } = await identity.asAnybody((asking) =>
      api.GET('/api/v1/raffles/{raffle_id}', { ...raffle(id), ...asking }),
    );
    return found;
  },

  /** With the state of every number; for raffles of at most 10,000, beyond that `too_many_numbers`. */
  async getWithNumbers(id: string): Promise<RaffleWithNumbers> {
    const params = { path: { raffle_id: id }, query: { include_numbers: true } };
    const { raffle: found, numbers } = await identity.asAnybody((asking) =>
      api.GET('/api/v1/raffles/{raffle_id}', { params, ...asking }),
    );
    return { raffle: found, numbers: numbers ?? [] };
  },

  /** Makes a draft. For organizers, as are the four below. */
  async create(body: NewRaffle): Promise<Raffle> {
    return (await identity.asPerson((asking) => api.POST('/api/v1/raffles', { body, ...asking })))
      .raffle;
  },

  async publish(id: string): Promise<Raffle> {
    return steer(id, 'publish');
  },

  async pause(id: string): Promise<Raffle> {
    return steer(id, 'pause');
  },

  async resume(id: string): Promise<Raffle> {
    return steer(id, 'resume');
  },

  async close(id: string): Promise<Raffle> {
    return steer(id, 'close');
  },
};

async function steer(id: string, verb: 'publish' | 'pause' | 'resume' | 'close'): Promise<Raffle> {
  const path = `/api/v1/raffles/{raffle_id}/${verb}` as const;
  return (await identity.asPerson((asking) => api.POST(path, { ...raffle(id), ...asking }))).raffle;
}
