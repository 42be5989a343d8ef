import { plural } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { useId, useState } from 'react';
import { lazyPart } from '../app/lazy';
import { errorText } from '../i18n/errors';
import { useValue } from '../sdk/hooks/useValue';
import type { BoardView, LiveRaffle } from '../sdk/types';
import { announce } from '../ui/announce';
import { Icon } from '../ui/Icon';
import type { PatternValue } from './PatternField';
import styles from './QuickPick.module.css';
import { quickPickRoom } from './quickPickRoom';

const PatternField = lazyPart(async () => (await import('./PatternField')).PatternField);

const AMOUNTS = [1, 5, 10];

interface Props {
  live: LiveRaffle;
  board: BoardView | null;
  ready: boolean;
  /** Chance has chosen these. */
  onPicked: (labels: readonly string[]) => void;
}

/** "Máquina de la suerte": chance holds one, five or ten free numbers, of all or of some. */
export function QuickPick({ live, board, ready, onPicked }: Props) {
  const { t } = useLingui();
  const titleId = useId();
  const whyId = useId();
  const raffle = useValue(live.raffle);
  const reservation = useValue(live.reservation);
  const [filter, setFilter] = useState<PatternValue | null>(null);
  const [running, setRunning] = useState(0);
  const [told, setTold] = useState<string | null>(null);
  const room = quickPickRoom(raffle, reservation);

  async function spin(amount: number): Promise<void> {
    const before = new Set(reservation?.number_ids);
    setRunning(amount);
    setTold(null);
    try {
      const outcome = await live.quickPick(
        amount,
        filter?.digits ? { [filter.kind]: filter.digits } : undefined,
      );
      if (!outcome.ok) return tell(errorText(outcome.code, outcome.params));
      const chosen = outcome.reservation?.number_ids.filter((label) => !before.has(label)) ?? [];
      const list = chosen.join(', ');
      tell(t`La suerte escogió: ${list}`);
      onPicked(chosen);
    } finally {
      setRunning(0);
    }
  }

  function tell(text: string): void {
    setTold(text);
    announce(text);
  }

  function why(): string {
    if (room.why === 'phase') return t`Sus números ya están en el pago: ahí no se agregan más.`;
    if (room.why === 'closed') return t`Este sorteo no está vendiendo ahora.`;
    if (room.why === 'full') return t`Ya tiene el máximo de números por persona.`;
    return plural(room.more, {
      one: 'Puede apartar # número más.',
      many: 'Puede apartar # de números más.',
      other: 'Puede apartar # números más.',
    });
  }

  const held = reservation?.number_ids.length ?? 0;
  const most = raffle?.max_numbers_per_user ?? 0;
  return (
    <section className={styles.machine} aria-labelledby={titleId}>
      <div className={styles.line}>
        <div className={styles.name}>
          <h3 id={titleId}>{t`Máquina de la suerte`}</h3>
          <p>{raffle && t`Lleva ${held} de ${most}`}</p>
        </div>
        {AMOUNTS.map((amount) => {
          const possible = ready && running === 0 && amount <= room.more;
          return (
            <button
              key={amount}
              type="button"
              className={styles.amount}
              // It keeps the focus: a button that is disabled under a finger loses it.
              aria-disabled={!possible}
              aria-busy={running === amount || undefined}
              aria-describedby={whyId}
              aria-label={plural(amount, {
                one: '+# número al azar',
                many: '+# de números al azar',
                other: '+# números al azar',
              })}
              onClick={() => {
                if (possible) void spin(amount);
                else if (amount > room.more) tell(why());
              }}
            >
              +{amount}
            </button>
          );
        })}
        <button
          type="button"
          className={styles.with}
          aria-expanded={filter !== null}
          disabled={!board}
          aria-label={t`Escoger los dígitos`}
          title={t`Escoger los dígitos`}
          onClick={() => setFilter(filter ? null : { kind: 'ends_with', digits: '' })}
        >
          <Icon name="settings" size={22} />
        </button>
      </div>
      <p id={whyId} hidden>
        {why()}
      </p>
      {filter && board && <PatternField value={filter} digits={board.width} onChange={setFilter} />}
      {told && <p className={styles.told}>{told}</p>}
    </section>
  );
}
