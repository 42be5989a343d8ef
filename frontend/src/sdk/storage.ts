/** What a page keeps between visits, also where keeping is refused. */

/** One JSON value under one name, in `localStorage` or `sessionStorage`. */
export class Kept<T> {
  /** What the browser refused to keep (private windows, blocked or full storage). */
  #memory: string | null = null;

  /** `storage` is asked anew each time: merely naming a blocked one throws. */
  constructor(
    private readonly storage: () => Storage,
    private readonly name: string,
    private readonly check: (value: unknown) => value is T,
  ) {}

  /** Null for nothing, and for what is not a value of ours. */
  read(): T | null {
    try {
      const text = this.#memory ?? this.storage().getItem(this.name);
      const value: unknown = text === null ? null : JSON.parse(text);
      return this.check(value) ? value : null;
    } catch {
      return null;
    }
  }

  /** Keeps a value, or nothing (null). Where that is refused it holds while this page is open. */
  write(value: T | null): void {
    const text = value === null ? null : JSON.stringify(value);
    try {
      if (text === null) this.storage().removeItem(this.name);
      else this.storage().setItem(this.name, text);
      this.#memory = null;
    } catch {
      this.#memory = text;
    }
  }
}

/** Whether what one tab keeps can be read by the others. */
export function isKept(storage: () => Storage): boolean {
  const name = 'sorteos.probe';
  try {
    storage().setItem(name, name);
    storage().removeItem(name);
    return true;
  } catch {
    return false;
  }
}
