import type { SocketLike } from './connection';
import { Election, type Lead } from './election';
import type { PageEvent, PageEvents } from './pageEvents';
import type { TabChannel } from './tabChannel';
import { type Served, TabServer } from './tabServer';
import { TabSocket } from './tabSocket';

/** What sharing needs of the world. */
export interface TabsParts {
  /** One name for the tabs that can share: the same server, the same raffle. */
  name: string;
  openSocket(): SocketLike;
  page: PageEvents;
  /** Undefined where the browser has none. */
  locks: LockManager | undefined;
  openChannel: ((name: string) => TabChannel) | undefined;
}

/** What of a session has to follow when the way to the server changes. */
export interface Sharing extends Served {
  start(): void;
  renew(): void;
}

/** Taking the lead so often within this time means that tabs do not hear each other. */
const DEAF_TIMES = 3;
const DEAF_MS = 30_000;

/**
 * One socket per browser and raffle, shared by its tabs. The tab that leads has it and serves the
 * others; when it is closed, crashes or stops answering, another one leads. Where the browser cannot
 * do that, or the tabs do not hear each other, each tab has a socket of its own.
 */
export class Tabs {
  /** The page's events, but a page from which others are served counts as looked at. */
  readonly page: PageEvents;
  readonly #me = crypto.randomUUID();
  readonly #listeners = new Set<(event: PageEvent) => void>();
  readonly #leavePage: () => void;
  #election: Election | null = null;
  #channel: TabChannel | null = null;
  #server: TabServer | null = null;
  #session: Sharing | null = null;
  #isWatched = false;
  #isAway = false;
  #takeOvers: number[] = [];

  constructor(private readonly parts: TabsParts) {
    const { page } = parts;
    this.page = {
      get hidden() {
        return page.hidden;
      },
      get online() {
        return page.online;
      },
      subscribe: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
    this.#leavePage = page.subscribe((event) => void this.#pageEvent(event));
  }

  /** A socket to the server: our own, or by way of the tab that leads. */
  openSocket(): SocketLike {
    if (this.#channel === null || this.#election?.lead !== 'follows')
      return this.parts.openSocket();
    return new TabSocket(this.#channel, this.parts.page, () => this.#silent());
  }

  /** Starts the session as soon as it is known which way its socket goes. */
  async start(session: Sharing, isShared: boolean): Promise<void> {
    this.#session = session;
    if (isShared) await this.#join();
    // Unless we were closed meanwhile.
    this.#session?.start();
  }

  /** Whether this tab is the same person as the others: only then it may share with them. */
  share(isShared: boolean): void {
    if (isShared === (this.#election !== null)) return;
    if (isShared) {
      void this.#join();
    } else {
      this.#alone();
      this.#session?.renew();
    }
  }

  /** Passes on what came for everybody. */
  relay(data: string | ArrayBuffer): void {
    this.#server?.relay(data);
  }

  /** The person does not want to wait: whoever has the socket should try at once. */
  hurry(): void {
    this.#session?.hurry();
    if (this.#election?.lead === 'follows') this.#channel?.post({ from: this.#me, type: 'hurry' });
  }

  close(): void {
    this.#leavePage();
    this.#session = null;
    this.#alone();
  }

  async #join(): Promise<void> {
    const { locks, openChannel, name } = this.parts;
    if (!locks || !openChannel) return;
    const channel = openChannel(name);
    this.#channel = channel;
    channel.subscribe((message) => 'leader' in message && message.type === 'live' && this.#come());
    this.#election = new Election(locks, name, (lead) => this.#leadChanged(lead));
    try {
      await this.#election.stand();
    } catch (error) {
      // A page in a sandbox may have locks that it must not use.
      if (!(error instanceof DOMException)) throw error;
      this.#alone();
    }
  }

  #alone(): void {
    this.#server?.close();
    this.#server = null;
    this.#election?.resign();
    this.#election = null;
    this.#channel?.close();
    this.#channel = null;
  }

  #leadChanged(lead: Lead): void {
    this.#server?.close();
    this.#server = null;
    if (this.#session === null || this.#channel === null) return;
    if (lead === 'leads') {
      const watched = (isWatched: boolean) => this.#watched(isWatched);
      this.#server = new TabServer(this.#me, this.#channel, this.#session, watched);
    }
    this.#session.renew();
    this.#session.hurry();
  }

  #silent(): void {
    const now = performance.now();
    this.#takeOvers = [...this.#takeOvers.filter((at) => now - at < DEAF_MS), now];
    if (this.#takeOvers.length >= DEAF_TIMES) this.#alone();
    else this.#election?.takeOver();
  }

  /** The tab that leads is live, so waiting has no use. */
  #come(): void {
    if (this.#session?.connection.get().state === 'waiting') this.#session.hurry();
  }

  #watched(isWatched: boolean): void {
    if (isWatched === this.#isWatched) return;
    this.#isWatched = isWatched;
    if (this.parts.page.hidden) this.#tell(isWatched ? 'visible' : 'hidden');
  }

  async #pageEvent(event: PageEvent): Promise<void> {
    if (event === 'pagehide') {
      this.#isAway = true;
      this.#tell(event);
      // A page that holds a lock is not kept for the way back.
      this.#server?.close();
      this.#server = null;
      this.#election?.resign();
      return;
    }
    if (event === 'pageshow' && this.#isAway) {
      this.#isAway = false;
      await this.#election?.stand();
    }
    if (event !== 'hidden' || !this.#isWatched) this.#tell(event);
  }

  #tell(event: PageEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
