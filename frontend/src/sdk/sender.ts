import { afterHint } from './backoff';
import { ApiError } from './errors';
import type { Hold } from './hold';
import type { Observable } from './observable';
import { refused } from './outcomes';
import { TRUTH_MS } from './patience';
import type { Person } from './person';
import type { ConnectionView, Outcome, Reservation } from './types';
import type { Command, Reply, Request } from './wire';

/** What a sender needs of a session, and of who is here. */
export interface SenderParts {
  readonly connection: Observable<ConnectionView>;
  request(request: Request): Promise<Reply>;
  askTruth(): Promise<boolean>;
  identity: {
    get(): Person | null;
    ensure(): Promise<Person>;
    renew(token: string): Promise<Person>;
  };
}

/** How often a command is repeated that the server could not serve at the moment. */
const REPEATS = 3;
/** The longest that a person is kept waiting between two of them. */
const LONGEST_PAUSE_MS = 5_000;

/** Refusals that show that our picture of the hold is not the server's. */
const SURPRISES = new Set(['wrong_phase', 'reservation_expired', 'not_found', 'already_reserved']);

/**
 * Carries one command to its outcome. Repeats it while the server is busy, and when an answer is lost
 * asks what is true instead of guessing. A command that was not sent is never sent later.
 */
export class Sender {
  #underWay = 0;

  constructor(
    private readonly parts: SenderParts,
    private readonly hold: Hold,
  ) {}

  /** Whether what changes now may come of a command of ours. */
  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  get isLive(): boolean {
    return this.parts.connection.get().state === 'live';
  }

  /** `isDone` tells from what is mine whether the command has had its effect. */
  async send(command: Command, isDone: (mine: Reservation | null) => boolean): Promise<Outcome> {
    this.#underWay++;
    try {
      return await this.#send(command, isDone);
    } finally {
      this.#underWay--;
    }
  }

  /** Makes a guest, if nobody is here; null when somebody is. */
  async someone(): Promise<Outcome | null> {
    return this.#orRefused(async () => {
      await this.parts.identity.ensure();
    });
  }

  async #send(command: Command, isDone: (mine: Reservation | null) => boolean): Promise<Outcome> {
    let isRenewed = false;
    for (let repeats = 0; ; repeats++) {
      if (!this.isLive) return repeats === 0 ? refused('offline') : this.#learn(isDone);
      const token = this.parts.identity.get()?.token;
      const reply = await this.parts.request(command);
      if (reply.ok) {
        if (reply.reservation) this.hold.take(reply.reservation, true);
        return { ok: true, reservation: this.hold.reservation.get() };
      }
      if (reply.code === 'timeout') return this.#learn(isDone);
      if (reply.code === 'unauthenticated' && !isRenewed && token) {
        isRenewed = true;
        const failure = await this.#orRefused(async () => {
          await this.parts.identity.renew(token);
        });
        if (failure) return failure;
        // The server has to hear of it first.
        if (!(await this.#liveAgain())) return refused('offline');
        continue;
      }
      if (reply.code === 'unavailable' || reply.code === 'rate_limited') {
        if (repeats >= REPEATS) return reply;
        await pause(reply.params.retry_after_ms);
        continue;
      }
      if (SURPRISES.has(reply.code)) await this.parts.askTruth();
      return reply;
    }
  }

  /** The answer was lost: what is true? */
  async #learn(isDone: (mine: Reservation | null) => boolean): Promise<Outcome> {
    const isKnown = await (this.isLive ? this.parts.askTruth() : this.#liveAgain());
    const mine = this.hold.reservation.get();
    return isKnown && isDone(mine) ? { ok: true, reservation: mine } : refused('timeout');
  }

  /** Whether the connection is live before long; then what is mine is known, too. */
  async #liveAgain(): Promise<boolean> {
    if (this.isLive) return true;
    const { connection } = this.parts;
    return new Promise((resolve) => {
      const settle = (isLive: boolean) => {
        clearTimeout(timer);
        leave();
        resolve(isLive);
      };
      const timer = setTimeout(() => settle(false), TRUTH_MS);
      const leave = connection.subscribe(() => {
        const { state } = connection.get();
        if (state === 'live') settle(true);
        if (state === 'closed' || state === 'blocked') settle(false);
      });
    });
  }

  async #orRefused(task: () => Promise<void>): Promise<Outcome | null> {
    try {
      await task();
      return null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return refused(error.code, error.params);
    }
  }
}

function pause(hint: unknown): Promise<void> {
  const ms = Math.min(afterHint(typeof hint === 'number' ? hint : 500), LONGEST_PAUSE_MS);
  return new Promise((resolve) => setTimeout(resolve, ms));
}
