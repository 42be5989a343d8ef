import { i18n } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { Pattern } from './patterns';

/** "Empieza con 12", in the person's language. */
export function patternName(pattern: Pattern, digits: string): string {
  switch (pattern) {
    case 'starts_with':
      return i18n._(msg`Empieza con ${digits}`);
    case 'ends_with':
      return i18n._(msg`Termina en ${digits}`);
    case 'contains':
      return i18n._(msg`Contiene ${digits}`);
  }
}
