import { minorDigits } from '../../i18n/format';

/** The most that the server takes, in minor units. */
const MOST = 1_000_000_000_000;

/**
 * A price as people write it ("₡2 500", "2.500,50", "1,000.5"), in minor units of `currency`.
 * Null when it is no price, or has more decimals than the currency.
 *
 * With both marks the last one is the decimal mark. One mark alone that stands before exactly three
 * digits groups thousands: nobody prices a raffle in thousandths.
 */
export function parsePrice(text: string, currency: string): number | null {
  const typed = text.replace(/[\s\u00a0\u202f'’]|₡|\$|CRC|USD|US/gi, '');
  if (!/^\d[\d.,]*$/.test(typed)) return null;
  const mark = decimalMark(typed);
  const [whole = '', decimals = '', ...rest] = mark ? typed.split(mark) : [typed];
  if (rest.length > 0 || /[.,]/.test(decimals)) return null;
  if (/[.,]/.test(whole) && !/^\d{1,3}([.,])\d{3}(?:\1\d{3})*$/.test(whole)) return null;
  const digits = minorDigits(currency);
  if (mark !== null && (decimals === '' || decimals.length > digits)) return null;
  const amount = Number(whole.replace(/\D/g, '') + decimals.padEnd(digits, '0'));
  return amount <= MOST ? amount : null;
}

/** Which of the marks in `typed` begins the decimals; null for none. */
function decimalMark(typed: string): '.' | ',' | null {
  const point = typed.lastIndexOf('.');
  const comma = typed.lastIndexOf(',');
  if (point < 0 && comma < 0) return null;
  const last = point > comma ? '.' : ',';
  if (point >= 0 && comma >= 0) return last;
  const once = typed.indexOf(last) === typed.lastIndexOf(last);
  const after = typed.length - 1 - typed.lastIndexOf(last);
  return once && after !== 3 ? last : null;
}
