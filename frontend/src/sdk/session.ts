import type { SyncedClock } from './clock';
import type { Frame, Inflate } from './codec';
import { Connection, type ConnectionListener, type ConnectionParts } from './connection';
import { FrameReader } from './frameReader';
import type { Mirror } from './mirror';
import type { Observable } from './observable';
import { REPLY_MS } from './patience';
import type { Person } from './person';
import { Replies } from './replies';
import type { Sharing } from './tabs';
import type { ConnectionView, Reservation } from './types';
import { parseMessage, type Reply, type Request, type ServerMessage } from './wire';

/** What a session needs of the world. */
export interface SessionParts extends ConnectionParts {
  mirror: Mirror;
  clock: SyncedClock;
  identity: { get(): Person | null; refuse(token: string): void };
  inflate: Inflate;
}

/** What a session tells. */
export interface SessionListener {
  /** What the server says is mine: after each connect, and whenever it was asked. */
  truth(reservation: Reservation | null): void;
  /** One of mine changed, here or elsewhere. */
  push(reservation: Reservation): void;
  /** A payment of mine moved on, or the ways to pay changed: whoever shows them asks again. */
  money(news: 'payment' | 'payment_methods'): void;
  /** What came for everybody, or for this person, as it came: for tabs that are served from here. */
  relay(data: string | ArrayBuffer): void;
}

/**
 * A conversation in `sorteos.v2`: keeps the mirror true, says who we are, and carries requests.
 *
 * `connection` becomes `live` when the board is complete *and* the server has said what is mine.
 */
export class Session implements ConnectionListener, Sharing {
  readonly #link: Connection;
  readonly #replies = new Replies();
  #reader: FrameReader | null = null;
  /** Whether the server has said hello on this socket. */
  #isGreeted = false;
  /** The token that this socket was told, and whether the server has said what is mine. */
  #token: string | null = null;
  #isKnown = false;
  /** Whether something is missing on the board, and from which `seq` on it is no more. */
  #isBehind = false;
  #target: number | null = null;

  constructor(
    private readonly parts: SessionParts,
    private readonly listener: SessionListener,
  ) {
    this.#link = new Connection(parts, this);
  }

  get connection(): Observable<ConnectionView> {
    return this.#link.view;
  }

  get isLive(): boolean {
    return this.connection.get().state === 'live';
  }

  start(): void {
    this.#link.start();
  }

  /** Does not wait for the next attempt. */
  hurry(): void {
    this.#link.hurry();
  }

  /** Takes another socket in place of this one. */
  renew(): void {
    this.#link.renew();
  }

  /** See `Connection.tick`. */
  tick(): void {
    this.#link.tick();
  }

  /** See `Connection.holding`. */
  holding(holding: boolean): void {
    this.#link.holding(holding);
  }

  /**
   * Sends a request and waits for its reply. Never rejects: `offline` means that it was not sent,
   * `timeout` that it was, and that nobody knows what came of it.
   */
  request(request: Request): Promise<Reply> {
    const ref = this.#replies.newRef();
    if (!this.#link.send(JSON.stringify({ ...request, ref }))) {
      return Promise.resolve({ ok: false, code: 'offline', params: {} });
    }
    return this.#replies.expect(ref, REPLY_MS, () => this.#link.doubt());
  }

