import { BUSY, NO_SUCH_RAFFLE, RESTARTING } from './closeCodes';
import type { Observable } from './observable';
import type { FromLeader, TabChannel, TabMessage } from './tabChannel';
import type { ConnectionView } from './types';
import type { Reply, Request } from './wire';

/** What a tab that leads shares with the others. */
export interface Served {
  readonly connection: Observable<ConnectionView>;
  request(request: Request): Promise<Reply>;
  /** What a new socket hears first: the hello, and the whole board. */
  greeting(): (string | ArrayBuffer)[];
  /** Where the board of the greeting stands. */
  seq(): number;
  /** Server time, RFC 3339. */
  serverTime(): string;
  tick(): void;
  hurry(): void;
}

/** What is left of each when the leader is known. */
type Said = FromLeader extends infer M ? (M extends unknown ? Omit<M, 'leader'> : never) : never;
type Message = { ref?: number; t0?: number } & (Request | { type: 'ping' });

/**
 * Serves the sockets of other tabs from the one real socket: to them it is the server. They are
 * served while this tab is live; in the meantime they wait, and try again as they would elsewhere.
 */
export class TabServer {
  /** Who came, and whether their socket is open. */
  readonly #guests = new Map<string, boolean>();
  readonly #leave: (() => void)[];
  #isLive = false;

  /** `watched` is told whether there is anybody. */
  constructor(
    private readonly me: string,
    private readonly channel: TabChannel,
    private readonly served: Served,
    private readonly watched: (isWatched: boolean) => void,
  ) {
    this.#leave = [
      channel.subscribe((message) => this.#hear(message)),
      served.connection.subscribe(() => this.#connectionChanged()),
    ];
    this.#say({ type: 'leads' });
    this.#connectionChanged();
  }

  /** Passes on what came for all. */
  relay(data: string | ArrayBuffer): void {
    if (this.#guests.size > 0) this.#say({ type: 'data', to: null, data });
  }

  /** Sends everybody to the next tab that leads. */
  close(): void {
    for (const leave of this.#leave) leave();
    this.#closeAll(BUSY, '');
    this.watched(false);
  }

  #hear(message: TabMessage): void {
    if (!('from' in message)) return;
    const { from } = message;
    switch (message.type) {
      case 'connect':
        this.#guests.set(from, false);
        this.watched(true);
        if (this.#isLive) this.#open(from);
        else this.#say({ type: 'here', to: from });
        break;
      case 'bye':
        this.#guests.delete(from);
        this.watched(this.#guests.size > 0);
        break;
      case 'send':
        if (this.#guests.get(from)) void this.#serve(from, JSON.parse(message.text));
        break;
      case 'check':
        this.#check(from);
        break;
      case 'hurry':
        this.served.hurry();
        break;
    }
  }

  #check(from: string): void {
    // Whoever we do not know was the guest of another tab, and has to come anew.
    if (this.#guests.has(from)) this.#say({ type: 'here', to: from });
    else this.#say({ type: 'close', to: from, code: BUSY, reason: '' });
    // If nobody looks at this tab, its own timers run late.
    this.served.tick();
  }

  async #serve(from: string, message: Message): Promise<void> {
    const { ref, t0, ...request } = message;
    if (request.type === 'ping') {
      this.#text(from, { type: 'pong', t0, server_time: this.served.serverTime() });
    } else if (request.type === 'resume') {
      const seq = this.served.seq();
      this.#text(from, { type: 'reply', ref, ok: true, seq, reservation: null });
      this.#greet(from, this.served.greeting().slice(1));
    } else {
      const reply = await this.served.request(request);
      const { ok } = reply;
      this.#text(
        from,
        ok ? { type: 'reply', ref, ...reply } : { type: 'reply', ref, ok, error: reply },
      );
    }
  }

  #connectionChanged(): void {
    const view = this.served.connection.get();
    const isLive = view.state === 'live';
    if (isLive && !this.#isLive) {
      this.#isLive = true;
      for (const guest of this.#guests.keys()) this.#open(guest);
      this.#say({ type: 'live' });
    } else if (!isLive && this.#isLive) {
      this.#isLive = false;
      const [code, reason] = farewell(view);
      this.#closeAll(code, reason);
    } else if (view.state === 'blocked') {
      this.#closeAll(...farewell(view));
    }
  }

  #open(guest: string): void {
    this.#guests.set(guest, true);
    this.#say({ type: 'open', to: guest });
    this.#greet(guest, this.served.greeting());
  }

  #greet(guest: string, greeting: (string | ArrayBuffer)[]): void {
    for (const data of greeting) this.#say({ type: 'data', to: guest, data });
  }

  #closeAll(code: number, reason: string): void {
    for (const to of this.#guests.keys()) this.#say({ type: 'close', to, code, reason });
    this.#guests.clear();
  }

  #text(to: string, message: object): void {
    this.#say({ type: 'data', to, data: JSON.stringify(message) });
  }

  #say(message: Said): void {
    this.channel.post({ leader: this.me, ...message } as FromLeader);
  }
}

/** Why the guests of a tab that is not live any more have to go, as the server would tell it. */
function farewell({ state, code, maintenance, retryAt }: ConnectionView): [number, string] {
  if (state === 'blocked') return [code ?? NO_SUCH_RAFFLE, ''];
  if (!maintenance || retryAt === null) return [BUSY, ''];
  const left = Math.max(0, Math.round(retryAt - performance.now()));
  return [RESTARTING, JSON.stringify({ retry_after_ms: left })];
}
