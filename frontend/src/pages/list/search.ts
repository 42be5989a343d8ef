/** Whether `title` holds every word of `query`, without regard to case and accents. */
export function matches(title: string, query: string): boolean {
  const text = plain(title);
  return plain(query)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
