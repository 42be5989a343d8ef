import type { BoardStore } from './board';
import type { Hold } from './hold';
import { nearestFree } from './nearest';
import { holdsAll, type Refused, refused, roomLeft, takenNumbers } from './outcomes';
import type { Overlay } from './overlay';
import type { Sender } from './sender';
import type { Notice, Outcome, QuickPickFilter, Recovery, Reservation } from './types';
import type { Command } from './wire';

/** Alternatives that are offered for one number that was lost. */
const ALTERNATIVES = 3;
/** Each round of a pick leaves out what was refused; this many are enough for any quarrel. */
const ROUNDS = 5;

/** A tap on a number that is not mine yet. */
interface Tap {
  label: string;
  index: number;
  resolve(outcome: Outcome): void;
}

/**
 * Everything a buyer can do, one thing after the other in the order of the taps.
 *
 * Taps that come while an answer is on its way are sent together with the next command. The server
 * takes all or nothing; here each number has an outcome of its own, so what was refused for one is
 * sent again for the others.
 */
export class Buyer {
  #turn: Promise<unknown> = Promise.resolve();
  /** Taps that wait for their turn, and may be joined. */
  #taps: Tap[] | null = null;
  /** The id of a hold that was asked for, until it is known what came of it. */
  #wanted: string | null = null;

  constructor(
    private readonly sender: Sender,
    private readonly hold: Hold,
    private readonly overlay: Overlay,
    private readonly board: () => BoardStore | null,
    private readonly tell: (notice: Notice) => void,
  ) {}

  pick(label: string): Promise<Outcome> {
    if (!this.sender.isLive) return Promise.resolve(refused('offline'));
    const index = this.board()?.indexOf(label);
    if (index === undefined)
      return Promise.resolve(refused('unknown_number', { numbers: [label] }));
    this.overlay.pending(index);
    return new Promise((resolve) => {
      const tap = { label, index, resolve };
      if (this.#taps !== null) {
        this.#taps.push(tap);
        return;
      }
      const taps = [tap];
      void this.#inTurn(() => this.#take(taps));
      this.#taps = taps;
    });
  }

