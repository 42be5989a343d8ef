import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepBoardOf, SAVE_MS, SOON_MS } from '../../src/offline/boardKeeper';
import {
  keepLastBoard,
  type LastBoard,
  openBoard,
  readLastBoard,
  takeBoard,
} from '../../src/offline/lastBoard';
import type { BoardStore } from '../../src/sdk/board';
import { Cell, type Raffle, type Reservation } from '../../src/sdk/types';
import { aBoard, change, FakeLive } from './fakeLive';
import { FakeStore } from './fakeStore';

function taken(board: BoardStore, id = 'moto', seenAt = 0): LastBoard {
  const raffle = { id, number_count: board.count } as Raffle;
  return takeBoard(raffle, board, 'ana', seenAt) as LastBoard;
}

function cellsOf(board: BoardStore | null): Cell[] {
  return Array.from({ length: board?.count ?? 0 }, (_, index) => board?.cell(index) as Cell);
}

describe('a board that was seen last', () => {
  it('comes back as it was, with what is mine', async () => {
    const board = aBoard(6, { 1: Cell.reserved, 2: Cell.sold, 3: Cell.blocked });
    board.setMarks('mine', [1]);
    board.setMarks('bought', [2]);
    board.markPending(4);
    const again = await openBoard(taken(board), 'ana');
    expect(cellsOf(again)).toEqual([0, Cell.mine, Cell.bought, Cell.blocked, 0, 0]);
  });

  it('tells nobody else what was mine', async () => {
    const board = aBoard(3, { 1: Cell.reserved });
    board.setMarks('mine', [1]);
    expect(cellsOf(await openBoard(taken(board), 'luis'))).toEqual([0, Cell.reserved, 0]);
  });

  it('of many parts is whole', async () => {
    const board = aBoard(70_000, { 69999: Cell.sold });
    const again = await openBoard(taken(board), null);
    expect(again?.cell(69_999)).toBe(Cell.sold);
    expect(again?.position).toEqual(board.position);
  });

  it('is not shown when it cannot be read to its end', async () => {
    const last = taken(aBoard(70_000));
    expect(await openBoard({ ...last, parts: last.parts.slice(0, 1) }, null)).toBeNull();
    expect(await openBoard({ ...last, parts: [new ArrayBuffer(3)] }, null)).toBeNull();
    const other = { ...last, raffle: { ...last.raffle, number_count: 100 } };
    expect(await openBoard(other, null)).toBeNull();
  });

  it('is one of five: the raffle that was not seen for longest makes room', async () => {
    const store = new FakeStore();
    for (const [index, id] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      await keepLastBoard(taken(aBoard(), id, index), store);
    }
    await keepLastBoard(taken(aBoard(), 'a', 10), store);
    await keepLastBoard(taken(aBoard(), 'f', 11), store);
    const found = await Promise.all([...'abcdef'].map((id) => readLastBoard(id, store)));
    expect(found.map((last) => last?.raffle.id)).toEqual(['a', undefined, 'c', 'd', 'e', 'f']);
    expect(store.values.size).toBe(6);
  });
});

describe('while a raffle is live', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000 }));
  afterEach(() => void vi.useRealTimers());

  it('its board is saved once in a while, as it is then', async () => {
    const store = new FakeStore();
    const live = new FakeLive();
    const board = live.goLive();
    const leave = keepBoardOf(live.asLive, store);
    change(board, 0, Cell.sold);
    change(board, 1, Cell.sold);
    expect(store.values.size).toBe(0);
    await vi.advanceTimersByTimeAsync(SOON_MS);
    const last = (await readLastBoard('moto', store)) as LastBoard;
    expect(last.seenAt).toBe(1_000 + SOON_MS);
    expect(cellsOf(await openBoard(last, null)).slice(0, 3)).toEqual([Cell.sold, Cell.sold, 0]);
    change(board, 2, Cell.sold);
    await vi.advanceTimersByTimeAsync(SAVE_MS - 1);
    change(board, 3, Cell.sold);
    expect((await readLastBoard('moto', store))?.seenAt).toBe(1_000 + SOON_MS);
    await vi.advanceTimersByTimeAsync(1);
    const next = (await readLastBoard('moto', store)) as LastBoard;
    expect(cellsOf(await openBoard(next, null)).slice(0, 5)).toEqual([2, 2, 2, 2, 0]);
    await vi.advanceTimersByTimeAsync(10 * SAVE_MS);
    expect((await readLastBoard('moto', store))?.seenAt).toBe(1_000 + SOON_MS + SAVE_MS);
    leave();
  });

  it('a number that became mine is saved soon', async () => {
    const store = new FakeStore();
    const live = new FakeLive();
    const board = live.goLive();
    const leave = keepBoardOf(live.asLive, store);
    await vi.advanceTimersByTimeAsync(SOON_MS);
    board.setMarks('mine', [3]);
    live.reservation.set({ id: 'r1' } as Reservation);
    await vi.advanceTimersByTimeAsync(SOON_MS);
    const last = (await readLastBoard('moto', store)) as LastBoard;
    expect(last.marks[0]).toEqual(['mine', [3]]);
    leave();
  });

  it('its board is saved with the moment at which the connection left', async () => {
    const store = new FakeStore();
    const live = new FakeLive();
    live.goLive();
    const leave = keepBoardOf(live.asLive, store);
    await vi.advanceTimersByTimeAsync(3 * SAVE_MS);
    live.lose();
    await vi.advanceTimersByTimeAsync(3 * SAVE_MS);
    leave();
    expect((await readLastBoard('moto', store))?.seenAt).toBe(1_000 + 3 * SAVE_MS);
  });

  it('its board is saved when the page is left', async () => {
    const store = new FakeStore();
    const live = new FakeLive();
    live.goLive();
    const leave = keepBoardOf(live.asLive, store);
    window.dispatchEvent(new Event('pagehide'));
    await vi.advanceTimersByTimeAsync(0);
    expect((await readLastBoard('moto', store))?.seenAt).toBe(1_000);
    leave();
  });

  it('nothing is saved after it was left', async () => {
    const store = new FakeStore();
    const live = new FakeLive();
    const board = live.goLive();
    keepBoardOf(live.asLive, store)();
    await vi.advanceTimersByTimeAsync(SAVE_MS);
    change(board, 0, Cell.sold);
    live.lose();
    await vi.advanceTimersByTimeAsync(2 * SAVE_MS);
    expect((await readLastBoard('moto', store))?.seenAt).toBe(1_000);
  });

  it('nothing is saved before there was a truth', async () => {
    const store = new FakeStore();
    const live = new FakeLive();
    const leave = keepBoardOf(live.asLive, store);
    live.board.set(aBoard());
    live.lose();
    window.dispatchEvent(new Event('pagehide'));
    await vi.advanceTimersByTimeAsync(2 * SAVE_MS);
    leave();
    expect(store.values.size).toBe(0);
  });
});
