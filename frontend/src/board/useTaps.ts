import { useLingui } from '@lingui/react/macro';
import { useEffect, useState } from 'react';
import { errorText } from '../i18n/errors';
import { nearestFree } from '../sdk/nearest';
import { type BoardView, Cell, type LiveRaffle, type Outcome } from '../sdk/types';
import { announce } from '../ui/announce';
import { cellName, explanation } from './cellNames';

/** How many free numbers are offered in place of one that is taken. */
const ALTERNATIVES = 3;

/** What the card beside a number tells. */
export type Card =
  | { kind: 'number'; index: number; near: readonly number[] }
  | { kind: 'lost'; labels: readonly string[]; near: readonly number[] }
  | { kind: 'refused'; index: number | null; text: string };

export interface Taps {
  card: Card | null;
  close(): void;
  /** A tap: holds a free number, lets one of mine go, and tells about any other. */
  toggle(index: number): void;
  /** Tells about a number, and offers near ones. */
  inspect(index: number): void;
}

/**
 * What taps on the board do, and what is to be told about them. `board` null: nothing yet.
 * `onWanted` hears of a free number that was tapped while nothing can be sent.
 */
export function useTaps(
  live: LiveRaffle,
  board: BoardView | null,
  onWanted?: (label: string) => void,
): Taps {
  const { t } = useLingui();
  const [card, setCard] = useState<Card | null>(null);

  useEffect(
    () =>
      live.onNotice((notice) => {
        if (notice.kind !== 'lost' || !board) return;
        const { numbers, nearest } = notice;
        const near = nearest
          .map((label) => board.indexOf(label))
          .filter((index) => index !== undefined);
        setCard({ kind: 'lost', labels: numbers, near });
        const lost = numbers.join(', ');
        const free = nearest.join(', ');
        announce(
          near.length > 0
            ? t`Otra persona apartó: ${lost}. Cerca hay libres: ${free}.`
            : t`Otra persona apartó: ${lost}.`,
          'assertive',
        );
      }),
    [live, board, t],
  );

  function refuse(index: number | null, text: string): void {
    setCard({ kind: 'refused', index, text });
    announce(text, 'assertive');
  }

  async function run(index: number, command: () => Promise<Outcome>, done: string): Promise<void> {
    setCard(null);
    const outcome = await command();
    if (outcome.ok) announce(done);
    // Who was slower is told by the notice, with near numbers.
    else if (outcome.code !== 'numbers_taken') {
      refuse(index, errorText(outcome.code, outcome.params));
    }
  }

  function pick(index: number, label: string): void {
    const raffle = live.raffle.get();
    const held = live.reservation.get()?.number_ids.length ?? 0;
    if (raffle && raffle.status !== 'active') {
      refuse(index, errorText('raffle_not_active'));
    } else if (raffle && held >= raffle.max_numbers_per_user) {
      refuse(index, errorText('too_many_numbers', { limit: raffle.max_numbers_per_user }));
    } else void run(index, () => live.pick(label), t`Apartó el ${label}.`);
  }

  function inspect(index: number): void {
    if (!board) return;
    const cell = board.cell(index);
    const near = nearestFree(board, index, ALTERNATIVES);
    setCard({ kind: 'number', index, near });
    announce(`${cellName(board.label(index), cell)}. ${explanation(cell)}`);
  }

  function waitWith(cell: Cell, label: string): void {
    if (cell === Cell.available && onWanted) {
      onWanted(label);
      announce(t`Sin conexión por ahora. Cuando vuelva le preguntaremos por el ${label}.`);
    } else announce(t`Sin conexión por ahora. Espere un momento.`);
  }

  function toggle(index: number): void {
    if (!board) return;
    const cell = board.cell(index);
    const label = board.label(index);
    if (cell === Cell.pending) return;
    // What is seen may be wrong. The page's banner tells why; who hears the board is told here.
    if (live.connection.get().state !== 'live') waitWith(cell, label);
    else if (cell === Cell.available) pick(index, label);
    else if (cell === Cell.mine) void run(index, () => live.unpick(label), t`Soltó el ${label}.`);
    else inspect(index);
  }

  return { card, close: () => setCard(null), toggle, inspect };
}
