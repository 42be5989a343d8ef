import { Kept } from './storage';

/** What a person set out to do: to pay one reservation by one provider. */
interface Intent {
  key: string;
  provider: string;
}

const kept = new Map<string, Kept<Intent>>();

/**
 * The key of an intention to pay. It stays the same, also over a reload of the tab, until
 * `forgetIntent`: a double click, or a click after an answer that was lost, repeats the same attempt.
 */
export function intentKey(reservationId: string, provider: string): string {
  const store = storeOf(reservationId);
  const known = store.read();
  if (known?.provider === provider) return known.key;
  const intent = { key: crypto.randomUUID(), provider };
  store.write(intent);
  return intent.key;
}

/** The outcome is known: the next click is another intention. */
export function forgetIntent(reservationId: string): void {
  storeOf(reservationId).write(null);
}

function storeOf(reservationId: string): Kept<Intent> {
  let store = kept.get(reservationId);
  if (!store) {
    store = new Kept(() => sessionStorage, `sorteos.pay.${reservationId}`, isIntent);
    kept.set(reservationId, store);
  }
  return store;
}

function isIntent(value: unknown): value is Intent {
  const intent = value as Partial<Intent> | null;
  return typeof intent?.key === 'string' && typeof intent.provider === 'string';
}
