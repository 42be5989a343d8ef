import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MoneyCases } from '../../src/pages/organizer/payments/MoneyCases';
import { MoneyState } from '../../src/pages/organizer/payments/MoneyState';
import { ApiError } from '../../src/sdk/errors';
import { serverClock } from '../../src/sdk/serverClock';
import { deskService, type MoneyCase } from '../../src/sdk/services/deskService';
import { button, keepFocusInDialogs, leave, press, render, text } from './page';

const NOW = Date.parse('2026-01-31T18:00:00.000Z');
let open: MoneyCase[];

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(serverClock, 'now').mockReturnValue(NOW);
  open = [about('corto', 'underpaid')];
  vi.spyOn(deskService, 'cases').mockImplementation(async () => open);
  vi.spyOn(deskService, 'resolve').mockImplementation(async (id) => {
    open = open.filter((each) => each.id !== id);
  });
});

afterEach(() => {
  leave();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function about(id: string, kind: MoneyCase['kind'], hours = 20): MoneyCase {
  const facts = {
    asked: 200_000,
    captured: 199_900,
    refunded: 0,
    provider: 'sinpe',
    reference: '123456',
  };
  return {
    id,
    kind,
    raffle_id: 'moto',
    payment_id: 'p1',
    amount: 199_900,
    currency: 'CRC',
    owner: 'organizer',
    deadline: new Date(NOW + hours * 3_600_000).toISOString(),
    facts: facts as unknown as MoneyCase['facts'],
    opened_at: '2026-01-31T17:00:00.000Z',
  };
}

const plain = () => text().replace(/\s/g, ' ');
const cards = () => document.querySelectorAll('article').length;

async function write(note: string): Promise<void> {
  const area = document.querySelector('textarea');
  if (!area) throw new Error('no note');
  await act(async () => {
    area.value = note;
    area.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

/** Presses the button of the open dialog that leads on. */
async function decide(times = 1): Promise<void> {
  const lead = document.querySelector<HTMLButtonElement>('dialog[open] [type="submit"]');
  await act(async () => {
    for (let time = 0; time < times; time += 1) lead?.click();
  });
  await act(async () => void (await vi.advanceTimersByTimeAsync(0)));
}

it('says what happened, what is known, and until when somebody must decide', async () => {
  await render(<MoneyCases raffleId="moto" />);
  for (const part of ['Llegó de menos', '₡2 000', '₡1 999', 'SINPE Móvil', '123456']) {
    expect(plain()).toContain(part);
  }
  expect(plain()).toContain('Quedan 20 h para decidir');
});

it('a deadline that has passed says so', async () => {
  open = [about('viejo', 'stuck', -2)];
  await render(<MoneyCases raffleId="moto" />);
  expect(plain()).toContain('Venció hace 2 h');
});

it('a refund takes a note, is sent once, and the case vanishes', async () => {
  await render(<MoneyCases raffleId="moto" />);
  await press('Devolver el dinero');
  await decide();
  expect(deskService.resolve).not.toHaveBeenCalled();
  expect(text()).toContain('Escriba una nota.');
  await write('  hablé con Ana ');
  await decide(2);
  expect(deskService.resolve).toHaveBeenCalledExactlyOnceWith('corto', 'refund', 'hablé con Ana');
  expect(cards()).toBe(0);
  expect(text()).toContain('Todo el dinero está donde debe');
});

it('a case can be closed without moving money', async () => {
  await render(<MoneyCases raffleId="moto" />);
  await press('Cerrar sin devolver');
  await write('completó en efectivo');
  await decide();
  expect(deskService.resolve).toHaveBeenCalledWith('corto', 'keep', 'completó en efectivo');
});

it('a refund by hand is marked as sent', async () => {
  open = [about('mano', 'refund_failed')];
  await render(<MoneyCases raffleId="moto" />);
  await press('Ya lo devolví');
  await write('SINPE 99887766');
  await decide();
  expect(deskService.resolve).toHaveBeenCalledWith('mano', 'refund', 'SINPE 99887766');
});

it('where the money goes back by itself, or is nobody’s, no refund is offered', async () => {
  open = [about('a', 'paid_twice'), about('b', 'unknown_reference'), about('c', 'disputed')];
  await render(<MoneyCases raffleId={null} />);
  expect(cards()).toBe(3);
  expect(() => button('Devolver el dinero')).toThrow();
  expect(document.querySelector('a')?.getAttribute('href')).toBe(
    '/organizar?raffle=moto&ver=pagos',
  );
});

it('a refusal is told in the dialog, and the case stays', async () => {
  vi.mocked(deskService.resolve).mockRejectedValueOnce(new ApiError('unavailable', {}, 503));
  await render(<MoneyCases raffleId="moto" />);
  await press('Devolver el dinero');
  await write('x');
  await decide();
  expect(document.querySelector('dialog[open]')?.textContent).toContain('no pudo responder');
  expect(cards()).toBe(1);
});

it('a case that has closed by itself is told before any money is sent, and then vanishes', async () => {
  await render(<MoneyCases raffleId="moto" />);
  vi.mocked(deskService.resolve).mockImplementationOnce(async () => {
    open = [];
    throw new ApiError('wrong_phase', {}, 409);
  });
  await press('Devolver el dinero');
  await write('x');
  await decide();
  expect(document.querySelector('dialog[open]')?.textContent).toContain('cambió mientras tanto');
  expect(document.activeElement?.tagName).toBe('P');
  expect(document.querySelector('dialog[open] [type="submit"]')).toBeNull();
  await press('Cerrar');
  expect(cards()).toBe(0);
  expect(document.activeElement?.tagName).toBe('H2');
});

it('a case that closes while its note is written says so, and takes no decision', async () => {
  open = [about('corto', 'underpaid'), about('otro', 'stuck')];
  await render(<MoneyCases raffleId="moto" />);
  await act(async () => button('Devolver el dinero').click());
  await write('x');
  open = open.slice(1);
  await act(async () => void (await vi.advanceTimersByTimeAsync(15_000)));
  expect(document.querySelector('dialog[open]')?.textContent).toContain('cambió mientras tanto');
  await decide();
  expect(deskService.resolve).not.toHaveBeenCalled();
  await press('Cerrar');
  expect(cards()).toBe(1);
});

it('a case that is decided takes its dialog along, and the focus goes to the heading', async () => {
  keepFocusInDialogs();
  await render(<MoneyCases raffleId="moto" />);
  await press('Devolver el dinero');
  await write('x');
  await decide();
  expect(cards()).toBe(0);
  expect(document.activeElement?.tagName).toBe('H2');
});

it('a refusal that was read is not there when the dialog is opened again', async () => {
  vi.mocked(deskService.resolve).mockRejectedValueOnce(new ApiError('unavailable', {}, 503));
  await render(<MoneyCases raffleId="moto" />);
  await press('Devolver el dinero');
  await write('x');
  await decide();
  await press('No, volver');
  await press('Devolver el dinero');
  expect(document.querySelector('dialog[open]')?.textContent).not.toContain('no pudo responder');
});

it('an admin reads when the money was last found to be right', async () => {
  const times = { answered_at: '2026-01-31T18:00:00.000Z', clean_at: '2026-01-31T18:00:00.000Z' };
  vi.spyOn(deskService, 'audit').mockResolvedValue({ ...times, findings: { unbalanced: [] } });
  await render(<MoneyState />);
  expect(plain()).toContain('Dinero revisado a las 12:00 p. m.: todo cuadra');
});

it('an admin reads that nobody has looked for a while', async () => {
  const time = '2026-01-31T17:40:00.000Z';
  vi.spyOn(deskService, 'audit').mockResolvedValue({
    answered_at: time,
    clean_at: time,
    findings: {},
  });
  await render(<MoneyState />);
  expect(plain()).toContain('La última revisión fue hace 20 min');
});

it('an admin reads what was found', async () => {
  vi.spyOn(deskService, 'audit').mockResolvedValue({
    answered_at: '2026-01-31T18:00:00.000Z',
    clean_at: null,
    findings: { unbalanced: [{}, {}], idle: [] },
  });
  await render(<MoneyState />);
  expect(text()).toContain('Las cuentas no cuadran');
  expect(text()).toContain('unbalanced: 2');
  expect(text()).not.toContain('idle');
});
