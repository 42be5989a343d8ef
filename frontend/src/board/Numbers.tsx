import { ButtonNumbers } from './ButtonNumbers';
import { CanvasNumbers } from './CanvasNumbers';
import type { NumbersProps } from './grid';

/** Up to here a number is a button of its own; above, the board is painted. */
export const MOST_BUTTONS = 1_000;

/** A board of numbers: buttons for a few, canvases for many. It behaves the same. */
export function Numbers(props: NumbersProps) {
  return props.board.count <= MOST_BUTTONS ? (
    <ButtonNumbers {...props} />
  ) : (
    <CanvasNumbers {...props} />
  );
}
