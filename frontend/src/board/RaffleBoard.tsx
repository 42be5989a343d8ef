import { useLingui } from '@lingui/react/macro';
import { useEffect, useId, useRef, useState } from 'react';
import { lazyPart, Once } from '../app/lazy';
import { useValue } from '../sdk/hooks/useValue';
import type { LiveRaffle } from '../sdk/types';
import { Icon } from '../ui/Icon';
import { BoardSearch } from './BoardSearch';
import type { GridHandle, Target } from './grid';
import { Legend } from './Legend';
import { NumberCard } from './NumberCard';
import { MOST_BUTTONS, Numbers } from './Numbers';
import { QuickPick } from './QuickPick';
import styles from './RaffleBoard.module.css';
import { seenPart } from './seenPart';
import { useOutdated } from './useOutdated';
import { useTaps } from './useTaps';
import { type View, ViewSwitch } from './ViewSwitch';

// What a first look does not need comes after it.
const OverviewMap = lazyPart(async () => (await import('./OverviewMap')).OverviewMap);
const BlockHeat = lazyPart(async () => (await import('./BlockHeat')).BlockHeat);
const ListPicker = lazyPart(async () => (await import('./ListPicker')).ListPicker);
const KeysDialog = lazyPart(async () => (await import('./KeysDialog')).KeysDialog);

export interface RaffleBoardProps {
  live: LiveRaffle;
  /** A printed number to show first, as a shared link names it. */
  highlight?: string | null;
  /** A free number was tapped while nothing can be sent: keep it in mind, or do nothing. */
  onWanted?: (label: string) => void;
}

/** How many numbers the map's window has before the board was seen. */
const FIRST_SPAN = 50;

/**
 * The board of a raffle and all ways to choose from it: the numbers themselves, a map, a search, a
 * list, and chance. It keeps its size from the first paint on.
 */
export function RaffleBoard({ live, highlight = null, onWanted }: RaffleBoardProps) {
  const { t } = useLingui();
  const titleId = useId();
  const board = useValue(live.board);
  const raffle = useValue(live.raffle);
  const reservation = useValue(live.reservation);
  const connection = useValue(live.connection);
  const outdated = useOutdated(connection, board !== null);
  const ready = connection.state === 'live';
  const taps = useTaps(live, board, onWanted);
  const grid = useRef<GridHandle | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View>('numbers');
  const [target, setTarget] = useState<Target | null>(null);
  const [seen, setSeen] = useState({ first: 0, last: FIRST_SPAN - 1 });
  const [dialog, setDialog] = useState<'list' | 'keys' | null>(null);
  const large = (board?.count ?? raffle?.number_count ?? Number.POSITIVE_INFINITY) > MOST_BUTTONS;

  useEffect(() => {
    const index = highlight === null ? undefined : board?.indexOf(highlight);
    if (index === undefined) return;
    setTarget({ index });
    taps.inspect(index);
    // Once for each board and link, and not when the taps are others.
  }, [board, highlight]);

  function show(index: number | null, asked: boolean): void {
    taps.close();
    setTarget(index === null ? null : { index });
    if (index === null) return;
    setView('numbers');
    // What was only typed so far must not move the page away from under the keyboard.
    if (asked && frame.current) bringIntoSight(frame.current);
  }

  function take(index: number): void {
    show(index, true);
    taps.toggle(index);
  }

  function open(first: number): void {
    setSeen({ first, last: first + seen.last - seen.first });
    setTarget(null);
    setView('numbers');
  }

  function changeView(next: View): void {
    taps.close();
    setTarget(null);
    setView(next);
    if (frame.current) bringIntoSight(frame.current);
  }

  const own = (reservation?.number_ids ?? [])
    .map((label) => board?.indexOf(label))
    .filter((index) => index !== undefined);
  const last = Math.min(seen.last, (board?.count ?? 1) - 1);

  return (
    <section
      className={styles.board}
      aria-labelledby={titleId}
      onKeyDown={(event) => {
        if (event.key === 'Escape') taps.close();
      }}
    >
      <h2 id={titleId} className="visually-hidden">{t`Escoja sus números`}</h2>
      <div className={styles.tools}>
        <div className={styles.find}>
          <button
            type="button"
            className={styles.list}
            disabled={!board}
            aria-label={t`Lista: escoger de una lista`}
            title={t`Escoger de una lista`}
            onClick={() => setDialog('list')}
          >
            <Icon name="numbers" size={18} />
            {t`Lista`}
          </button>
          <BoardSearch board={board} ready={ready} input={search} onShow={show} onTake={take} />
        </div>
        <QuickPick
          live={live}
          board={board}
          ready={ready}
          onPicked={([label]) => {
            const index = label === undefined ? undefined : board?.indexOf(label);
            if (index !== undefined) show(index, false);
          }}
        />
      </div>
      <div className={styles.views}>
        {large ? (
          <ViewSwitch view={view} onChange={changeView} />
        ) : (
          <p className={styles.hint}>{t`Mantenga presionado un número para ver sus detalles.`}</p>
        )}
      </div>
      <div ref={frame} className={styles.frame}>
        {!board && <div className={styles.skeleton} aria-hidden="true" />}
        {board && view === 'numbers' && (
          <Numbers
            board={board}
            label={t`Números del sorteo`}
            outdated={outdated}
            target={target}
            first={seen.first}
            handle={grid}
            events={{
              toggle: taps.toggle,
              inspect: taps.inspect,
              search: () => search.current?.focus(),
              help: () => setDialog('keys'),
              seen: (first, last) => setSeen({ first, last }),
            }}
          />
        )}
        {board && view === 'map' && (
          <OverviewMap
            board={board}
            first={seen.first}
            last={last}
            own={own}
            outdated={outdated}
            onMove={(first) => setSeen({ first, last: first + last - seen.first })}
            onOpen={() => open(seen.first)}
          />
        )}
        {board && view === 'blocks' && (
          <BlockHeat board={board} first={seen.first} outdated={outdated} onOpen={open} />
        )}
        {board && taps.card && (
          <NumberCard
            key={JSON.stringify(taps.card)}
            card={taps.card}
            board={board}
            grid={grid}
            ready={ready}
            onToggle={taps.toggle}
            onTake={take}
            onClose={taps.close}
          />
        )}
      </div>
      <Legend />
      <Once when={dialog === 'list'}>
        {board && (
          <ListPicker
            open={dialog === 'list'}
            board={board}
            ready={ready}
            card={taps.card}
            onToggle={taps.toggle}
            onClose={() => {
              taps.close();
              setDialog(null);
            }}
          />
        )}
      </Once>
      <Once when={dialog === 'keys'}>
        <KeysDialog open={dialog === 'keys'} onClose={() => setDialog(null)} />
      </Once>
    </section>
  );
}

/** Enough of the board to see a number among its neighbours. */
const ENOUGH_PX = 300;

function bringIntoSight(frame: HTMLElement): void {
  const { top, bottom } = seenPart(frame);
  if (bottom - top < ENOUGH_PX) frame.scrollIntoView({ block: 'start' });
}
