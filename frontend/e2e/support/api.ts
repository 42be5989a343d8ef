import { randomUUID } from 'node:crypto';
import type { Raffle, Reservation } from '../../src/sdk/types';
import type { Server } from './server';

/** Somebody who uses the server's HTTP interface and no browser. */
export class ApiPerson {
  readonly #server: Server;
  readonly #token: string;

  constructor(server: Server, role: 'user' | 'admin' = 'user') {
    this.#server = server;
    this.#token = server.token(role);
  }

  /** A published raffle. */
  async createRaffle(terms: Partial<Raffle> = {}): Promise<Raffle> {
    const { raffle } = await this.#call<{ raffle: Raffle }>('POST', '/raffles', {
      title: 'Moto 2026',
      description: 'Una moto nueva para quien tenga el número.',
      number_count: 100,
      price: 150_000,
      currency: 'CRC',
      ...terms,
    });
    await this.#call('POST', `/raffles/${raffle.id}/publish`);
    return raffle;
  }

  /** Holds numbers. Rejects when one of them is taken. */
  async hold(raffleId: string, numbers: readonly string[]): Promise<Reservation> {
    const body = { raffle_id: raffleId, number_ids: numbers };
    return (await this.#call<{ reservation: Reservation }>('POST', '/reservations', body))
      .reservation;
  }

  async cancel(reservationId: string): Promise<void> {
    await this.#call('POST', `/reservations/${reservationId}/cancel`);
  }

  /** Offers a way to pay in a raffle. Needs its organizer or an admin. */
  async offer(raffleId: string, provider: string, settings: object): Promise<void> {
    await this.#switch(raffleId, provider, { enabled: true, settings });
  }

  /** Takes a way to pay out of a raffle. */
  async withdraw(raffleId: string, provider: string): Promise<void> {
    await this.#switch(raffleId, provider, { enabled: false });
  }

  async #switch(raffleId: string, provider: string, body: object): Promise<void> {
    await this.#call('PUT', `/raffles/${raffleId}/payment-methods/${provider}`, body);
  }

  /** How many sockets watch a raffle. Needs an admin. */
  async sockets(raffleId: string): Promise<number> {
    const stats = await this.#call<{ connections_by_raffle: Record<string, number> }>(
      'GET',
      `/raffles/${raffleId}/ws/stats`,
    );
    return stats.connections_by_raffle[raffleId] ?? 0;
  }

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.#server.url}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.#token}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': randomUUID(),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
