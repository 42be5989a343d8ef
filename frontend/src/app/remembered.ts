/**
 * Choices that this browser remembers. Where storage is refused (private windows, full disks) a
 * choice holds for as long as the page is open; that is why both functions never throw.
 */

export function read<T extends string>(key: string, allowed: readonly T[]): T | undefined {
  let value: string | null = null;
  try {
    value = localStorage.getItem(key);
  } catch {
    return undefined;
  }
  return allowed.find((each) => each === value);
}

export function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice still holds for this page.
  }
}
