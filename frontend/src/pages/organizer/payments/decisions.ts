import { Value } from '../../../sdk/observable';

const count = new Value(0);

/** A decision about money was made on this page: whatever it shows of money is asked for anew. */
export function tellDecided(): void {
  count.set(count.get() + 1);
}

/** Calls `listener` after each, until the returned function is called. */
export const onDecided = count.subscribe;
