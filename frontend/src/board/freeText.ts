import { i18n } from '@lingui/core';
import { plural } from '@lingui/core/macro';
import { formatNumber } from '../i18n/format';

/** "1 250 libres", in the person's language. */
export function freeText(free: number): string {
  const number = formatNumber(i18n.locale, free);
  return plural(free, {
    one: `${number} libre`,
    many: `${number} de libres`,
    other: `${number} libres`,
  });
}
