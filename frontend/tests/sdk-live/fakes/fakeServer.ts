import { encodeBoard } from '../../../src/sdk/encodeBoard';
import type { ErrorCode, NumberStatus, Phase, Raffle, Reservation } from '../../../src/sdk/types';
import type { Command, Request } from '../../../src/sdk/wire';
import { FakeSocket } from './fakeSocket';

const LATENCY_MS = 20;
const LIMIT = 5;

interface Held {
  id: string;
  userId: string;
  numbers: string[];
  phase: Phase;
  expiresAt: number;
  extensions: number;
}

class Refusal {
  constructor(
    readonly code: ErrorCode,
    readonly params: Record<string, unknown> = {},
  ) {}
}

interface Peer {
  socket: FakeSocket;
  userId: string | null;
}

/**
 * A raffle server that keeps the rules of docs/api.md, in memory and on the clock of the test. A
 * test can slow it down, let it lose answers, refuse commands, and act as another person.
 */
export class FakeServer {
  readonly raffle: Raffle;
  readonly sockets: FakeSocket[] = [];
  readonly holds = new Map<string, Held>();
  /** Every command that arrived, in order. */
  readonly commands: Command[] = [];
  /** Answers to the next commands, in place of what would be done. */
  readonly refuseNext: Refusal[] = [];
  /** Whether sockets open at all. */
  isUp = true;
  /** Whether replies and pushes reach anybody. */
  isMute = false;
  readonly #cells: number[];
  readonly #peers = new Set<Peer>();
  #seq = 1;

  constructor(count = 100) {
    this.#cells = Array.from({ length: count }, () => 0);
    this.raffle = {
      id: 'raffle-1',
      title: 'Rifa',
      description: '',
      status: 'active',
      number_count: count,
      price: 1000,
      currency: 'CRC',
      max_numbers_per_user: LIMIT,
      selection_seconds: 600,
      checkout_seconds: 300,
      sales_close_at: null,
      draw_at: null,
      counts: { available: count, reserved: 0, sold: 0 },
      epoch: 7,
      seq: 1,
    };
  }

