import { beforeEach, expect, it } from 'vitest';
import { extended, refreshed } from '../../src/pages/list/merge';
import { matches } from '../../src/pages/list/search';
import { tokenFromAddress } from '../../src/pages/organizer/tokenFromAddress';
import { raffleLink, whatsAppLink } from '../../src/pages/raffle/share';

beforeEach(() => history.replaceState(null, '', '/'));

it('a token in the address is taken out of it at once', () => {
  history.replaceState(null, '', '/organizar?x=1#token=abc.def.ghi');
  expect(tokenFromAddress()).toBe('abc.def.ghi');
  expect(location.href).not.toContain('abc');
  expect(location.pathname + location.search).toBe('/organizar?x=1');
  expect(tokenFromAddress()).toBeNull();
});

it('an address without a token stays as it is', () => {
  history.replaceState(null, '', '/organizar#precios');
  expect(tokenFromAddress()).toBeNull();
  expect(location.hash).toBe('#precios');
});

it('a shared link may point at a number, with its zeros', () => {
  expect(raffleLink('abc')).toBe(`${location.origin}/r/abc`);
  expect(raffleLink('abc', '0417')).toBe(`${location.origin}/r/abc?n=0417`);
});

it('a message for WhatsApp keeps its signs', () => {
  expect(whatsAppLink('¿50% & más?')).toBe('https://wa.me/?text=%C2%BF50%25%20%26%20m%C3%A1s%3F');
});

it('a raffle is found by words of its title, without accents or case', () => {
  expect(matches('Canasta Navideña', 'navidena')).toBe(true);
  expect(matches('Canasta Navideña', 'can nav')).toBe(true);
  expect(matches('Canasta Navideña', 'moto')).toBe(false);
  expect(matches('Canasta Navideña', '')).toBe(true);
});

it('a page that is loaded twice shows nothing twice, and keeps the order', () => {
  const item = (id: string, sold = 0) => ({ id, sold });
  expect(extended([item('c'), item('b')], [item('b'), item('a')]).map(({ id }) => id)).toEqual([
    'c',
    'b',
    'a',
  ]);
});

it('a first page that comes again is newest, and takes away nothing that was loaded beyond it', () => {
  const known = [
    { id: 'b', sold: 1 },
    { id: 'a', sold: 1 },
  ];
  expect(
    refreshed(known, [
      { id: 'c', sold: 0 },
      { id: 'b', sold: 5 },
    ]),
  ).toEqual([
    { id: 'c', sold: 0 },
    { id: 'b', sold: 5 },
    { id: 'a', sold: 1 },
  ]);
});
