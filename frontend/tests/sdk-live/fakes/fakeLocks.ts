interface Asked {
  name: string;
  callback: (lock: Lock | null) => unknown;
  settle: (outcome: unknown) => void;
  fail: (error: unknown) => void;
}

/** The locks that the tabs of one browser share. */
export class FakeLocks {
  readonly #held = new Map<string, { fail: (error: unknown) => void }>();
  readonly #line: Asked[] = [];

  /** As one tab has them; `die` is what happens to its locks when it crashes or is closed. */
  tab(): { locks: LockManager; die(): void } {
    const mine = new Set<() => void>();
    let isDead = false;
    const request = (name: string, options: LockOptions, callback: Asked['callback']) =>
      new Promise<unknown>((settle, fail) => {
        const guarded = (lock: Lock | null) => (isDead ? null : callback(lock));
        const asked: Asked = { name, callback: guarded, settle, fail };
        queueMicrotask(() => this.#ask(asked, options, mine));
      });
    return {
      locks: { request, query: async () => ({}) } as unknown as LockManager,
      die: () => {
        isDead = true;
        for (const release of [...mine]) release();
      },
    };
  }

  #ask(asked: Asked, { ifAvailable, steal, signal }: LockOptions, mine: Set<() => void>): void {
    const holder = this.#held.get(asked.name);
    if (steal) {
      this.#held.delete(asked.name);
      holder?.fail(new DOMException('stolen', 'AbortError'));
      this.#grant(asked, mine);
    } else if (!holder) {
      this.#grant(asked, mine);
    } else if (ifAvailable) {
      Promise.resolve(asked.callback(null)).then(asked.settle, asked.fail);
    } else {
      const waiting: Asked & { mine?: Set<() => void> } = Object.assign(asked, { mine });
      this.#line.push(waiting);
      const leave = () => {
        const at = this.#line.indexOf(waiting);
        if (at >= 0) this.#line.splice(at, 1);
      };
      mine.add(leave);
      signal?.addEventListener('abort', () => {
        leave();
        asked.fail(new DOMException('left', 'AbortError'));
      });
    }
  }

  #grant(asked: Asked, mine: Set<() => void>): void {
    const holder = { fail: asked.fail };
    this.#held.set(asked.name, holder);
    const release = () => {
      mine.delete(release);
      if (this.#held.get(asked.name) !== holder) return;
      this.#held.delete(asked.name);
      const next = this.#line.findIndex(({ name }) => name === asked.name);
      if (next < 0) return;
      const [waiting] = this.#line.splice(next, 1) as [Asked & { mine: Set<() => void> }];
      queueMicrotask(() => this.#grant(waiting, waiting.mine));
    };
    mine.add(release);
    Promise.resolve(asked.callback({ name: asked.name, mode: 'exclusive' }))
      .then(asked.settle, asked.fail)
      .finally(release);
  }
}
