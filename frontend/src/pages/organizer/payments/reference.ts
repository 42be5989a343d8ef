/** A bank's reference as the server keeps it, and as people type it. */

export interface Declared {
  reference: string;
  bank: string;
}

/** "BNCR:123456" is the reference of one bank; a reference alone is the country's own. */
export function readDeclared(key: string | null): Declared {
  if (key === null) return { reference: '', bank: '' };
  const colon = key.indexOf(':');
  return { reference: key.slice(colon + 1), bank: key.slice(0, Math.max(0, colon)) };
}

/** A reference with its bank, where that is known: "123456 (BNCR)". */
export function withBank(reference: string, bank: string): string {
  return bank ? `${reference} (${bank})` : reference;
}

/** Whether a bank may have written it: 6 to 40 letters and digits. */
export function isReference(typed: string): boolean {
  return /^[0-9a-z]{6,40}$/i.test(typed.replace(/[\s\-./]/g, ''));
}

/** Its last four signs: enough to recognise it. */
export function shortReference(reference: string): string {
  return reference.slice(-4);
}
