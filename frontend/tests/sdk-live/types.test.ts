import { expectTypeOf, it } from 'vitest';
import type { components } from '../../src/sdk/api';
import type {
  Contact,
  ErrorCode,
  NewRaffle,
  Raffle,
  Reservation,
  Ticket,
} from '../../src/sdk/types';

type Wire = components['schemas'];

// What the documents of the server say can be read as our words for it, and what we send as its own.
it('our words agree with the documents of the server', () => {
  expectTypeOf<Wire['RaffleView']>().toExtend<Raffle>();
  expectTypeOf<keyof Raffle>().toEqualTypeOf<keyof Wire['RaffleView']>();
  expectTypeOf<Wire['ReservationView']>().toExtend<Reservation>();
  expectTypeOf<keyof Reservation>().toEqualTypeOf<keyof Wire['ReservationView']>();
  expectTypeOf<Wire['TicketView']>().toExtend<Ticket>();
  expectTypeOf<keyof Ticket>().toEqualTypeOf<keyof Wire['TicketView']>();
  expectTypeOf<NewRaffle>().toExtend<Wire['RaffleBody']>();
  expectTypeOf<Contact>().toExtend<Wire['ContactBody']>();
  expectTypeOf<Exclude<ErrorCode, 'offline' | 'timeout'>>().toEqualTypeOf<Wire['Error']['code']>();
});
