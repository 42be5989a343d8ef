import { act } from 'react-dom/test-utils';
import { afterEach, describe, expect, test } from 'vitest';
import { NumberGrid } from '../../src/board';
import type { NumberStatus } from '../../src/sdk/types';
import { aBoard } from '../offline/fakeLive';
import { leave, render } from '../pages/page';

afterEach(leave);

function number(id: string, status: NumberStatus = 'available', user_id?: string) {
  return { id, number: id.slice(1), status, ...(user_id ? { user_id } : {}) };
}

function cell(name: string): HTMLElement {
  const found = [...document.querySelectorAll<HTMLElement>('[role="gridcell"]')];
  const cell = found.find((each) => each.getAttribute('aria-label') === name);
  const names = found.map((each) => each.getAttribute('aria-label')).join('; ');
  if (!cell) throw new Error(`no cell "${name}" in: ${names}`);
  return cell;
}

async function key(key: string): Promise<void> {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  await act(async () => document.activeElement?.dispatchEvent(event));
}

describe('a list of numbers', () => {
  test('a free number and one of mine are chosen by a tap, by their id', async () => {
    const chosen: string[] = [];
    await render(
      <NumberGrid
        numbers={[number('n00'), number('n01', 'reserved', 'me'), number('n02')]}
        selectedNumbers={['n02']}
        onSelectNumber={(id) => chosen.push(id)}
        currentUserId="me"
      />,
    );
    for (const name of [
      'Número 00, libre',
      'Número 01, apartado por usted',
      'Número 02, apartado por usted',
    ]) {
      await act(async () => cell(name).click());
    }
    expect(chosen).toEqual(['n00', 'n01', 'n02']);
  });

  test('what others have is not told', async () => {
    const chosen: string[] = [];
    await render(
      <NumberGrid
        numbers={[
          number('n00', 'reserved', 'her'),
          number('n01', 'sold'),
          number('n02', 'blocked'),
        ]}
        selectedNumbers={[]}
        onSelectNumber={(id) => chosen.push(id)}
        currentUserId="me"
      />,
    );
    for (const each of document.querySelectorAll<HTMLElement>('[role="gridcell"]')) {
      await act(async () => each.click());
    }
    expect(chosen).toEqual([]);
  });

  test('what I chose is selected to a screen reader too', async () => {
    await render(
      <NumberGrid
        numbers={[number('n00'), number('n01')]}
        selectedNumbers={['n01']}
        onSelectNumber={() => {}}
      />,
    );
    expect(cell('Número 01, apartado por usted').getAttribute('aria-selected')).toBe('true');
    expect(cell('Número 00, libre').getAttribute('aria-selected')).toBe('false');
  });

  test('is nothing yet without numbers', async () => {
    await render(<NumberGrid numbers={[]} selectedNumbers={[]} onSelectNumber={() => {}} />);
    expect(document.querySelector('[role="grid"]')).toBeNull();
  });
});

describe('a live board', () => {
  test('shows what changes, and gives printed numbers', async () => {
    const chosen: string[] = [];
    const board = aBoard(20);
    await render(<NumberGrid source={board} onSelectNumber={(id) => chosen.push(id)} />);
    await act(async () => cell('Número 04, libre').click());
    await act(async () => board.setMarks('mine', [4]));
    cell('Número 04, apartado por usted');
    expect(chosen).toEqual(['04']);
  });

  test('one number is the tab stop, and the arrows move it with the focus', async () => {
    await render(<NumberGrid source={aBoard(20)} onSelectNumber={() => {}} />);
    await act(async () => cell('Número 00, libre').focus());
    await key('ArrowRight');
    expect(document.activeElement).toBe(cell('Número 01, libre'));
    await key('End');
    await key('ArrowRight');
    const stops = [...document.querySelectorAll<HTMLElement>('[role="gridcell"][tabindex="0"]')];
    expect(stops).toEqual([document.activeElement]);
  });

  test('the focus stays on a number that somebody takes', async () => {
    const board = aBoard(20);
    await render(<NumberGrid source={board} onSelectNumber={() => {}} />);
    await act(async () => cell('Número 04, libre').focus());
    await act(async () => board.setMarks('mine', [4]));
    expect(document.activeElement).toBe(cell('Número 04, apartado por usted'));
  });
});
