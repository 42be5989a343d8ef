import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMoney } from '../../src/i18n/format';
import { parsePrice } from '../../src/pages/organizer/price';

describe('a price as people write it', () => {
  it.each([
    ['2500', 'CRC', 250_000],
    ['2 500', 'CRC', 250_000],
    ['2.500', 'CRC', 250_000],
    ['2,500', 'CRC', 250_000],
    ['₡2.500,50', 'CRC', 250_050],
    ['1,000.5', 'USD', 100_050],
    ['$12.50', 'USD', 1_250],
    ['12,5', 'USD', 1_250],
    ['USD 1.234.567,89', 'USD', 123_456_789],
    ['1,234,567', 'CRC', 123_456_700],
    ["1'000", 'CRC', 100_000],
    ['0', 'CRC', 0],
    ['0,75', 'USD', 75],
    ['500', 'JPY', 500],
    ['1.500', 'JPY', 1_500],
  ])('%j in %s', (text, currency, minor) => {
    expect(parsePrice(text, currency)).toBe(minor);
  });

  it.each([
    ['', 'CRC'],
    ['gratis', 'CRC'],
    ['-5', 'CRC'],
    ['1,2,3', 'CRC'],
    ['1.50.00', 'CRC'],
    ['12.3456', 'USD'],
    ['5.', 'USD'],
    ['.5', 'USD'],
    ['1.234,567', 'USD'],
    ['1,5', 'JPY'],
    ['1e9', 'CRC'],
    ['99999999999999', 'CRC'],
  ])('%j in %s is none', (text, currency) => {
    expect(parsePrice(text, currency)).toBeNull();
  });

  it('reads back what we print, in each language', () => {
    const amounts = fc.integer({ min: 0, max: 1_000_000_000_000 });
    const languages = fc.constantFrom('es', 'en', 'pt');
    const currencies = fc.constantFrom('CRC', 'USD');
    fc.assert(
      fc.property(amounts, languages, currencies, (minor, language, currency) => {
        expect(parsePrice(formatMoney(language, minor, currency), currency)).toBe(minor);
      }),
    );
  });
});
