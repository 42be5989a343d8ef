import { i18n, type Messages } from '@lingui/core';
import { read, write } from '../app/remembered';
import { regional } from './format';

export const LANGUAGES = ['es', 'en', 'pt'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Each language by its own name, so that anyone finds theirs. */
export const LANGUAGE_NAMES: Record<Language, string> = {
  es: 'Español',
  en: 'English',
  pt: 'Português',
};

const KEY = 'sorteos.language';

/** Spanish is in the code that speaks it; the others come when somebody wants them. */
const catalogues: Record<Language, () => Promise<Messages>> = {
  es: async () => ({}),
  en: async () => (await import('./locales/en.po')).messages,
  pt: async () => (await import('./locales/pt.po')).messages,
};

/** The remembered language, else the first of the browser's that there is, else Spanish. */
export function preferredLanguage(wanted: readonly string[] = navigator.languages): Language {
  const remembered = read(KEY, LANGUAGES);
  if (remembered) return remembered;
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language);
    if (found) return found;
  }
  return 'es';
}

/**
 * Speaks `language` from now on. Rejects when its catalogue cannot be loaded; the page then goes on
 * in the language that it has.
 */
export async function activate(language: Language): Promise<void> {
  const messages = await catalogues[language]();
  i18n.loadAndActivate({ locale: language, locales: regional(language), messages });
  document.documentElement.lang = language;
}

export async function chooseLanguage(language: Language): Promise<void> {
  await activate(language);
  write(KEY, language);
}

/** Before the first paint: the preferred language, or Spanish when its catalogue does not come. */
export async function startLanguage(): Promise<void> {
  await activate('es');
  const language = preferredLanguage();
  if (language !== 'es') await activate(language).catch(() => undefined);
}

/** The language that is spoken now. */
export function currentLanguage(): Language {
  return LANGUAGES.find((language) => language === i18n.locale) ?? 'es';
}
