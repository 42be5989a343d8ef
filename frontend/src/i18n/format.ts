/**
 * Amounts, dates and durations as people of a language write them. All through Intl; formatters
 * are costly to make, so each is made once.
 */

/** Raffles are drawn where they are sold. Times are shown in this zone, and say so. */
export const TIME_ZONE = 'America/Costa_Rica';

const REGIONS: Record<string, string> = { es: 'es-CR', en: 'en', pt: 'pt-BR' };
const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

/** The region whose way of writing numbers and dates goes with a language. */
export function regional(language: string): string {
  return REGIONS[language] ?? language;
}

function numberFormat(language: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n${language}${JSON.stringify(options)}`;
  let format = made.get(key) as Intl.NumberFormat | undefined;
  if (!format) {
    format = new Intl.NumberFormat(regional(language), options);
    made.set(key, format);
  }
  return format;
}

function dateFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${language}${JSON.stringify(options)}`;
  let format = made.get(key) as Intl.DateTimeFormat | undefined;
  if (!format) {
    format = new Intl.DateTimeFormat(regional(language), options);
    made.set(key, format);
  }
  return format;
}

/** How many digits of `currency` are minor units: 2 for CRC, 0 for JPY. */
export function minorDigits(currency: string): number {
  const format = numberFormat('es', { style: 'currency', currency });
  return format.resolvedOptions().maximumFractionDigits ?? 2;
}

/** An amount in minor units, with the short symbol; whole amounts without zeros: "₡15 000". */
export function formatMoney(language: string, minor: number, currency: string): string {
  return numberFormat(language, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    trailingZeroDisplay: 'stripIfInteger',
  }).format(minor / 10 ** minorDigits(currency));
}

export function formatNumber(language: string, value: number): string {
  return numberFormat(language, {}).format(value);
}

/** A share of 0 to 1. Never "100 %" for almost all, nor "0 %" for a first few. */
export function formatShare(language: string, share: number): string {
  const percent = Math.floor(share * 100);
  const shown = percent === 0 && share > 0 ? 0.01 : percent / 100;
  return numberFormat(language, { style: 'percent' }).format(shown);
}

/** Date and time in Costa Rica: "vie, 20 dic 2026, 6:00 p. m.". Say the zone beside it. */
export function formatDateTime(language: string, time: string | number): string {
  const text = dateFormat(language, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZone: TIME_ZONE,
  }).format(new Date(time));
  // The time of day stays on one line.
  return text.replace(/(?<!,)\s(?=[^,]*$)/g, '\u00a0');
}

/** The time of day in Costa Rica. */
export function formatTime(language: string, time: string | number): string {
  return dateFormat(language, { hour: 'numeric', minute: '2-digit', timeZone: TIME_ZONE }).format(
    new Date(time),
  );
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in its two largest units: "3 días 4 h", "12 min". Below a minute: seconds. */
export function formatDuration(language: string, ms: number): string {
  const unit = (value: number, name: string) => {
    // The short day is "dd." in Spanish, which nobody reads.
    const unitDisplay = name === 'day' ? 'long' : 'short';
    const text = numberFormat(language, { style: 'unit', unit: name, unitDisplay }).format(value);
    return text.replace(' ', '\u00a0');
  };
  const two = (first: string, rest: number, name: string) =>
    rest > 0 ? `${first} ${unit(rest, name)}` : first;
  if (ms >= DAY) {
    return two(unit(Math.floor(ms / DAY), 'day'), Math.floor((ms % DAY) / HOUR), 'hour');
  }
  if (ms >= HOUR) {
    return two(unit(Math.floor(ms / HOUR), 'hour'), Math.floor((ms % HOUR) / MINUTE), 'minute');
  }
  if (ms >= MINUTE) return unit(Math.floor(ms / MINUTE), 'minute');
  return unit(Math.floor(ms / 1000), 'second');
}

/** A countdown: "8:42", "1:02:03". Rounds up, so that zero is shown only when nothing is left. */
export function formatCountdown(ms: number): string {
  const seconds = Math.ceil(Math.max(0, ms) / 1000);
  const pad = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${pad(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`;
}
