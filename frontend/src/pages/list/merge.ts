/** What has an id, and may come again. */
interface Item {
  readonly id: string;
}

/** The next page after those that are known. Whatever was made meanwhile moves the pages, so one may come twice. */
export function extended<T extends Item>(known: readonly T[], next: readonly T[]): readonly T[] {
  return [...known, ...next.filter(({ id }) => !has(known, id))];
}

/** The first page, asked for again: it is the newest, and what was loaded beyond it stays. */
export function refreshed<T extends Item>(known: readonly T[], first: readonly T[]): readonly T[] {
  return [...first, ...known.filter(({ id }) => !has(first, id))];
}

function has(items: readonly Item[], id: string): boolean {
  return items.some((item) => item.id === id);
}
