import { BoardStore } from '../sdk/board';
import { identity } from '../sdk/identity';
import type { LiveRaffle } from '../sdk/types';
import { keepLastBoard, takeBoard } from './lastBoard';
import { pageStore, type Store } from './store';

/** At most one save in this time, while the board changes. */
export const SAVE_MS = 10_000;
/** The first one comes sooner, and one with other numbers of mine. */
export const SOON_MS = 1_000;

/**
 * Keeps the board of `live` for later, until the returned function is called: now and then while it
 * changes, and when the connection, the page or the visit ends. Only what was live is kept.
 */
export function keepBoardOf(
  live: LiveRaffle,
  store: Store = pageStore,
  now: () => number = Date.now,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wasLive = isLive(live);
  let leaveBoard = () => {};

  function save(): void {
    clearTimeout(timer);
    timer = undefined;
    const [board, raffle] = [live.board.get(), live.raffle.get()];
    if (!wasLive || !(board instanceof BoardStore) || !raffle) return;
    const last = takeBoard(raffle, board, identity.get()?.userId ?? null, now());
    if (last) void keepLastBoard(last, store);
  }

  function saveLater(): void {
    timer ??= setTimeout(save, SAVE_MS);
  }

  function saveSoon(): void {
    clearTimeout(timer);
    timer = setTimeout(save, SOON_MS);
  }

  function followBoard(): void {
    leaveBoard();
    leaveBoard = live.board.get()?.subscribe(saveLater) ?? (() => {});
    saveSoon();
  }

  function followConnection(): void {
    // Leaving `live` is the last moment at which the board was the truth.
    if (wasLive && !isLive(live)) save();
    wasLive = isLive(live);
    if (wasLive) saveSoon();
  }

  function saveWhenHidden(): void {
    if (document.visibilityState === 'hidden') save();
  }

  followBoard();
  const leave = [
    live.board.subscribe(followBoard),
    live.reservation.subscribe(saveSoon),
    live.connection.subscribe(followConnection),
  ];
  // Phones end a hidden page without a word.
  document.addEventListener('visibilitychange', saveWhenHidden);
  window.addEventListener('pagehide', save);

  return () => {
    save();
    leaveBoard();
    for (const each of leave) each();
    document.removeEventListener('visibilitychange', saveWhenHidden);
    window.removeEventListener('pagehide', save);
  };
}

function isLive(live: LiveRaffle): boolean {
  return live.connection.get().state === 'live';
}
