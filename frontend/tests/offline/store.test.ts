import { expect, it } from 'vitest';
import {
  forgetWhenSignedOut,
  keepReservations,
  readReservations,
} from '../../src/offline/lastReservations';
import { tolerant } from '../../src/offline/store';
import { Value } from '../../src/sdk/observable';
import type { Reservation } from '../../src/sdk/types';
import { FakeStore } from './fakeStore';

const held = { id: 'r1', number_ids: ['0417'] } as Reservation;

it('a browser that keeps nothing breaks nothing, and says so once', async () => {
  const broken = new FakeStore();
  broken.broken = new Error('QuotaExceededError');
  const reported: unknown[] = [];
  const store = tolerant(broken, (error) => reported.push(error));
  await store.update('key', () => 1);
  await store.set('key', 1);
  await store.delete(['key']);
  expect(await store.get('key')).toBeUndefined();
  expect(reported).toEqual([broken.broken]);
});

it('reservations are there without a network, with the time at which they were seen', async () => {
  const store = new FakeStore();
  await keepReservations('ana', [held], 5_000, store);
  expect(await readReservations('ana', store)).toEqual({
    userId: 'ana',
    reservations: [held],
    seenAt: 5_000,
  });
});

it('nobody sees the reservations of another person', async () => {
  const store = new FakeStore();
  await keepReservations('ana', [held], 5_000, store);
  expect(await readReservations('luis', store)).toBeNull();
});

it('who signs out leaves no reservations behind', async () => {
  const store = new FakeStore();
  const person = new Value<string | null>('ana');
  forgetWhenSignedOut(person, store);
  await keepReservations('ana', [held], 5_000, store);
  person.set('ana again');
  expect(await readReservations('ana', store)).not.toBeNull();
  person.set(null);
  expect(await readReservations('ana', store)).toBeNull();
});