  /** The browser's `new WebSocket`. */
  readonly connect = (): FakeSocket => {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    setTimeout(() => (this.isUp ? this.#accept(socket) : socket.end(1006)), LATENCY_MS);
    return socket;
  };

  get openSockets(): FakeSocket[] {
    return [...this.#peers].map(({ socket }) => socket);
  }

  /** Says something to everybody, or breaks off. */
  closeAll(code: number, reason = ''): void {
    for (const { socket } of this.#peers) socket.end(code, reason);
    this.#peers.clear();
  }

  refuse(code: ErrorCode, params: Record<string, unknown> = {}): void {
    this.refuseNext.push(new Refusal(code, params));
  }

  /** Somebody else takes these numbers. */
  take(...labels: string[]): void {
    this.#set(labels, 1);
  }

  release(...labels: string[]): void {
    this.#set(labels, 0);
  }

  /** A command of this person by another device. */
  act(userId: string, command: Command): Reservation | null {
    return this.#view(this.#decide(userId, command));
  }

  /** Ends a hold: its time is over, or it was paid. */
  end(id: string, phase: 'expired' | 'completed' | 'cancelled'): void {
    const hold = this.holds.get(id) as Held;
    hold.phase = phase;
    // A push may be there before the board has changed.
    this.#push(hold);
    this.#set(hold.numbers, phase === 'completed' ? 2 : 0);
  }

  /** What `GET /reservations/:id` says. */
  reservation(id: string): Reservation {
    return this.#view(this.holds.get(id) as Held) as Reservation;
  }

  reservations(userId: string): Reservation[] {
    const mine = [...this.holds.values()].filter((hold) => hold.userId === userId);
    return mine.map((hold) => this.#view(hold) as Reservation);
  }

  heldBy(userId: string): Held | undefined {
    return [...this.holds.values()].find((hold) => hold.userId === userId && isLive(hold));
  }

  /** Changes the board without telling: the next delta then leaves a gap. */
  changeSilently(label: string): void {
    this.#cells[Number(label)] = 1;
    this.#seq++;
  }

  // -- the socket ----------------------------------------------------------------------------------

  #accept(socket: FakeSocket): void {
    if (socket.isClosed) return;
    const peer: Peer = { socket, userId: null };
    this.#peers.add(peer);
    socket.left = () => this.#peers.delete(peer);
    socket.heard = (text) => void setTimeout(() => this.#hear(peer, JSON.parse(text)), LATENCY_MS);
    socket.open();
    const { raffle } = this;
    const hello = { type: 'hello', raffle, epoch: raffle.epoch, seq: this.#seq };
    socket.message(JSON.stringify({ ...hello, server_time: now() }));
    this.#snapshot(socket);
  }

  #hear(peer: Peer, message: (Request | { type: 'ping' }) & { ref: number; t0?: number }): void {
    if (peer.socket.isClosed) return; // It was on its way when the connection broke.
    const say = (answer: object) =>
      this.#later(peer.socket, JSON.stringify({ ...answer, ref: message.ref }));
    switch (message.type) {
      case 'ping':
        say({ type: 'pong', t0: message.t0, server_time: now() });
        break;
      case 'auth':
        if (!message.token.startsWith('token of ')) {
          say(refusal(new Refusal('unauthenticated')));
          break;
        }
        peer.userId = message.token.slice('token of '.length);
        say(this.#ok(this.heldBy(peer.userId)));
        break;
      case 'resume':
        say(this.#ok());
        setTimeout(() => this.#snapshot(peer.socket), LATENCY_MS);
        break;
      default: {
        const { ref: _, ...command } = message;
        this.commands.push(command as Command);
        say(this.#answer(peer, command as Command));
      }
    }
  }

  #answer(peer: Peer, command: Command): object {
    const refused = this.refuseNext.shift();
    if (refused) return refusal(refused);
    if (peer.userId === null) return refusal(new Refusal('unauthenticated'));
    try {
      return this.#ok(this.#decide(peer.userId, command));
    } catch (error) {
      if (error instanceof Refusal) return refusal(error);
      throw error;
    }
  }

  #ok(hold?: Held): object {
    return { type: 'reply', ok: true, seq: this.#seq, reservation: this.#view(hold) };
  }

  #later(socket: FakeSocket, text: string): void {
    if (!this.isMute) setTimeout(() => socket.message(text), LATENCY_MS);
  }

  #snapshot(socket: FakeSocket): void {
    const board = {
      count: this.#cells.length,
      publicState: (index: number) => this.#cells[index] as number,
    };
    for (const part of encodeBoard(board, { epoch: 7, seq: this.#seq })) socket.message(part);
  }

  // -- the rules -----------------------------------------------------------------------------------

  #decide(userId: string, command: Command): Held | undefined {
    const known = this.holds.get(command.reservation_id);
    switch (command.type) {
      case 'reserve':
        if (known) return ownLive(known);
        return this.#open(userId, command.reservation_id, command.numbers);
      case 'quick_pick': {
        const more = command.count - (known?.numbers.length ?? 0);
        const free = this.#free().slice(-more);
        return known ? this.#add(known, free) : this.#open(userId, command.reservation_id, free);
      }
      default:
        if (!known) throw new Refusal('not_found');
        return this.#change(known, command);
    }
  }

  #change(hold: Held, command: Exclude<Command, { type: 'reserve' | 'quick_pick' }>): Held {
    switch (command.type) {
      case 'add':
        return this.#add(choosing(hold), command.numbers);
      case 'remove':
        return this.#remove(choosing(hold), command.numbers);
      case 'swap':
        this.#check(choosing(hold), command.take, command.give.length);
        this.#remove(hold, command.give);
        return this.#add(hold, command.take);
      case 'cancel':
        if (hold.phase !== 'cancelled') this.end(ownLive(hold).id, 'cancelled');
        return hold;
      case 'checkout':
        if (hold.phase !== 'checkout') {
          choosing(hold).phase = 'checkout';
          hold.expiresAt = Date.now() + 300_000;
          this.#push(hold);
        }
        return hold;
      case 'extend':
        if (new Date(ownLive(hold).expiresAt).toISOString() === command.expires_at) {
          hold.expiresAt += 300_000;
          hold.extensions--;
          this.#push(hold);
        }
        return hold;
    }
  }

  #open(userId: string, id: string, numbers: string[]): Held {
    const live = this.heldBy(userId);
    if (live) throw new Refusal('already_reserved', { reservation_id: live.id });
    const hold: Held = {
      id,
      userId,
      numbers: [],
      phase: 'selection',
      expiresAt: Date.now() + 600_000,
      extensions: 1,
    };
    this.#check(hold, numbers, 0);
    this.holds.set(id, hold);
    return this.#add(hold, numbers);
  }

  #add(hold: Held, numbers: string[]): Held {
    const added = numbers.filter((label) => !hold.numbers.includes(label));
    this.#check(hold, added, 0);
    hold.numbers = [...hold.numbers, ...added];
    this.#set(added, 1);
    this.#push(hold);
    return hold;
  }

  #remove(hold: Held, numbers: string[]): Held {
    const left = hold.numbers.filter((label) => !numbers.includes(label));
    if (left.length === 0) {
      this.end(hold.id, 'cancelled');
      return hold;
    }
    this.#set(
      hold.numbers.filter((label) => numbers.includes(label)),
      0,
    );
    hold.numbers = left;
    this.#push(hold);
    return hold;
  }

  #check(hold: Held, numbers: string[], given: number): void {
    if (hold.numbers.length - given + numbers.length > LIMIT) {
      throw new Refusal('too_many_numbers', { limit: LIMIT, sold: 0 });
    }
    const taken = numbers.filter((label) => this.#cells[Number(label)] !== 0);
    if (taken.length > 0) throw new Refusal('numbers_taken', { numbers: taken });
  }

  #free(): string[] {
    return this.#cells.flatMap((cell, index) => (cell === 0 ? [labelOf(index)] : []));
  }

  // -- telling -------------------------------------------------------------------------------------

  #set(labels: string[], state: number): void {
    const indices = labels.map(Number).sort((a, b) => a - b);
    for (const index of indices) this.#cells[index] = state;
    const from = this.#seq++;
    const gaps = indices.map((index, i) => (i === 0 ? index : index - (indices[i - 1] as number)));
    const frame = new Uint8Array([
      ...[2, 1, indices.length > 0 ? 1 : 0, 0, 7, 0, 0, 0],
      ...u64(from),
      ...u64(this.#seq),
      ...(indices.length > 0 ? [state, indices.length, ...gaps] : []),
    ]);
    for (const { socket } of this.#peers) {
      setTimeout(() => socket.message(frame.slice().buffer), LATENCY_MS);
    }
  }

  #push(hold: Held): void {
    const text = JSON.stringify({ type: 'reservation', reservation: this.#view(hold), reason: '' });
    for (const { socket, userId } of this.#peers) {
      if (userId === hold.userId) this.#later(socket, text);
    }
  }

  #view(hold?: Held): Reservation | null {
    if (!hold) return null;
    const status: NumberStatus = isLive(hold) ? 'reserved' : 'available';
    return {
      id: hold.id,
      raffle_id: this.raffle.id,
      user_id: hold.userId,
      phase: hold.phase,
      numbers: hold.numbers.map((number_id) => ({ number_id, status })),
      number_ids: hold.numbers,
      unit_price: 1000,
      total_amount: 1000 * hold.numbers.length,
      currency: 'CRC',
      created_at: now(),
      expires_at: new Date(hold.expiresAt).toISOString(),
      expires_in_ms: Math.max(0, hold.expiresAt - Date.now()),
      server_time: now(),
      extensions_left: hold.extensions,
      payment_id: null,
    };
  }
}

function isLive({ phase }: Held): boolean {
  return phase === 'selection' || phase === 'checkout' || phase === 'payment_review';
}

function ownLive(hold: Held): Held {
  if (hold.phase === 'expired') throw new Refusal('reservation_expired');
  if (!isLive(hold)) throw new Refusal('wrong_phase', { phase: hold.phase });
  return hold;
}

function choosing(hold: Held): Held {
  if (ownLive(hold).phase !== 'selection') throw new Refusal('wrong_phase', { phase: hold.phase });
  return hold;
}

function refusal({ code, params }: Refusal): object {
  return { type: 'reply', ok: false, error: { code, message: code, params } };
}

function labelOf(index: number): string {
  return String(index).padStart(2, '0');
}

function u64(value: number): number[] {
  return [value & 255, (value >> 8) & 255, 0, 0, 0, 0, 0, 0];
}

function now(): string {
  return new Date().toISOString();
}
