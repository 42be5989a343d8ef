import { i18n } from '@lingui/core';
import { msg, plural } from '@lingui/core/macro';
import { beforeEach, expect, it } from 'vitest';
import { activate, chooseLanguage, preferredLanguage } from '../../src/i18n/i18n';

beforeEach(() => localStorage.clear());

it.each([
  [['pt-BR', 'en'], 'pt'],
  [['fr', 'en-GB'], 'en'],
  [['es-419'], 'es'],
  [['fr', 'de'], 'es'],
  [[], 'es'],
])('of %j speaks %s', (wanted, language) => {
  expect(preferredLanguage(wanted)).toBe(language);
});

it('remembers what was chosen above what the browser prefers', async () => {
  await chooseLanguage('pt');
  expect(preferredLanguage(['en'])).toBe('pt');
});

it('tells the page which language it speaks', async () => {
  await activate('en');
  expect([i18n.locale, document.documentElement.lang]).toEqual(['en', 'en']);
});

it('Spanish is compiled where it is used, and needs no catalogue', async () => {
  const [name, free] = ['Ana', 2];
  const greeting = msg`Hola, ${name}`;
  expect(greeting.message).toEqual(['Hola, ', ['name']]);
  await activate('es');
  expect(i18n.messages).toEqual({});
  expect(i18n._(greeting)).toBe('Hola, Ana');
  expect(i18n._(msg`${plural(free, { one: '# libre', other: '# libres' })}`)).toBe('2 libres');
});
