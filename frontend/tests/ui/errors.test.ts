import { i18n } from '@lingui/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { ERROR_CODES, errorText } from '../../src/i18n/errors';
import { messages as en } from '../../src/i18n/locales/en.po';
import { messages as es } from '../../src/i18n/locales/es.po';
import { messages as pt } from '../../src/i18n/locales/pt.po';
import type { ErrorCode } from '../../src/sdk/types';

/** The type checker sees to it that this names each code. */
const ALL: Record<ErrorCode, true> = {
  bad_request: true,
  unknown_number: true,
  unauthenticated: true,
  forbidden: true,
  not_found: true,
  numbers_taken: true,
  too_many_numbers: true,
  already_reserved: true,
  wrong_phase: true,
  raffle_not_active: true,
  reservation_expired: true,
  payload_too_large: true,
  rate_limited: true,
  unavailable: true,
  offline: true,
  timeout: true,
  payment_in_progress: true,
  already_paid: true,
  wrong_amount: true,
  method_not_offered: true,
  reference_taken: true,
};

describe.each([
  ['es', es],
  ['en', en],
  ['pt', pt],
])('in %s', (locale, messages) => {
  beforeEach(() => i18n.loadAndActivate({ locale, messages }));

  it('each code has a text of its own, and no code is shown to anybody', () => {
    const texts = Object.keys(ALL).map((code) => errorText(code as ErrorCode, { limit: 3 }));
    expect(new Set(texts).size).toBe(texts.length);
    for (const text of texts) expect(text).not.toMatch(/_|\{|undefined|^.{0,6}$/);
    expect([...ERROR_CODES].sort()).toEqual(Object.keys(ALL).sort());
  });

  it('a conflict names the numbers', () => {
    expect(errorText('numbers_taken', { numbers: ['0417'] })).toContain('0417');
    expect(errorText('numbers_taken', { numbers: ['07', '21'] })).toContain('07, 21');
  });

  it('a limit is counted as the language counts', () => {
    expect(errorText('too_many_numbers', { limit: 1 })).toContain('1 ');
    expect(errorText('too_many_numbers', { limit: 10 })).toContain('10 ');
  });
});

it('a code of a newer server gets a general text', () => {
  i18n.loadAndActivate({ locale: 'es', messages: es });
  expect(errorText('brand_new' as ErrorCode)).toBe('Algo salió mal. Intente de nuevo.');
});

it('a million is counted with "de" in Spanish', () => {
  i18n.loadAndActivate({ locale: 'es', messages: es });
  expect(errorText('too_many_numbers', { limit: 1_000_000 })).toMatch(/000 de números/);
});
