import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BlockHeat } from '../../src/board/BlockHeat';
import { ListPicker } from '../../src/board/ListPicker';
import { OverviewMap } from '../../src/board/OverviewMap';
import { OUTDATED_MS, useOutdated } from '../../src/board/useOutdated';
import { Cell, type ConnectionView } from '../../src/sdk/types';
import { aBoard } from '../offline/fakeLive';
import { leave, press, render, text } from '../pages/page';
import { fakeScreen, leaveScreen } from './fakeScreen';

beforeEach(() => {
  fakeScreen(500, 500);
});

afterEach(() => {
  leave();
  leaveScreen();
});

function only(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`nothing is ${selector}`);
  return found;
}

async function key(element: HTMLElement, name: string): Promise<void> {
  const event = new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true });
  await act(async () => element.dispatchEvent(event));
}

describe('the map', () => {
  const board = aBoard(10_000, { 200: Cell.sold, 201: Cell.reserved });
  let moved: number[];
  let opened: number;

  async function show(first: number): Promise<void> {
    moved = [];
    opened = 0;
    await render(
      <OverviewMap
        board={board}
        first={first}
        last={first + 49}
        own={[]}
        outdated={false}
        onMove={(to) => moved.push(to)}
        onOpen={() => {
          opened += 1;
        }}
      />,
    );
  }

  test('says which numbers its window has, and how many of them are free', async () => {
    await show(200);
    expect(only('[role="slider"]').getAttribute('aria-valuetext')).toBe(
      'Del 0200 al 0249. 48 libres',
    );
    expect(text()).toContain('0200 – 0249');
  });

  test('a tap moves the window there, without dragging', async () => {
    await show(0);
    const facts = { clientX: 255, clientY: 252, bubbles: true };
    const frame = only('[role="slider"]').parentElement as HTMLElement;
    await act(async () => frame.dispatchEvent(new MouseEvent('click', facts)));
    expect(moved).toEqual([5_051 - 25]);
  });

  test('keys move the window by itself, by a row of the map, and to the ends', async () => {
    await show(200);
    const slider = only('[role="slider"]');
    for (const name of ['ArrowRight', 'ArrowDown', 'ArrowUp', 'Home', 'End']) {
      await key(slider, name);
    }
    expect(moved).toEqual([250, 300, 100, 0, 9_950]);
    await key(slider, 'Enter');
    expect(opened).toBe(1);
  });

  test('does not leave the board at its beginning', async () => {
    await show(0);
    await key(only('[role="slider"]'), 'ArrowLeft');
    expect(moved).toEqual([0]);
  });
});

describe('blocks', () => {
  test('say how much of each is free, and lead to its numbers', async () => {
    const opened: number[] = [];
    await render(
      <BlockHeat
        board={aBoard(2_050, { 105: Cell.sold })}
        first={150}
        outdated={false}
        onOpen={(first) => opened.push(first)}
      />,
    );
    await press('Del 0100 al 0199. 99 libres');
    await press('Del 2000 al 2049. 50 libres');
    expect(opened).toEqual([100, 2_000]);
    expect(only('[aria-current]').getAttribute('aria-label')).toContain('Del 0100');
  });

  test('are one tab stop, at the block of the numbers that were seen', async () => {
    await render(
      <BlockHeat board={aBoard(2_050)} first={150} outdated={false} onOpen={() => {}} />,
    );
    const stops = [...document.querySelectorAll<HTMLElement>('[tabindex="0"]')];
    expect(stops.map((stop) => stop.dataset.index)).toEqual(['1']);
    await act(async () => stops[0]?.focus());
    await key(stops[0] as HTMLElement, 'ArrowRight');
    expect((document.activeElement as HTMLElement).dataset.index).toBe('2');
  });
});

describe('the list', () => {
  const toggled: number[] = [];
  const sold = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [i, Cell.sold]));
  let board: ReturnType<typeof aBoard>;

  beforeEach(async () => {
    toggled.length = 0;
    board = aBoard(3_000, { ...sold, 1101: Cell.reserved });
    await render(
      <ListPicker
        open
        board={board}
        ready
        card={null}
        onToggle={(index) => toggled.push(index)}
        onClose={() => {}}
      />,
    );
  });

  function choices(): (string | null)[] {
    return [...document.querySelectorAll('li')].map((each) => each.textContent);
  }

  test('leads by groups to free numbers only', async () => {
    expect(choices()).toEqual(['1000 – 1999999 libres', '2000 – 29991\u00a0000 libres']);
    await press('1000 – 1999999 libres');
    expect(choices()).toHaveLength(10);
    await press('1100 – 119999 libres');
    expect(choices()).toHaveLength(99);
    await press('Número 1100, libre');
    expect(toggled).toEqual([1_100]);
    await press('Atrás');
    expect(choices()).toHaveLength(10);
  });

  test('who reads it goes on at the group that was chosen', async () => {
    await press('1000 – 1999999 libres');
    expect(document.activeElement?.textContent).toBe('1000 – 1999');
  });

  test('a number that is taken meanwhile stays in its place, and cannot be chosen', async () => {
    await press('1000 – 1999999 libres');
    await press('1100 – 119999 libres');
    vi.useFakeTimers();
    await act(async () => {
      board.setMarks('lost', [1_100]);
      vi.advanceTimersByTime(1_000);
    });
    vi.useRealTimers();
    await press('Número 1100, lo apartó otra persona');
    expect(toggled).toEqual([]);
    expect(choices()).toHaveLength(99);
  });
});

describe('an outdated board', () => {
  const live: ConnectionView = {
    state: 'live',
    lostSince: null,
    retryAt: null,
    offline: false,
    maintenance: false,
    code: null,
  };

  function Probe({ view, hasBoard = true }: { view: ConnectionView; hasBoard?: boolean }) {
    return <p>{useOutdated(view, hasBoard) ? 'outdated' : 'true'}</p>;
  }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  async function pass(ms: number): Promise<void> {
    await act(async () => {
      vi.advanceTimersByTime(ms);
    });
  }

  test('is shown as such after five seconds without the truth, and no more when it is back', async () => {
    const lost = { ...live, state: 'waiting', lostSince: performance.now() } as const;
    await render(<Probe view={lost} />);
    await pass(OUTDATED_MS - 1);
    expect(text()).toBe('true');
    await pass(1);
    expect(text()).toBe('outdated');
    await render(<Probe view={live} />);
    expect(text()).toBe('true');
  });

  test('is one of another visit, from its first moment on', async () => {
    await render(<Probe view={{ ...live, state: 'connecting' }} />);
    await pass(0);
    expect(text()).toBe('outdated');
  });

  test('is not one that is not there yet', async () => {
    await render(<Probe view={{ ...live, state: 'connecting' }} hasBoard={false} />);
    await pass(OUTDATED_MS);
    expect(text()).toBe('true');
  });
});