  /** Asks what is mine, and tells the listener. False when that cannot be known now. */
  async askTruth(): Promise<boolean> {
    const reader = this.#reader;
    if (!this.#isGreeted) return false;
    const person = this.parts.identity.get();
    this.#token = person?.token ?? null;
    if (person === null) {
      this.#truth(null);
      return true;
    }
    const reply = await this.request({ type: 'auth', token: person.token });
    // If somebody else came to this browser meanwhile, that is being asked, too.
    if (reader !== this.#reader || this.#token !== person.token) return false;
    if (reply.ok) this.#truth(reply.reservation);
    else if (reply.code === 'unauthenticated') this.parts.identity.refuse(person.token);
    else this.#link.broken();
    return reply.ok;
  }

  /** Somebody else is at this browser: the server has to know. */
  identityChanged(): void {
    const token = this.parts.identity.get()?.token ?? null;
    if (token === this.#token) return;
    // A socket can learn who we are, but not forget it.
    if (this.#token !== null) this.#link.renew();
    else void this.askTruth();
  }

  close(): void {
    this.#link.leave();
  }

  // -- for the tabs that are served from here ------------------------------------------------------

  greeting(): (string | ArrayBuffer)[] {
    return this.parts.mirror.greeting(this.serverTime());
  }

  seq(): number {
    return this.parts.mirror.position.seq;
  }

  serverTime(): string {
    return new Date(this.parts.clock.now()).toISOString();
  }

  // -- as the listener of its connection -----------------------------------------------------------

  opened(): void {
    const take = (frame: Frame, data: ArrayBuffer) => this.#frame(frame, data);
    this.#reader = new FrameReader(this.parts.inflate, take, () => this.#link.broken());
    this.#isKnown = false;
    this.#isBehind = false;
  }

  gone(): void {
    this.#reader?.stop();
    this.#reader = null;
    this.#isGreeted = false;
    this.#token = null;
    this.#replies.giveUp();
  }

  message(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      this.#reader?.read(data);
      return;
    }
    let message: ServerMessage;
    try {
      message = parseMessage(data);
    } catch {
      this.#link.broken();
      return;
    }
    this.#text(message, data);
  }

  ping(): void {
    this.#link.send(JSON.stringify({ type: 'ping', t0: performance.now() }));
  }

  resume(): void {
    void this.#catchUp();
  }

  // -- what comes in -------------------------------------------------------------------------------

  #text(message: ServerMessage, data: string): void {
    const { clock, mirror } = this.parts;
    switch (message.type) {
      case 'hello':
        clock.observe(message.server_time);
        mirror.hello(message.raffle);
        this.#isGreeted = true;
        void this.askTruth();
        break;
      case 'raffle':
        mirror.raffle.set(message.raffle);
        this.listener.relay(data);
        break;
      case 'reservation':
        this.listener.push(message.reservation);
        // The reservation has ended long ago: it is its payment that moves on.
        if (message.reason === 'refunded') this.listener.money('payment');
        this.listener.relay(data);
        break;
      case 'payment':
      case 'payment_methods':
        this.listener.money(message.type);
        this.listener.relay(data);
        break;
      case 'reply':
        this.#replies.take(message);
        break;
      case 'pong': {
        const { t0, server_time: serverTime } = message;
        clock.sample({ t0, t1: performance.now(), serverTime });
        break;
      }
    }
  }

  #frame(frame: Frame, data: ArrayBuffer): void {
    const outcome = this.parts.mirror.apply(frame);
    this.listener.relay(data);
    if (outcome === 'resume' && !this.#isBehind) {
      this.#isBehind = true;
      this.#target = null;
      this.#link.gap();
    }
    this.#settle();
  }

  // -- being up to date ----------------------------------------------------------------------------

  async #catchUp(): Promise<void> {
    const reader = this.#reader;
    const reply = await this.request({ type: 'resume', ...this.parts.mirror.position });
    if (reader !== this.#reader) return;
    if (!reply.ok) {
      this.#link.broken();
      return;
    }
    this.#target = reply.seq;
    this.#settle();
  }

  #truth(reservation: Reservation | null): void {
    this.#isKnown = true;
    this.listener.truth(reservation);
    this.#settle();
  }

  #settle(): void {
    const { mirror } = this.parts;
    if (this.#isBehind && this.#target !== null && mirror.position.seq >= this.#target) {
      this.#isBehind = false;
    }
    if (mirror.isComplete && this.#isKnown && !this.#isBehind && !this.isLive) this.#link.synced();
  }
}
