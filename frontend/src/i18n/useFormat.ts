import { useLingui } from '@lingui/react';
import { useMemo } from 'react';
import * as format from './format';

/** The formatters of format.ts in the language that is spoken; renders again when it changes. */
export function useFormat() {
  const language = useLingui().i18n.locale;
  return useMemo(
    () => ({
      language,
      money: (minor: number, currency: string) => format.formatMoney(language, minor, currency),
      number: (value: number) => format.formatNumber(language, value),
      share: (share: number) => format.formatShare(language, share),
      dateTime: (time: string | number) => format.formatDateTime(language, time),
      time: (time: string | number) => format.formatTime(language, time),
      duration: (ms: number) => format.formatDuration(language, ms),
    }),
    [language],
  );
}
