import { useLingui } from '@lingui/react/macro';
import { useId } from 'react';
import styles from './ViewSwitch.module.css';

export const VIEWS = ['map', 'blocks', 'numbers'] as const;
export type View = (typeof VIEWS)[number];

/** How near the board is looked at: all of it, its blocks, or its numbers. */
export function ViewSwitch({ view, onChange }: { view: View; onChange: (view: View) => void }) {
  const { t } = useLingui();
  const name = useId();
  const names: Record<View, string> = { map: t`Mapa`, blocks: t`Bloques`, numbers: t`Números` };
  return (
    <fieldset className={styles.switch}>
      <legend className="visually-hidden">{t`Vista del tablero`}</legend>
      {VIEWS.map((each) => (
        <label key={each} className={styles.view}>
          <input
            type="radio"
            className={styles.radio}
            name={name}
            value={each}
            checked={view === each}
            onChange={() => onChange(each)}
          />
          {names[each]}
        </label>
      ))}
    </fieldset>
  );
}
