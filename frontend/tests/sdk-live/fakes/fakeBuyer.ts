import { vi } from 'vitest';
import { SyncedClock } from '../../../src/sdk/clock';
import { ApiError } from '../../../src/sdk/errors';
import { Value } from '../../../src/sdk/observable';
import type { Person } from '../../../src/sdk/person';
import { RaffleClient } from '../../../src/sdk/raffleClient';
import type { Notice } from '../../../src/sdk/types';
import { type FakeChannel, FakeChannels } from './fakeChannels';
import { FakeLocks } from './fakeLocks';
import { FakePage } from './fakePage';
import type { FakeServer } from './fakeServer';

/** Who is at a browser. All its tabs have the same one. */
export class FakeIdentity extends Value<Person | null> {
  isShared = true;
  guests = 0;
  refuseGuests: ApiError | null = null;

  async ensure(): Promise<Person> {
    const person = this.get();
    if (person) return person;
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (this.refuseGuests) throw this.refuseGuests;
    if (this.get() === null) this.become(`guest-${++this.guests}`);
    return this.get() as Person;
  }

  async renew(token: string): Promise<Person> {
    this.refuse(token);
    return this.ensure();
  }

  refuse(token: string): void {
    if (this.get()?.token === token) this.set(null);
  }

  become(userId: string, token = `token of ${userId}`): void {
    this.set({ userId, token, role: 'user', expiresAt: '2099-01-01T00:00:00.000Z' });
  }
}

/** A browser with its tabs: they share locks, channels, and who is there. */
export class FakeBrowser {
  /** That of every tab which does not bring its own. */
  readonly identity = new FakeIdentity(null);
  readonly #locks = new FakeLocks();
  readonly #channels = new FakeChannels();
  /** Ways to share that this browser does not have. */
  hasLocks = true;

  constructor(readonly server: FakeServer) {}

  tab({ hidden = false, identity = this.identity } = {}): FakeTab {
    return new FakeTab(this, this.#locks.tab(), identity, hidden);
  }

  openChannel(): FakeChannel {
    return this.#channels.open();
  }
}

/** One tab with a live raffle. */
export class FakeTab {
  readonly page = new FakePage();
  readonly live: RaffleClient;
  readonly notices: Notice[] = [];
  #channel: FakeChannel | null = null;
  #isFrozen = false;
  readonly #die: () => void;

  constructor(
    browser: FakeBrowser,
    { locks, die }: { locks: LockManager; die(): void },
    readonly identity: FakeIdentity,
    hidden: boolean,
  ) {
    const { server } = browser;
    this.page.hidden = hidden;
    this.#die = die;
    this.live = new RaffleClient('raffle-1', {
      name: 'raffle-1',
      openSocket: server.connect,
      isMissing: async () => false,
      page: this.page,
      clock: new SyncedClock(),
      random: () => 0.5,
      inflate: async (bytes) => bytes,
      identity,
      locks: browser.hasLocks ? locks : undefined,
      openChannel: () => {
        const channel = browser.openChannel();
        this.#channel = channel;
        channel.freeze(this.#isFrozen);
        return channel;
      },
      reservation: async (id) => server.reservation(id),
      reservations: async () => {
        const person = identity.get();
        if (!person) throw new ApiError('unauthenticated');
        return server.reservations(person.userId);
      },
      closed: () => undefined,
    });
    this.live.onNotice((notice) => this.notices.push(notice));
  }

  get state() {
    return this.live.connection.get().state;
  }

  get held(): string[] {
    return this.live.reservation.get()?.number_ids ?? [];
  }

  cell(label: string): number | undefined {
    const board = this.live.board.get();
    const index = board?.indexOf(label);
    return index === undefined ? undefined : board?.cell(index);
  }

  /** The browser stops the tab: it neither says nor hears anything until it thaws. */
  freeze(isFrozen = true): void {
    this.#isFrozen = isFrozen;
    this.#channel?.freeze(isFrozen);
  }

  thaw(): void {
    this.freeze(false);
  }

  /** The tab is closed, or its process crashes: nothing is said to anybody. */
  crash(): void {
    this.freeze();
    this.#die();
    this.live.close();
  }

  async untilLive(ms = 5_000): Promise<this> {
    for (let passed = 0; passed < ms && this.state !== 'live'; passed += 10) {
      await vi.advanceTimersByTimeAsync(10);
    }
    if (this.state !== 'live') throw new Error(`still ${this.state}`);
    return this;
  }
}
