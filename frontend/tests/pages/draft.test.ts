import { expect, it } from 'vitest';
import { type Draft, EMPTY, readDraft, refusedField } from '../../src/pages/organizer/draft';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const GOOD: Draft = { ...EMPTY, title: '  Rifa de la escuela ', price: '2.500' };

function read(change: Partial<Draft>) {
  return readDraft({ ...GOOD, ...change }, NOW);
}

it('what was typed becomes what the server takes', () => {
  expect(read({ number_count: '10 000', max_numbers_per_user: '5' })).toEqual({
    title: 'Rifa de la escuela',
    description: null,
    number_count: 10_000,
    price: 250_000,
    currency: 'CRC',
    max_numbers_per_user: 5,
    selection_seconds: 600,
    checkout_seconds: 300,
    sales_close_at: null,
    draw_at: null,
  });
});

it('times are those of this device, and travel in UTC', () => {
  const time = '2026-12-19T18:00';
  expect(read({ sales_close_at: time })).toMatchObject({
    sales_close_at: new Date(time).toISOString(),
  });
});

it.each([
  [{ title: '  ' }, ['title']],
  [{ number_count: '0' }, ['number_count']],
  [{ number_count: '1000001' }, ['number_count']],
  [{ number_count: 'mil' }, ['number_count']],
  [{ price: '' }, ['price']],
  [{ max_numbers_per_user: '0' }, ['max_numbers_per_user']],
  [{ selection_minutes: '0', checkout_minutes: '9999' }, ['selection_minutes', 'checkout_minutes']],
  [{ sales_close_at: '2020-01-01T00:00' }, ['sales_close_at']],
  [{ sales_close_at: '2026-12-20T10:00', draw_at: '2026-12-19T10:00' }, ['draw_at']],
])('of %j the fields %j need mending', (change, fields) => {
  expect(read(change)).toEqual(fields);
});

it('a field that the server refuses is found in the form, by the name it has there', () => {
  expect(refusedField('title')).toBe('title');
  expect(refusedField('selection_seconds')).toBe('selection_minutes');
  expect(refusedField('epoch')).toBeNull();
  expect(refusedField(undefined)).toBeNull();
});
