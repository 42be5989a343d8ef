/**
 * The SDK: everything an application needs to sell numbers live. See README.md for examples.
 *
 * The map, from what an application uses down to what everything stands on:
 *
 * ```
 * components/  NumberGrid, ReservationTimer, ui/FloatingCheckoutButton      (import them by path)
 * hooks/       useRaffle, useRaffleWebSocket, useTimeRemaining, useValue
 * liveRaffle   openRaffle: the page's one client for each raffle
 * raffleClient puts together what follows
 *   buyer  sender  outcomes       what a buyer does, and carrying a command to its outcome
 *   hold  overlay  bought         what is mine, and how it is laid over the board
 *   session  replies  frameReader one conversation in sorteos.v2
 *   tabs  election  tabServer  tabSocket  tabChannel     one socket for all tabs of a browser
 *   connection  connectionMachine  connectionState       one socket, and coming back for ever
 *   patience  backoff  closeCodes                        how long it waits, and for what
 *   mirror  board  numbers  nearest  numberUpdates       the board, and what is near and new on it
 *   codec  encodeBoard  inflate                          its bytes
 * services/    raffleService, reservationService, paymentService: by HTTP, without a live board
 * identity  person  storage       who is here
 * http  api.d.ts  errors          requests, typed by docs/openapi.json
 * serverClock  clock  ticker      what time it is on the server
 * types  payments  wire  observable  pageEvents
 * ```
 *
 * Nothing here holds a text for people: refusals and notices are codes with parameters.
 */

export { ApiError } from './errors';
export { useRaffle } from './hooks/useRaffle';
export {
  type NumberUpdate,
  type RaffleWebSocket,
  useRaffleWebSocket,
} from './hooks/useRaffleWebSocket';
export { type TimeRemaining, useTimeRemaining } from './hooks/useTimeRemaining';
export { useValue } from './hooks/useValue';
export { identity } from './identity';
export { openRaffle } from './liveRaffle';
export type { Observable } from './observable';
export type { Person, Role } from './person';
export { serverClock } from './serverClock';
export { paymentService } from './services/paymentService';
export { type RaffleWithNumbers, raffleService } from './services/raffleService';
export { reservationService } from './services/reservationService';
export * from './types';
