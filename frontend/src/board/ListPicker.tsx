import { useLingui } from '@lingui/react/macro';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type BoardView, Cell } from '../sdk/types';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { CardText } from './CardText';
import { CellSign, cellClass } from './CellSign';
import { cellName } from './cellNames';
import { freeText } from './freeText';
import styles from './ListPicker.module.css';
import { freeGroups, freeIn, groupSizes, type Range } from './ranges';
import { useBoardTick } from './useBoardTick';
import type { Card } from './useTaps';

interface Props {
  open: boolean;
  board: BoardView;
  ready: boolean;
  /** What is to be told of the last choice: the board's own card lies behind this dialog. */
  card: Card | null;
  onToggle: (index: number) => void;
  onClose: () => void;
}

/** A way to a number without the board: by groups, of which only those with free numbers show. */
export function ListPicker({ open, onClose, ...rest }: Props) {
  const { t } = useLingui();
  return (
    <Dialog open={open} title={t`Escoger de una lista`} onClose={onClose}>
      <Steps {...rest} />
    </Dialog>
  );
}

type StepProps = Omit<Props, 'open' | 'onClose'>;

function Steps({ board, ready, card, onToggle }: StepProps) {
  const { t } = useLingui();
  const [path, setPath] = useState<readonly Range[]>([{ first: 0, last: board.count - 1 }]);
  const title = useRef<HTMLHeadingElement>(null);
  const range = path[path.length - 1] as Range;
  const size = groupSizes(board.count)[path.length - 1];
  const names = `${board.label(range.first)} – ${board.label(range.last)}`;

  // Who chose a group goes on reading at its beginning.
  useEffect(() => {
    if (path.length > 1) title.current?.focus();
  }, [path]);

  return (
    <div className={styles.steps}>
      <div className={styles.head}>
        {path.length > 1 && (
          <Button icon="back" look="quiet" onClick={() => setPath(path.slice(0, -1))}>
            {t`Atrás`}
          </Button>
        )}
        <h3 ref={title} tabIndex={-1} className={styles.title}>
          {path.length > 1 ? names : t`Escoja un grupo de números`}
        </h3>
      </div>
      {card && card.kind !== 'number' && (
        <div className={styles.told}>
          <CardText card={card} board={board} />
        </div>
      )}
      {size === undefined ? (
        <NumberList range={range} board={board} ready={ready} onToggle={onToggle} />
      ) : (
        <GroupList
          range={range}
          size={size}
          board={board}
          onChoose={(group) => setPath([...path, group])}
        />
      )}
    </div>
  );
}

function GroupList({
  range,
  size,
  board,
  onChoose,
}: {
  range: Range;
  size: number;
  board: BoardView;
  onChoose: (group: Range) => void;
}) {
  const { t } = useLingui();
  const tick = useBoardTick(board, 3_000);
  // `tick`: the board has changed.
  const groups = useMemo(() => freeGroups(board, range, size), [board, range, size, tick]);
  if (groups.length === 0) return <p>{t`Aquí ya no quedan números libres.`}</p>;
  return (
    <ul className={styles.groups}>
      {groups.map(({ first, last, free }) => (
        <li key={first}>
          <button type="button" className={styles.group} onClick={() => onChoose({ first, last })}>
            <span className={styles.names}>
              {board.label(first)} – {board.label(last)}
            </span>
            <span className={styles.free}>{freeText(free)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function NumberList({
  range,
  board,
  ready,
  onToggle,
}: { range: Range } & Pick<StepProps, 'board' | 'ready' | 'onToggle'>) {
  const { t } = useLingui();
  useBoardTick(board, 200);
  // Those that were free when the list opened: none moves away under a finger.
  const listed = useMemo(() => freeIn(board, range), [board, range]);
  if (listed.length === 0) return <p>{t`Aquí ya no quedan números libres.`}</p>;
  return (
    <ul className={styles.numbers}>
      {listed.map((index) => {
        const cell = board.cell(index);
        const label = board.label(index);
        const possible = ready && (cell === Cell.available || cell === Cell.mine);
        return (
          <li key={index}>
            <button
              type="button"
              className={`${styles.number} ${cellClass(cell)}`}
              aria-label={cellName(label, cell)}
              aria-pressed={cell === Cell.mine || cell === Cell.pending}
              aria-disabled={!possible}
              onClick={() => {
                if (possible) onToggle(index);
              }}
            >
              {label}
              <CellSign cell={cell} />
            </button>
          </li>
        );
      })}
    </ul>
  );
}
