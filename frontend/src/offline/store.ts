/** Where this browser keeps what it saw: IndexedDB, behind four verbs. */
import { createStore, delMany, get, set, update } from 'idb-keyval';

/** Keeps values that can be cloned. Any call may reject: no room, no permission, a broken disk. */
export interface Store {
  get<T>(key: string): Promise<T | undefined>;
  set<T>(key: string, value: T): Promise<void>;
  /** Reads and writes in one transaction, so that two tabs do not undo each other. */
  update<T>(key: string, change: (old: T | undefined) => T): Promise<void>;
  delete(keys: readonly string[]): Promise<void>;
}

/** The browser's store. Opens the database with the first call. */
export function browserStore(): Store {
  let opened: ReturnType<typeof createStore> | undefined;
  const store = () => {
    opened ??= createStore('sorteos', 'kept');
    return opened;
  };
  return {
    get: async (key) => get(key, store()),
    set: async (key, value) => set(key, value, store()),
    update: async (key, change) => update(key, change, store()),
    delete: async (keys) => delMany([...keys], store()),
  };
}

/**
 * The same store for those who can do without: a read that fails finds nothing, a write that fails
 * keeps nothing, and `report` hears of the first failure.
 */
export function tolerant(
  store: Store,
  report: (error: unknown) => void = (error) =>
    console.warn('This browser keeps nothing for later.', error),
): Store {
  let reported = false;
  const failed = (error: unknown) => {
    if (!reported) report(error);
    reported = true;
  };
  return {
    get: (key) =>
      store.get<never>(key).catch((error: unknown) => {
        failed(error);
        return undefined;
      }),
    set: (key, value) => store.set(key, value).catch(failed),
    update: (key, change) => store.update(key, change).catch(failed),
    delete: (keys) => store.delete(keys).catch(failed),
  };
}

/** The one store of the page. */
export const pageStore: Store = tolerant(browserStore());
