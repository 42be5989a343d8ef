import type { NewRaffle } from '../../sdk/types';
import { parsePrice } from './price';

/** The form, as it was typed. Times are those of an `input` of type `datetime-local`. */
export interface Draft {
  title: string;
  description: string;
  number_count: string;
  price: string;
  currency: string;
  max_numbers_per_user: string;
  selection_minutes: string;
  checkout_minutes: string;
  sales_close_at: string;
  draw_at: string;
}

export type DraftField = keyof Draft;

export const EMPTY: Draft = {
  title: '',
  description: '',
  number_count: '100',
  price: '',
  currency: 'CRC',
  max_numbers_per_user: '10',
  selection_minutes: '10',
  checkout_minutes: '5',
  sales_close_at: '',
  draw_at: '',
};

/** The server's names of fields that have another name here. */
const SERVER_FIELDS: Record<string, DraftField> = {
  selection_seconds: 'selection_minutes',
  checkout_seconds: 'checkout_minutes',
};

/** The field of the form that the server refused; null when it named none that we have. */
export function refusedField(named: unknown): DraftField | null {
  if (typeof named !== 'string') return null;
  const field = SERVER_FIELDS[named] ?? named;
  return field in EMPTY ? (field as DraftField) : null;
}

/** What to send; or the fields that need mending, in the form's order. `now` as `Date.now()`. */
export function readDraft(draft: Draft, now: number): NewRaffle | DraftField[] {
  const wrong: DraftField[] = [];
  const whole = (field: DraftField, least: number, most: number): number => {
    const text = draft[field].replace(/[\s.,]/g, '');
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) wrong.push(field);
    return value;
  };
  const future = (field: 'sales_close_at' | 'draw_at'): string | null => {
    if (draft[field] === '') return null;
    const time = new Date(draft[field]).getTime();
    if (!(time > now)) {
      wrong.push(field);
      return null;
    }
    return new Date(time).toISOString();
  };

  const title = draft.title.trim();
  if (title === '' || title.length > 200) wrong.push('title');
  const number_count = whole('number_count', 1, 1_000_000);
  const price = parsePrice(draft.price, draft.currency);
  if (price === null) wrong.push('price');
  const max_numbers_per_user = whole('max_numbers_per_user', 1, 1000);
  const sales_close_at = future('sales_close_at');
  const draw_at = future('draw_at');
  if (sales_close_at && draw_at && draw_at < sales_close_at) wrong.push('draw_at');
  const selection_seconds = 60 * whole('selection_minutes', 1, 1440);
  const checkout_seconds = 60 * whole('checkout_minutes', 1, 1440);

  if (wrong.length > 0 || price === null) return wrong;
  return {
    title,
    description: draft.description.trim() || null,
    number_count,
    price,
    currency: draft.currency,
    max_numbers_per_user,
    selection_seconds,
    checkout_seconds,
    sales_close_at,
    draw_at,
  };
}
