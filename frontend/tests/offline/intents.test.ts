import { describe, expect, it } from 'vitest';
import { INTENT_MS, Intents } from '../../src/offline/intents';
import { FakeStore } from './fakeStore';

let now = 1_000_000;

async function opened(store: FakeStore, raffleId = 'moto'): Promise<Intents> {
  const intents = new Intents(raffleId, store, () => now);
  await intents.load();
  return intents;
}

describe('numbers that were wanted without a connection', () => {
  it('are there after a reload, in the order in which they were wanted', async () => {
    const store = new FakeStore();
    const before = await opened(store);
    await before.want('0417');
    await before.want('0007');
    await before.want('0417');
    expect((await opened(store)).labels.get()).toEqual(['0007', '0417']);
  });

  it('are those of their raffle alone', async () => {
    const store = new FakeStore();
    await (await opened(store, 'moto')).want('0417');
    const other = await opened(store, 'canasta');
    expect(other.labels.get()).toEqual([]);
    await other.drop(['0417']);
    expect((await opened(store, 'moto')).labels.get()).toEqual(['0417']);
  });

  it('are forgotten after half an hour', async () => {
    const store = new FakeStore();
    const intents = await opened(store);
    await intents.want('0417');
    now += INTENT_MS - 1;
    await intents.want('0007');
    expect((await opened(store)).labels.get()).toEqual(['0417', '0007']);
    now += 1;
    expect((await opened(store)).labels.get()).toEqual(['0007']);
  });

  it('are forgotten when the person says so', async () => {
    const store = new FakeStore();
    const intents = await opened(store);
    await intents.want('0417');
    await intents.forget();
    expect(intents.labels.get()).toEqual([]);
    expect((await opened(store)).labels.get()).toEqual([]);
  });

  it('of two tabs do not push each other out', async () => {
    const store = new FakeStore();
    const [one, other] = [await opened(store), await opened(store)];
    await one.want('0417');
    await other.want('0007');
    await one.drop(['0417']);
    expect((await opened(store)).labels.get()).toEqual(['0007']);
  });

  it('are shown while the store is still read, after those that it has', async () => {
    const store = new FakeStore();
    await (await opened(store)).want('0417');
    const intents = new Intents('moto', store, () => now);
    const loading = intents.load();
    void intents.want('0007');
    expect(intents.labels.get()).toEqual(['0007']);
    await loading;
    expect(intents.labels.get()).toEqual(['0417', '0007']);
  });

  it('never fill the disk', async () => {
    const store = new FakeStore();
    const intents = await opened(store);
    for (let number = 0; number < 250; number += 1) await intents.want(String(number));
    expect((await opened(store)).labels.get()).toHaveLength(200);
  });
});
