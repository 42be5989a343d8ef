import { Cell } from '../sdk/types';
import { LOOKS } from './marks';

export interface CellColours {
  readonly fill: string;
  readonly line: string;
  readonly ink: string;
}

/** The theme as a canvas needs it. Colours are any CSS colour. */
export interface Palette {
  /** Behind the cells. */
  readonly ground: string;
  /** A CSS font family. */
  readonly font: string;
  readonly cells: Readonly<Record<Cell, CellColours>>;
}

/** The colours and the font that hold at `element` now. */
export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  const colours = (cell: Cell): CellColours => {
    const token = `--cell-${LOOKS[cell].token}`;
    return { fill: value(token), line: value(`${token}-line`), ink: value(`${token}-ink`) };
  };
  const cells = Object.fromEntries(Object.values(Cell).map((cell) => [cell, colours(cell)]));
  return {
    ground: value('--surface'),
    font: value('--font-number') || 'system-ui, sans-serif',
    cells: cells as Record<Cell, CellColours>,
  };
}

/** Calls `changed` after each change of the theme, until the returned function is called. */
export function watchTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['data-theme', 'data-contrast', 'class', 'style'],
  });
  const queries = ['(forced-colors: active)', '(prefers-color-scheme: dark)'].map((query) =>
    matchMedia(query),
  );
  for (const query of queries) query.addEventListener('change', changed);
  return () => {
    observer.disconnect();
    for (const query of queries) query.removeEventListener('change', changed);
  };
}

/** Each state's colour on the map as the four bytes of a pixel, in the order of this machine. */
export function pixelsOf(palette: Palette): Uint32Array {
  const states = Object.values(Cell);
  const canvas = document.createElement('canvas');
  canvas.width = states.length;
  canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser has no 2-D canvas');
  for (const cell of states) {
    // What is sold must be told from what is free also at one pixel a number.
    const taken = cell === Cell.sold || cell === Cell.blocked;
    context.fillStyle = taken ? palette.cells[Cell.available].line : palette.cells[cell].fill;
    context.fillRect(cell, 0, 1, 1);
  }
  return new Uint32Array(context.getImageData(0, 0, states.length, 1).data.buffer);
}
