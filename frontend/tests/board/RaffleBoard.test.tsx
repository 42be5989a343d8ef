import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RaffleBoard } from '../../src/board';
import { nearestFree } from '../../src/sdk/nearest';
import {
  Cell,
  type Notice,
  type Outcome,
  type Raffle,
  type Reservation,
} from '../../src/sdk/types';
import { announce } from '../../src/ui/announce';
import { aBoard, FakeLive } from '../offline/fakeLive';
import { leave, press, render, text } from '../pages/page';

vi.mock('../../src/ui/announce', () => ({
  announce: vi.fn(),
  mountAnnouncer: vi.fn(),
  unmountAnnouncer: vi.fn(),
}));

const RAFFLE = {
  id: 'moto',
  status: 'active',
  number_count: 100,
  max_numbers_per_user: 3,
} as Raffle;

/** What a board needs of a live raffle, beyond taps. */
class Live extends FakeLive {
  readonly unpicked: string[] = [];
  readonly spun: unknown[] = [];
  #tell: (notice: Notice) => void = () => {};

  readonly onNotice = (listener: (notice: Notice) => void) => {
    this.#tell = listener;
    return () => {};
  };
  readonly unpick = async (label: string): Promise<Outcome> => {
    this.unpicked.push(label);
    return { ok: true, reservation: null };
  };
  readonly quickPick = async (more: number, filter?: object): Promise<Outcome> => {
    this.spun.push([more, filter]);
    return { ok: true, reservation: { number_ids: ['42'] } as Reservation };
  };

  hold(...labels: string[]): void {
    this.reservation.set({ phase: 'selection', number_ids: labels } as Reservation);
  }

  notice(notice: Notice): void {
    this.#tell(notice);
  }
}

let live: Live;
let board: ReturnType<typeof aBoard>;

beforeEach(async () => {
  vi.mocked(announce).mockClear();
  live = new Live();
  board = live.goLive(aBoard(100, { 17: Cell.reserved, 18: Cell.sold }));
  live.raffle.set(RAFFLE);
  await render(<RaffleBoard live={live.asLive} />);
});

afterEach(leave);

async function tap(label: string): Promise<void> {
  const cell = document.querySelector<HTMLElement>(
    `[role="gridcell"][data-index="${Number(label)}"]`,
  );
  await act(async () => cell?.click());
}

async function look(typed: string): Promise<void> {
  const input = document.querySelector<HTMLInputElement>('[aria-label="Buscar un número"]');
  if (!input) throw new Error('there is no search');
  await act(async () => {
    input.value = typed;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

describe('a tap', () => {
  test('holds a free number, and says that it did', async () => {
    await tap('04');
    expect(live.picked).toEqual(['04']);
    expect(announce).toHaveBeenCalledWith('Apartó el 04.');
  });

  test('lets one of mine go', async () => {
    await act(async () => board.setMarks('mine', [4]));
    await tap('04');
    expect(live.unpicked).toEqual(['04']);
    expect(live.picked).toEqual([]);
  });

  test('on what another has tells who has it and offers near numbers, one tap away', async () => {
    await tap('17');
    expect(live.picked).toEqual([]);
    expect(text()).toContain('Otra persona lo tiene apartado');
    expect(nearestFree(board, 17, 3)).toEqual([16, 19, 15]);
    await press('Apartar el 16');
    expect(live.picked).toEqual(['16']);
  });

  test('on a free number puts away what was told of another', async () => {
    await tap('17');
    expect(document.querySelector('aside')).not.toBeNull();
    await tap('04');
    expect(document.querySelector('aside')).toBeNull();
  });

  test('beyond the limit is not sent, and says why', async () => {
    await act(async () => live.hold('01', '02', '03'));
    await tap('04');
    expect(live.picked).toEqual([]);
    expect(announce).toHaveBeenCalledWith(expect.stringContaining('3'), 'assertive');
  });

  test('does nothing while the truth is unknown', async () => {
    await act(async () => live.lose());
    await tap('04');
    expect(live.picked).toEqual([]);
  });

  test('on a number that is on its way is not sent again', async () => {
    await act(async () => board.markPending(4));
    await tap('04');
    expect(live.picked).toEqual([]);
    expect(live.unpicked).toEqual([]);
    expect(announce).not.toHaveBeenCalled();
  });
});

describe('a number that was lost', () => {
  test('is told kindly, with near numbers one tap away', async () => {
    live.answers.set('04', { ok: false, code: 'numbers_taken', params: {} });
    await tap('04');
    await act(async () => live.notice({ kind: 'lost', numbers: ['04'], nearest: ['05', '03'] }));
    expect(text()).toContain('El 04 lo apartó otra persona');
    await press('Apartar el 05');
    expect(live.picked).toEqual(['04', '05']);
    expect(document.querySelector('aside')).toBeNull();
  });

  test('is told with near numbers also when the answer comes after the notice', async () => {
    const answer: Outcome = { ok: false, code: 'numbers_taken', params: { numbers: ['04'] } };
    vi.spyOn(live, 'pick').mockImplementation(async () => {
      live.notice({ kind: 'lost', numbers: ['04'], nearest: ['05'] });
      return answer;
    });
    await tap('04');
    await press('Apartar el 05');
    expect(live.pick).toHaveBeenCalledWith('05');
  });

  test('what others do is never told', async () => {
    await act(async () => {
      board.applyDelta({
        kind: 'delta',
        epoch: 7,
        seqFrom: 1,
        seqTo: 2,
        indices: Uint32Array.of(30, 31),
        states: Uint8Array.of(Cell.reserved, Cell.sold),
      });
    });
    expect(announce).not.toHaveBeenCalled();
  });
});

describe('the search', () => {
  test('says how the number stands that was typed with its zeros', async () => {
    await look('07');
    expect(announce).toHaveBeenCalledWith('Número 07, libre');
  });

  test('offers the nearest when the number is taken', async () => {
    await look('18');
    await press('Apartar el 19');
    expect(live.picked).toEqual(['19']);
  });

  test('counts what ends with some digits', async () => {
    await look('*7');
    expect(text()).toContain('9 libres');
    expect(text()).toContain('de 10');
    await press('Siguiente libre');
    expect(text()).toContain('1 de 9');
  });

  test('says so when there is no such number', async () => {
    await look('100');
    expect(text()).toContain('No existe ese número: van del 00 al 99.');
  });
});

describe('chance', () => {
  test('adds as many as were asked for, and says which', async () => {
    await press('+1 número al azar');
    expect(live.spun).toEqual([[1, undefined]]);
    expect(text()).toContain('La suerte escogió: 42');
  });

  test('is not asked for more than the limit leaves, and says why', async () => {
    await press('+5 números al azar');
    expect(live.spun).toEqual([]);
    expect(text()).toContain('Puede apartar 3 números más.');
  });
});

test('the list is the first stop of the keyboard', () => {
  const stops = document.querySelectorAll<HTMLElement>(
    'button:not([tabindex="-1"]), input, a[href]',
  );
  expect(stops[0]?.getAttribute('aria-label')).toBe('Lista: escoger de una lista');
});

test('a link to a number shows it, with what can be done, one tap away', async () => {
  await render(<RaffleBoard live={live.asLive} highlight="42" />);
  await press('Apartar el 42');
  expect(live.picked).toEqual(['42']);
});

test('a link to a number that this raffle does not have shows the board', async () => {
  await render(<RaffleBoard live={live.asLive} highlight="4200" />);
  expect(document.querySelector('aside')).toBeNull();
});
