import { useLingui } from '@lingui/react/macro';
import { type ReactNode, useState } from 'react';
import {
  chooseLanguage,
  currentLanguage,
  LANGUAGE_NAMES,
  LANGUAGES,
  type Language,
} from '../i18n/i18n';
import { useValue } from '../sdk/hooks/useValue';
import { chooseTheme, THEMES, type Theme, theme } from '../theme/theme';
import { Dialog } from '../ui/Dialog';
import { Notice } from '../ui/Notice';
import styles from './Settings.module.css';

/** Language and appearance. */
export function Settings({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useLingui();
  const [failed, setFailed] = useState(false);
  const chosenTheme = useValue(theme);
  const themeNames: Record<Theme, string> = {
    system: t`Como el sistema`,
    light: t`Claro`,
    dark: t`Oscuro`,
    contrast: t`Alto contraste`,
  };

  async function speak(language: Language): Promise<void> {
    try {
      await chooseLanguage(language);
      setFailed(false);
    } catch {
      setFailed(true);
    }
  }

  return (
    <Dialog open={open} title={t`Idioma y apariencia`} onClose={onClose}>
      <Choices
        legend={t`Idioma`}
        name="language"
        options={LANGUAGES}
        chosen={currentLanguage()}
        onChoose={speak}
        label={(language) => <span lang={language}>{LANGUAGE_NAMES[language]}</span>}
      />
      {failed && (
        <Notice tone="warn">{t`Ese idioma no se pudo cargar. Revise su conexión.`}</Notice>
      )}
      <Choices
        legend={t`Apariencia`}
        name="theme"
        options={THEMES}
        chosen={chosenTheme}
        onChoose={chooseTheme}
        label={(each) => themeNames[each]}
      />
    </Dialog>
  );
}

function Choices<T extends string>(props: {
  legend: string;
  name: string;
  options: readonly T[];
  chosen: T;
  onChoose: (option: T) => void;
  label: (option: T) => ReactNode;
}) {
  return (
    <fieldset>
      <legend className={styles.legend}>{props.legend}</legend>
      <div className={styles.options}>
        {props.options.map((option) => (
          <label key={option} className={styles.option}>
            <input
              type="radio"
              name={props.name}
              value={option}
              checked={option === props.chosen}
              onChange={() => props.onChoose(option)}
            />
            {props.label(option)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
