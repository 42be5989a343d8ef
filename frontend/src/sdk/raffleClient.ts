import type { BoardStore } from './board';
import { Bought } from './bought';
import { Buyer } from './buyer';
import type { SyncedClock } from './clock';
import type { Inflate } from './codec';
import type { ConnectionParts } from './connection';
import { ApiError } from './errors';
import { Hold } from './hold';
import type { Identity } from './identity';
import { Mirror } from './mirror';
import type { Observable } from './observable';
import { Overlay } from './overlay';
import { Sender } from './sender';
import { Session } from './session';
import { Tabs, type TabsParts } from './tabs';
import type {
  ConnectionView,
  LiveRaffle,
  Notice,
  Outcome,
  QuickPickFilter,
  Raffle,
  Recovery,
  Reservation,
} from './types';

/** What the client of a raffle needs of the world; tests bring another one. */
export interface RaffleParts extends ConnectionParts, TabsParts {
  clock: SyncedClock;
  inflate: Inflate;
  identity: Pick<Identity, 'get' | 'subscribe' | 'ensure' | 'renew' | 'refuse' | 'isShared'>;
  /** One reservation of mine, live or ended. Rejects with `ApiError`. */
  reservation(id: string): Promise<Reservation>;
  /** All of mine. Rejects with `ApiError`. */
  reservations(): Promise<Reservation[]>;
  /** Told once, when the client has been closed. */
  closed(): void;
}

/** A hold whose time is over and of which we still hear nothing is asked for, this late. */
const OVERDUE_MS = 3_000;

/** The live raffle: puts the parts together, and passes on what one says to the others. */
export class RaffleClient implements LiveRaffle {
  readonly #mirror = new Mirror();
  readonly #overlay = new Overlay();
  readonly #listeners = new Set<(notice: Notice) => void>();
  readonly #hold: Hold;
  readonly #bought: Bought;
  readonly #tabs: Tabs;
  readonly #session: Session;
  readonly #buyer: Buyer;
  readonly #leave: (() => void)[];
  #userId: string | null;
  #overdue: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly raffleId: string,
    private readonly parts: RaffleParts,
  ) {
    const { identity } = parts;
    const tell = (notice: Notice) => this.#tell(notice);
    this.#userId = identity.get()?.userId ?? null;
    this.#tabs = new Tabs(parts);
    this.#hold = new Hold(tell);
    this.#bought = new Bought(raffleId, parts.reservations);
    this.#session = new Session(
      {
        ...parts,
        mirror: this.#mirror,
        page: this.#tabs.page,
        openSocket: () => this.#tabs.openSocket(),
      },
      {
        truth: (mine) => this.#truth(mine),
        push: (news) => this.#hold.take(news, sender.isBusy),
        money: (news) => tell({ kind: news }),
        relay: (data) => this.#tabs.relay(data),
      },
    );
    const { connection } = this.#session;
    const sender = new Sender(
      {
        connection,
        identity,
        request: (request) => this.#session.request(request),
        askTruth: () => this.#session.askTruth(),
      },
      this.#hold,
    );
    const board = () => this.#mirror.board.get();
    this.#buyer = new Buyer(sender, this.#hold, this.#overlay, board, tell);
    this.#leave = [
      identity.subscribe(() => this.#identityChanged()),
      connection.subscribe(() => this.#connectionChanged()),
      this.#mirror.board.subscribe(() => this.#boardCame()),
      this.#hold.reservation.subscribe(() => this.#holdChanged()),
      this.#bought.labels.subscribe(() => this.#boughtChanged()),
    ];
    void this.#tabs.start(this.#session, identity.isShared);
  }

  get connection(): Observable<ConnectionView> {
    return this.#session.connection;
  }

  get raffle(): Observable<Raffle | null> {
    return this.#mirror.raffle;
  }

  get board(): Observable<BoardStore | null> {
    return this.#mirror.board;
  }

  get reservation(): Observable<Reservation | null> {
    return this.#hold.reservation;
  }

  get expired(): Observable<Reservation | null> {
    return this.#hold.expired;
  }

  onNotice(listener: (notice: Notice) => void): () => void {
    const entry = (notice: Notice) => listener(notice);
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  pick(label: string): Promise<Outcome> {
    return this.#buyer.pick(label);
  }

  unpick(label: string): Promise<Outcome> {
    return this.#buyer.unpick(label);
  }

  quickPick(more: number, filter?: QuickPickFilter): Promise<Outcome> {
    return this.#buyer.quickPick(more, filter);
  }

  swap(give: string, take: string): Promise<Outcome> {
    return this.#buyer.swap(give, take);
  }

  cancel(): Promise<Outcome> {
    return this.#buyer.cancel();
  }

  checkout(): Promise<Outcome> {
    return this.#buyer.checkout();
  }

  extend(): Promise<Outcome> {
    return this.#buyer.extend();
  }

  recover(): Promise<Recovery> {
    return this.#buyer.recover();
  }

  forgetExpired(): void {
    this.#hold.forgetExpired();
  }

  restore(raffle: Raffle, board: BoardStore): boolean {
    return this.#mirror.restore(raffle, board);
  }

  reconnectNow(): void {
    this.#tabs.hurry();
  }

  close(): void {
    if (this.#leave.length === 0) return;
    for (const leave of this.#leave.splice(0)) leave();
    clearTimeout(this.#overdue);
    this.#session.close();
    this.#tabs.close();
    this.#overlay.close();
    this.parts.closed();
  }

  // -- one says, the others hear -------------------------------------------------------------------

  #tell(notice: Notice): void {
    if (notice.kind === 'completed') this.#bought.add(notice.reservation);
    for (const listener of [...this.#listeners]) listener(notice);
  }

  #truth(mine: Reservation | null): void {
    const gone = this.#hold.truth(mine);
    this.#overlay.showHold(this.#hold.reservation.get());
    if (gone !== null) void this.#learnEnd(gone);
  }

  /** A hold is not mine any more, and we were not there when it ended: how did it end? */
  async #learnEnd(gone: Reservation): Promise<void> {
    try {
      this.#hold.take(await this.parts.reservation(gone.id), false);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const isOver = this.parts.clock.until(gone.expires_at) === 0;
      if (isOver) this.#hold.take({ ...gone, phase: 'expired' }, false);
    }
  }

  #boardCame(): void {
    const board = this.#mirror.board.get();
    if (board) this.#overlay.attach(board);
  }

  #boughtChanged(): void {
    this.#overlay.showBought(this.#bought.labels.get() ?? []);
  }

  #connectionChanged(): void {
    if (this.#session.isLive && this.#userId !== null) void this.#bought.refresh();
  }

  #holdChanged(): void {
    const mine = this.#hold.reservation.get();
    this.#overlay.showHold(mine);
    this.#session.holding(mine !== null);
    clearTimeout(this.#overdue);
    if (mine === null) return;
    const late = this.parts.clock.until(mine.expires_at) + OVERDUE_MS;
    this.#overdue = setTimeout(() => void this.#session.askTruth(), late);
  }

  #identityChanged(): void {
    const userId = this.parts.identity.get()?.userId ?? null;
    if (this.#userId !== null && userId !== this.#userId) {
      this.#hold.clear();
      this.#bought.clear();
    }
    this.#userId = userId;
    // First the way, then who goes it: what one person says must not go by another one's tab.
    this.#tabs.share(this.parts.identity.isShared);
    this.#session.identityChanged();
  }
}
