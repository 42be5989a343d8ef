import type { PageEvent, PageEvents } from '../../../src/sdk/pageEvents';

/** A page whose fate a test decides. */
export class FakePage implements PageEvents {
  hidden = false;
  online = true;
  readonly #listeners = new Set<(event: PageEvent) => void>();

  subscribe(listener: (event: PageEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: PageEvent): void {
    if (event === 'hidden' || event === 'visible') this.hidden = event === 'hidden';
    if (event === 'online' || event === 'offline') this.online = event === 'online';
    for (const listener of [...this.#listeners]) listener(event);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}