  unpick(label: string): Promise<Outcome> {
    const index = this.board()?.indexOf(label);
    return this.#command(async (mine) => {
      if (!mine?.number_ids.includes(label)) return { ok: true, reservation: mine };
      const command: Command = { type: 'remove', reservation_id: mine.id, numbers: [label] };
      return this.sender.send(command, (now) => !now?.number_ids.includes(label));
    }, this.#leaving(index));
  }

  quickPick(more: number, filter?: QuickPickFilter): Promise<Outcome> {
    return this.#command(async () => {
      const nobody = await this.sender.someone();
      if (nobody) return nobody;
      const mine = this.hold.reservation.get();
      const count = (mine?.number_ids.length ?? 0) + more;
      return this.#maybeNew(mine, (reservation_id) =>
        this.sender.send(
          { type: 'quick_pick', reservation_id, count, ...(filter && { filter }) },
          (now) => (now?.number_ids.length ?? 0) >= count,
        ),
      );
    });
  }

  swap(give: string, take: string): Promise<Outcome> {
    const index = this.board()?.indexOf(take);
    if (index !== undefined && this.sender.isLive) this.overlay.pending(index);
    const settled = this.#leaving(this.board()?.indexOf(give));
    return this.#command(
      async (mine) => {
        if (!mine) return refused('not_found');
        const command: Command = {
          type: 'swap',
          reservation_id: mine.id,
          give: [give],
          take: [take],
        };
        const outcome = await this.sender.send(
          command,
          (now) => holdsAll(now, [take]) && !now?.number_ids.includes(give),
        );
        if (takenNumbers(outcome) && index !== undefined) this.#lose([{ label: take, index }]);
        return outcome;
      },
      () => {
        settled();
        if (index !== undefined) this.overlay.settled(index);
      },
    );
  }

  cancel(): Promise<Outcome> {
    return this.#command(async (mine) => {
      if (!mine) return { ok: true, reservation: null };
      const command: Command = { type: 'cancel', reservation_id: mine.id };
      return this.sender.send(command, (now) => now?.id !== mine.id);
    });
  }

  checkout(): Promise<Outcome> {
    return this.#command(async (mine) => {
      if (!mine) return refused('not_found');
      const command: Command = { type: 'checkout', reservation_id: mine.id };
      return this.sender.send(command, (now) => now?.id === mine.id && now.phase !== 'selection');
    });
  }

  extend(): Promise<Outcome> {
    return this.#command(async (mine) => {
      if (!mine) return refused('not_found');
      const { id: reservation_id, expires_at } = mine;
      return this.sender.send(
        { type: 'extend', reservation_id, expires_at },
        (now) => now?.id === reservation_id && now.expires_at !== expires_at,
      );
    });
  }

  async recover(): Promise<Recovery> {
    if (!this.sender.isLive) return nothing(refused('offline'));
    return this.#inTurn(() => this.#recover());
  }

  // -- picking -------------------------------------------------------------------------------------

  async #take(taps: Tap[]): Promise<void> {
    // From here on others have to wait for the next turn.
    if (this.#taps === taps) this.#taps = null;
    let rest = taps;
    for (let round = 1; rest.length > 0; round++) {
      const outcome = await this.#grab(rest.map(({ label }) => label));
      const again = round < ROUNDS ? this.#again(rest, outcome) : [];
      const settled = rest.filter((tap) => !again.includes(tap));
      const taken = takenNumbers(outcome);
      for (const { index } of settled) this.overlay.settled(index);
      this.#lose(settled.filter(({ label }) => taken?.includes(label)));
      for (const { label, resolve } of settled) {
        resolve(taken ? refused('numbers_taken', { numbers: [label] }) : outcome);
      }
      rest = again;
    }
  }

  /** The taps that a refusal was not for, to be sent once more. */
  #again(taps: Tap[], outcome: Outcome): Tap[] {
    const mine = this.hold.reservation.get();
    if (outcome.ok) return taps.filter(({ label }) => !mine?.number_ids.includes(label));
    const taken = takenNumbers(outcome);
    if (taken) {
      const others = taps.filter(({ label }) => !taken.includes(label));
      return others.length < taps.length ? others : [];
    }
    if (outcome.code === 'too_many_numbers') {
      const room = roomLeft(outcome, mine?.number_ids.length ?? 0);
      return room < taps.length ? taps.slice(0, room) : [];
    }
    // The hold was made on another device a moment ago, and now we know it: add to that one.
    return outcome.code === 'already_reserved' && mine !== null ? taps : [];
  }

  /** Holds all of these, or none. */
  async #grab(labels: string[]): Promise<Outcome> {
    const nobody = await this.sender.someone();
    if (nobody) return nobody;
    const mine = this.hold.reservation.get();
    return this.#maybeNew(mine, (reservation_id) => {
      const type = mine ? 'add' : 'reserve';
      return this.sender.send({ type, reservation_id, numbers: labels }, (now) =>
        holdsAll(now, labels),
      );
    });
  }

  /**
   * Sends to my hold, or to a new one. Its id is kept while nobody knows whether it was made: asking
   * twice for one id makes one hold. An id whose hold has ended meanwhile is of no more use.
   */
  async #maybeNew(
    mine: Reservation | null,
    send: (reservationId: string) => Promise<Outcome>,
  ): Promise<Outcome> {
    if (mine) return send(mine.id);
    const isRepeated = this.#wanted !== null;
    this.#wanted ??= crypto.randomUUID();
    const outcome = await send(this.#wanted);
    if (outcome.ok || !isUnknown(outcome)) this.#wanted = null;
    return isRepeated && hasEnded(outcome) ? this.#maybeNew(null, send) : outcome;
  }

  // -- losing --------------------------------------------------------------------------------------

  #lose(lost: readonly { label: string; index: number }[]): void {
    if (lost.length === 0) return;
    for (const { index } of lost) this.overlay.lost(index);
    const numbers = lost.map(({ label }) => label);
    const each = lost.length === 1 ? ALTERNATIVES : 1;
    this.tell({ kind: 'lost', numbers, nearest: this.#nearest(numbers, each).flat() });
  }

  /** For each label up to `each` free numbers near it, no number twice. */
  #nearest(labels: readonly string[], each: number): string[][] {
    const board = this.board();
    if (board === null) return [];
    const offered = new Set<number>();
    return labels.map((label) => {
      const near = nearestFree(board, board.indexOf(label) ?? 0, each, (i) => !offered.has(i));
      for (const index of near) offered.add(index);
      return near.map((index) => board.label(index));
    });
  }

  async #recover(): Promise<Recovery> {
    const old = this.hold.expired.get();
    if (!old) return nothing({ ok: true, reservation: this.hold.reservation.get() });
    // The server is asked for all, since it knows what is free: our board may not have heard yet.
    let wanted = old.number_ids;
    let outcome: Outcome = refused('numbers_taken', { numbers: wanted });
    for (let round = 0; round < ROUNDS && wanted.length > 0; round++) {
      outcome = await this.#grab(wanted);
      const taken = takenNumbers(outcome);
      if (taken === null) break;
      wanted = wanted.filter((label) => !taken.includes(label));
    }
    const regained = old.number_ids.filter((label) =>
      holdsAll(this.hold.reservation.get(), [label]),
    );
    const gone = old.number_ids.filter((label) => !wanted.includes(label));
    const proposed = this.#nearest(gone, 1).flat();
    if (outcome.ok) this.hold.forgetExpired();
    return { regained, gone, proposed, outcome };
  }

  // -- taking turns --------------------------------------------------------------------------------

  #leaving(index: number | undefined): () => void {
    if (index === undefined || !this.sender.isLive) return () => undefined;
    this.overlay.leaving(index);
    return () => this.overlay.settled(index);
  }

  async #command(
    task: (mine: Reservation | null) => Promise<Outcome>,
    settled: () => void = () => undefined,
  ): Promise<Outcome> {
    if (!this.sender.isLive) return refused('offline');
    try {
      return await this.#inTurn(() => task(this.hold.reservation.get()));
    } finally {
      settled();
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    this.#taps = null;
    const result = this.#turn.then(task);
    // Who comes next does not care how this one ended; its own caller does.
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** It may have happened. */
function isUnknown({ code }: Refused): boolean {
  return code === 'timeout' || code === 'unavailable';
}

function hasEnded(outcome: Outcome): boolean {
  return !outcome.ok && (outcome.code === 'wrong_phase' || outcome.code === 'reservation_expired');
}

function nothing(outcome: Outcome): Recovery {
  return { regained: [], gone: [], proposed: [], outcome };
}
