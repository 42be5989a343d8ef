import { Cell } from '../sdk/types';

/** How a state is told without colour: its border, and a sign drawn on a grid of 24. */
export interface Look {
  /** The state's part in the names of the theme's tokens: `--cell-free`, `--cell-free-ink`. */
  readonly token: string;
  readonly border: 'thin' | 'dashed' | 'thick';
  readonly sign: string | null;
  /** The sign is an area and not a stroke. */
  readonly solid?: true;
}

const CHECK = 'M4.5 12.5l5 5L19.5 7';
const CLOCK = 'M12 7.5V12l3.5 2M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18';
const CROSS = 'M6 6l12 12M18 6L6 18';
const STAR = 'M12 1.8l3.1 6.7 7.3.8-5.4 5 1.5 7.2L12 17.9l-6.5 3.6L7 14.3l-5.4-5 7.3-.8z';
const STOP = 'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M5.8 5.8l12.4 12.4';

export const LOOKS: Record<Cell, Look> = {
  [Cell.available]: { token: 'free', border: 'thin', sign: null },
  [Cell.reserved]: { token: 'held', border: 'thin', sign: 'M5 12h14' },
  [Cell.sold]: { token: 'sold', border: 'thin', sign: CROSS },
  [Cell.blocked]: { token: 'blocked', border: 'thin', sign: STOP },
  [Cell.pending]: { token: 'pending', border: 'dashed', sign: 'M4 12h.01M12 12h.01M20 12h.01' },
  [Cell.mine]: { token: 'mine', border: 'thick', sign: CHECK },
  [Cell.paying]: { token: 'paying', border: 'thick', sign: CLOCK },
  [Cell.bought]: { token: 'bought', border: 'thick', sign: STAR, solid: true },
  [Cell.lost]: { token: 'lost', border: 'thick', sign: 'M4 12h15M13 6l6 6-6 6' },
};

/** Whether a number in this state is this person's, or about to be. */
export function isOwn(cell: Cell): boolean {
  return (
    cell === Cell.pending || cell === Cell.mine || cell === Cell.paying || cell === Cell.bought
  );
}
