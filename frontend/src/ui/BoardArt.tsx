import styles from './BoardArt.module.css';

const COLUMNS = 16;
const ROWS = 5;

interface Props {
  /** Gives each raffle its own pattern, always the same one. */
  seed: string;
  /** Shares of 0 to 1 that are sold, and held. */
  sold: number;
  held: number;
}

/**
 * A small picture in place of a photograph: a board that is as full as the raffle's. It decorates;
 * the words beside it tell the same.
 */
export function BoardArt({ seed, sold, held }: Props) {
  const cells = COLUMNS * ROWS;
  const order = shuffled(cells, seed);
  const full = Math.round(sold * cells);
  const taken = full + Math.ceil(held * cells);
  return (
    <svg
      aria-hidden="true"
      className={styles.art}
      viewBox={`0 0 ${COLUMNS * 10} ${ROWS * 10}`}
      preserveAspectRatio="xMidYMid slice"
    >
      {order.map((place, cell) => (
        <rect
          key={cell}
          x={(cell % COLUMNS) * 10 + 1.2}
          y={Math.floor(cell / COLUMNS) * 10 + 1.2}
          width="7.6"
          height="7.6"
          rx="2"
          className={styles[place < full ? 'sold' : place < taken ? 'held' : 'free']}
        />
      ))}
    </svg>
  );
}

/** The numbers below `count` in an order that only depends on `seed`. */
function shuffled(count: number, seed: string): number[] {
  let state = 2166136261;
  for (const character of seed) state = Math.imul(state ^ character.charCodeAt(0), 16777619);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const other = (state >>> 8) % (last + 1);
    const moved = order[last] as number;
    order[last] = order[other] as number;
    order[other] = moved;
  }
  return order;
}
