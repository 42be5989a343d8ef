import { type BoardView, Cell, type NumberStatus } from '../sdk/types';

/** A number as the REST interface and the JSON feed have it. */
export interface RaffleNumber {
  id: string;
  /** As it is printed; the id when left out. */
  number?: string;
  status: NumberStatus;
  user_id?: string | null | undefined;
}

const STATES: Record<NumberStatus, Cell> = {
  available: Cell.available,
  reserved: Cell.reserved,
  sold: Cell.sold,
  blocked: Cell.blocked,
};

/** A list of numbers as a board. It never changes: another list is another board. */
export function listBoard(
  numbers: readonly RaffleNumber[],
  selected: readonly string[],
  userId: string | undefined,
): BoardView {
  const chosen = new Set(selected);
  const labels = numbers.map((number) => number.number ?? number.id);
  const cells = numbers.map(stateOf);

  function stateOf(number: RaffleNumber): Cell {
    const mine = userId !== undefined && number.user_id === userId;
    if (number.status === 'sold') return mine ? Cell.bought : Cell.sold;
    if (number.status === 'blocked') return Cell.blocked;
    if (chosen.has(number.id) || (mine && number.status === 'reserved')) return Cell.mine;
    return STATES[number.status];
  }

  return {
    count: numbers.length,
    width: labels.reduce((most, label) => Math.max(most, label.length), 2),
    version: 0,
    cell: (index) => cells[index] ?? Cell.blocked,
    label: (index) => labels[index] ?? '',
    indexOf: (label) => {
      const index = labels.indexOf(label);
      return index < 0 ? undefined : index;
    },
    counts: () => {
      const count = (status: NumberStatus) =>
        numbers.filter((number) => number.status === status).length;
      return {
        available: count('available'),
        reserved: count('reserved'),
        sold: count('sold'),
        blocked: count('blocked'),
      };
    },
    subscribe: () => () => {},
  };
}
