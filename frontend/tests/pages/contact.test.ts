import { describe, expect, it } from 'vitest';
import { checkContact, normalPhone, spacedPhone } from '../../src/contact/contact';

describe('a phone number', () => {
  it.each([
    ['8888 7777', '+50688887777'],
    ['8888-7777', '+50688887777'],
    ['50688887777', '+50688887777'],
    ['+506 8888 7777', '+50688887777'],
    ['00506 8888-7777', '+50688887777'],
    ['(506) 2222.3333', '+50622223333'],
    ['+1 (305) 555-0100', '+13055550100'],
    ['+5511987654321', '+5511987654321'],
  ])('%j is %s', (typed, phone) => {
    expect(normalPhone(typed)).toBe(phone);
  });

  it.each([
    '',
    '123',
    '8888 777',
    '1888 7777',
    '+506 1234',
    '888877777',
    'llame al 8888',
    '+0123456789',
  ])('%j is none', (typed) => {
    expect(normalPhone(typed)).toBeNull();
  });

  it('is spaced for the eye', () => {
    expect(spacedPhone('+50688887777')).toBe('+506 8888 7777');
    expect(spacedPhone('+13055550100')).toBe('+13055550100');
  });
});

describe('contact data', () => {
  it('are trimmed, and an e-mail address may be left out', () => {
    expect(checkContact({ name: ' Ana  Vargas ', phone: '88887777', email: ' ' })).toEqual({
      name: 'Ana Vargas',
      phone: '+50688887777',
      email: null,
    });
  });

  it('name each field that is wrong, in the order of the form', () => {
    expect(checkContact({ name: '', phone: 'x', email: 'ana@' })).toEqual([
      'name',
      'phone',
      'email',
    ]);
    expect(checkContact({ name: 'Ana', phone: '88887777', email: 'ana@x' })).toEqual(['email']);
  });
});
