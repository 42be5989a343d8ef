/** Somebody with a token. */

export type Role = 'user' | 'organizer' | 'admin';

export interface Person {
  readonly token: string;
  readonly userId: string;
  readonly role: Role;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** What a token says of its bearer; null when it is no token. Whether it is true, the server knows. */
export function personOf(token: string): Person | null {
  try {
    const { sub, role, exp } = claimsOf(token);
    const expiresAt = new Date(Number(exp) * 1000).toISOString();
    const person = { token, userId: sub, role, expiresAt };
    return isPerson(person) ? person : null;
  } catch {
    return null;
  }
}

export function isPerson(value: unknown): value is Person {
  if (typeof value !== 'object' || value === null) return false;
  const { token, userId, role, expiresAt } = value as Record<string, unknown>;
  return (
    typeof token === 'string' &&
    typeof userId === 'string' &&
    (role === 'user' || role === 'organizer' || role === 'admin') &&
    typeof expiresAt === 'string' &&
    !Number.isNaN(Date.parse(expiresAt))
  );
}

function claimsOf(token: string): Record<string, unknown> {
  const part = token.split('.')[1] ?? '';
  const latin = atob(part.replace(/-/g, '+').replace(/_/g, '/'));
  const bytes = Uint8Array.from(latin, (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
