import type { Store } from '../../src/offline/store';

/** A store in memory, that clones as IndexedDB does. */
export class FakeStore implements Store {
  readonly values = new Map<string, unknown>();
  /** Set: every call rejects with it. */
  broken: Error | null = null;

  async get<T>(key: string): Promise<T | undefined> {
    this.#check();
    return structuredClone(this.values.get(key)) as T | undefined;
  }

  async set<T>(key: string, value: T): Promise<void> {
    this.#check();
    this.values.set(key, structuredClone(value));
  }

  async update<T>(key: string, change: (old: T | undefined) => T): Promise<void> {
    this.#check();
    const old = structuredClone(this.values.get(key)) as T | undefined;
    this.values.set(key, structuredClone(change(old)));
  }

  async delete(keys: readonly string[]): Promise<void> {
    this.#check();
    for (const key of keys) this.values.delete(key);
  }

  #check(): void {
    if (this.broken) throw this.broken;
  }
}
