import { describe, expect, it } from 'vitest';
import {
  formatCountdown,
  formatDateTime,
  formatDuration,
  formatMoney,
  formatShare,
  minorDigits,
} from '../../src/i18n/format';

/** No-break spaces are what Intl prints; to the eye they are spaces. */
function plain(text: string): string {
  return text.replace(/[\u00a0\u202f]/g, ' ');
}

describe('money', () => {
  it.each([
    ['es', 1_500_000, 'CRC', '₡15 000'],
    ['en', 1_500_000, 'CRC', '₡15,000'],
    ['pt', 1_500_000, 'CRC', '₡ 15.000'],
    ['es', 1_250, 'USD', '$12,50'],
    ['en', 1_250, 'USD', '$12.50'],
    ['pt', 1_250, 'USD', '$ 12,50'],
    ['es', 50_050, 'CRC', '₡500,50'],
    ['en', 0, 'CRC', '₡0'],
    ['en', 1, 'USD', '$0.01'],
  ])('in %s: %i of %s is %s', (language, minor, currency, text) => {
    expect(plain(formatMoney(language, minor, currency))).toBe(text);
  });

  it('has as many minor units as the currency, not always two', () => {
    expect([minorDigits('CRC'), minorDigits('JPY'), minorDigits('KWD')]).toEqual([2, 0, 3]);
    expect(formatMoney('en', 500, 'JPY')).toBe('¥500');
  });
});

describe('dates', () => {
  const draw = '2026-12-20T00:00:00.000Z';

  it.each([
    ['es', 'sáb, 19 dic 2026, 6:00 p. m.'],
    ['en', 'Sat, Dec 19, 2026, 6:00 PM'],
    ['pt', 'sáb., 19 de dez. de 2026, 18:00'],
  ])('in %s are those of Costa Rica, where the evening before is', (language, text) => {
    expect(plain(formatDateTime(language, draw))).toBe(text);
  });

  it('keep the time of day on one line', () => {
    expect(formatDateTime('es', draw).split(', ').at(-1)).not.toContain(' ');
  });
});

describe('durations', () => {
  const HOUR = 3_600_000;

  it.each([
    ['es', 76 * HOUR, '3 días 4 h'],
    ['en', 76 * HOUR, '3 days 4 hr'],
    ['pt', 76 * HOUR, '3 dias 4 h'],
    ['es', 24 * HOUR, '1 día'],
    ['es', HOUR + 120_000, '1 h 2 min'],
    ['es', 300_000, '5 min'],
    ['es', 59_999, '59 s'],
    ['es', 0, '0 s'],
  ])('in %s: %i ms are %s', (language, ms, text) => {
    expect(plain(formatDuration(language, ms))).toBe(text);
  });
});

it('a share is never all before all is sold, nor nothing once something is', () => {
  expect([0, 0.001, 0.5, 0.9999, 1].map((share) => formatShare('en', share))).toEqual([
    '0%',
    '1%',
    '50%',
    '99%',
    '100%',
  ]);
});

it('a countdown shows zero only when nothing is left', () => {
  expect([300_000, 299_001, 61_000, 1, 0, -5].map(formatCountdown)).toEqual([
    '5:00',
    '5:00',
    '1:01',
    '0:01',
    '0:00',
    '0:00',
  ]);
  expect(formatCountdown(3_723_000)).toBe('1:02:03');
});
