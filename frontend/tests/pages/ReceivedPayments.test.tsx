import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { tellDecided } from '../../src/pages/organizer/payments/decisions';
import { ReceivedPayments } from '../../src/pages/organizer/payments/ReceivedPayments';
import { ApiError } from '../../src/sdk/errors';
import { identity } from '../../src/sdk/identity';
import type { Role } from '../../src/sdk/person';
import { deskService, type Received } from '../../src/sdk/services/deskService';
import { button, description, field, leave, press, RAFFLE, render, text, type } from './page';

/** All that the server has, newest first. */
let paid: Received[];

beforeEach(() => {
  vi.useFakeTimers();
  signInAs('admin');
  paid = [received('uno')];
  vi.spyOn(deskService, 'received').mockImplementation(async (_, count, number) =>
    paid.filter(({ payment }) => !number || payment.number_ids.includes(number)).slice(0, count),
  );
  vi.spyOn(deskService, 'refund').mockImplementation(async (id, _, numbers) =>
    giveBack(id, numbers, 'paid'),
  );
});

afterEach(() => {
  leave();
  // What was still to be said is said.
  vi.advanceTimersByTime(10_000);
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function signInAs(role: Role): void {
  const person = { token: 't', userId: 'yo', role, expiresAt: '2099-01-01T00:00:00.000Z' };
  vi.spyOn(identity, 'get').mockReturnValue(person);
}

type Status = Received['payment']['status'];

function received(id: string, change: Partial<Received> = {}, status: Status = 'paid'): Received {
  return {
    payment: {
      id,
      raffle_id: 'moto',
      reservation_id: 'h1',
      provider: 'sandbox',
      status,
      amount: 300_000,
      currency: 'CRC',
      number_ids: ['0417', '0532'],
      action: null,
      reason: null,
      refunded: 0,
      sold_as: 'h1',
      needs_review: false,
      created_at: '2026-01-31T18:00:00.000Z',
      expires_at: null,
      expires_in_ms: 0,
      server_time: '2026-01-31T18:12:00.000Z',
    },
    user_id: 'ana',
    contact: { name: 'Ana Mora', phone: '+50688887777', email: 'ana@example.com' },
    reference: null,
    captured: 300_000,
    paid_currency: 'CRC',
    unit_price: 150_000,
    returned_ids: [],
    refund_by_hand: false,
    decided_at: '2026-01-31T18:00:05.000Z',
    ...change,
  };
}

/** The server has given numbers back. */
function giveBack(id: string, numbers: readonly string[], status: Status): Received['payment'] {
  const found = paid.find(({ payment }) => payment.id === id) ?? received(id);
  const returned_ids = [...found.returned_ids, ...numbers];
  const refunded = status === 'refunding' ? 0 : 150_000 * returned_ids.length;
  const payment = { ...found.payment, status, refunded };
  paid = paid.map((each) => (each === found ? { ...found, payment, returned_ids } : each));
  return payment;
}

const show = () => render(<ReceivedPayments raffle={RAFFLE} />);
const pass = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));
const rows = () => [...document.querySelectorAll('article')];
const plain = () => text().replace(/\s/g, ' ');
const dialog = () => document.querySelector('dialog[open]')?.textContent?.replace(/\s/g, ' ');
const headOf = (row: Element | undefined) =>
  row?.querySelector('header')?.textContent?.replace(/\s/g, ' ');

/** Submits the form with this button. */
async function submit(name: string): Promise<void> {
  await act(async () => button(name).form?.requestSubmit());
  await pass(0);
}

/** Presses the button whose name differs by a space that does not break. */
async function pressLike(name: RegExp, times = 1): Promise<void> {
  const found = [...document.querySelectorAll('button')].find((each) =>
    name.test(each.textContent?.replace(/\s/g, ' ') ?? ''),
  );
  if (!found) throw new Error(`no button ${name} in: ${plain()}`);
  await act(async () => {
    for (let time = 0; time < times; time += 1) found.click();
  });
  await pass(0);
}

async function choose(label: string): Promise<void> {
  const found = [...document.querySelectorAll('dialog label')].find(
    (each) => each.textContent === label,
  );
  await act(async () => found?.querySelector('input')?.click());
}

/** From the row to the last question, for these numbers. */
async function ask(...labels: string[]): Promise<void> {
  await press('Devolver dinero');
  for (const label of labels) await choose(label);
  await type('Razón', ' lo pidió ');
  await submit('Continuar');
}

it('shows who paid, for what, how, and where the money is', async () => {
  paid = [received('uno', { reference: 'BNCR:ABC123456' })];
  await show();
  for (const part of ['₡3 000', '0417', '0532', 'Ana Mora', 'Pago de prueba', 'ABC123456 (BNCR)']) {
    expect(plain()).toContain(part);
  }
  expect(document.querySelector('a')?.href).toBe('tel:+50688887777');
  expect(plain()).not.toContain('ana@example.com');
  expect(headOf(rows()[0])).toBe('₡3 000Pagado');
});

it('says in plain words where the money of each payment is', async () => {
  const half = { returned_ids: ['0417'] };
  const all = { returned_ids: ['0417', '0532'] };
  const nothing = (id: string, status: Status) => {
    const one = received(id, {}, status);
    return { ...one, payment: { ...one.payment, sold_as: null } };
  };
  paid = [
    received('a', half),
    received('b', half, 'refunding'),
    received('c', { ...all, refund_by_hand: true }, 'refunding'),
    received('d', all, 'refunded'),
    nothing('e', 'refunded'),
    nothing('f', 'review'),
    nothing('g', 'late'),
  ];
  await show();
  expect(rows().map((row) => headOf(row)?.replace('₡3 000', ''))).toEqual([
    'Devuelto en parte',
    'Devolución en curso',
    'Falta enviar la devolución',
    'Devuelto',
    'Devuelto',
    'Por resolver',
    'Asignando los números',
  ]);
  // Only what has bought numbers that were not given back can go back from here.
  const offers = rows().map((row) => row.querySelector('button') !== null);
  expect(offers).toEqual([true, true, false, false, false, false, false]);
});

it('another amount or currency than was asked for is told as it came', async () => {
  paid = [received('uno', { captured: 500, paid_currency: 'USD' })];
  await show();
  expect(plain()).toContain('Llegó$5');
});

it('an organizer who is no admin sees the payments, and whom to ask for a refund', async () => {
  signInAs('organizer');
  await show();
  expect(plain()).toContain('Ana Mora');
  expect(() => button('Devolver dinero')).toThrow();
  expect(text()).toContain('pídalo a la administración');
});

it('finds who has a number, typed as people type it, and comes back to all', async () => {
  const other = received('dos');
  other.payment.number_ids = ['0099'];
  paid = [received('uno'), other];
  await show();
  await type('Buscar por número', '99');
  await submit('Buscar');
  expect(deskService.received).toHaveBeenLastCalledWith('moto', 21, '0099');
  expect(rows()).toHaveLength(1);
  await press('Ver todos');
  expect(rows()).toHaveLength(2);
  expect(field('Buscar por número').value).toBe('');
  expect(document.activeElement).toBe(field('Buscar por número'));
});

it('a number that nobody has paid for says so', async () => {
  await show();
  await type('Buscar por número', '0001');
  await submit('Buscar');
  expect(text()).toContain('Nadie ha pagado por el 0001.');
});

it.each(['10000', 'abc', '4*'])(
  'what is no number (%s) is told, and not asked for',
  async (typed) => {
    await show();
    await type('Buscar por número', typed);
    await submit('Buscar');
    expect(description('Buscar por número')).toContain('no existe en este sorteo');
    expect(document.activeElement).toBe(field('Buscar por número'));
    expect(vi.mocked(deskService.received).mock.calls.every(([, , number]) => !number)).toBe(true);
  },
);

it('a long list comes in steps, until there is no more', async () => {
  paid = Array.from({ length: 45 }, (_, place) => received(`p${place}`));
  await show();
  expect(rows()).toHaveLength(20);
  await press('Ver más');
  expect(rows()).toHaveLength(40);
  await press('Ver más');
  expect(rows()).toHaveLength(45);
  expect(() => button('Ver más')).toThrow();
});

it('some numbers go back after two steps, once, and the page shows what became of it', async () => {
  await show();
  await press('Devolver dinero');
  await choose('0417');
  expect(dialog()).toContain('Se devuelven ₡1 500 (1 número)');
  await type('Razón', ' lo pidió ');
  await submit('Continuar');
  expect(deskService.refund).not.toHaveBeenCalled();
  expect(dialog()).toContain('Se devuelven ₡1 500 a Ana Mora.');
  expect(dialog()).toContain('Vuelve por donde se pagó: Pago de prueba.');
  expect(dialog()).toContain('cualquiera los puede comprar: 0417.');
  expect(document.activeElement?.textContent).toContain('Se devuelven');
  await pressLike(/^Devolver ₡1 500$/, 2);
  expect(deskService.refund).toHaveBeenCalledExactlyOnceWith('uno', 'lo pidió', ['0417']);
  expect(document.querySelector('dialog[open]')).toBeNull();
  expect(headOf(rows()[0])).toBe('₡3 000Devuelto en parte');
  expect(plain()).toContain('Devuelto: ₡1 500. Libre de nuevo: 0417.');
  expect(document.activeElement?.tagName).toBe('H3');
});

it('all numbers are chosen with one tap, and nothing is left to give back', async () => {
  vi.mocked(deskService.refund).mockImplementation(async (id, _, numbers) =>
    giveBack(id, numbers, 'refunded'),
  );
  await show();
  await press('Devolver dinero');
  await press('Todos');
  await type('Razón', 'x');
  await submit('Continuar');
  await pressLike(/^Devolver ₡3 000$/);
  expect(deskService.refund).toHaveBeenCalledWith('uno', 'x', ['0417', '0532']);
  expect(headOf(rows()[0])).toBe('₡3 000Devuelto');
  expect(() => button('Devolver dinero')).toThrow();
  expect(document.activeElement?.tagName).toBe('H3');
});

it('only what has not gone back before can be chosen', async () => {
  paid = [received('uno', { returned_ids: ['0417'] })];
  await show();
  await press('Devolver dinero');
  expect(document.querySelectorAll('dialog [type=checkbox]')).toHaveLength(1);
  expect(dialog()).toContain('Se devuelven ₡1 500 (1 número)');
});

it('who came for one number finds it chosen', async () => {
  await show();
  await type('Buscar por número', '532');
  await submit('Buscar');
  await press('Devolver dinero');
  const chosen = document.querySelectorAll('dialog :checked');
  expect([...chosen].map((each) => each.closest('label')?.textContent)).toEqual(['0532']);
});

it('without a number or a reason it does not go on, and says what is missing', async () => {
  await show();
  await press('Devolver dinero');
  await submit('Continuar');
  expect(dialog()).toContain('Escoja al menos un número.');
  expect(description('Razón')).toContain('Escriba la razón.');
  expect(document.activeElement?.getAttribute('type')).toBe('checkbox');
  await choose('0417');
  await submit('Continuar');
  expect(document.activeElement).toBe(field('Razón'));
});

it('what is typed stays when one goes back a step', async () => {
  await show();
  await ask('0417');
  await press('Volver');
  expect(field('Razón').value).toBe(' lo pidió ');
  expect(document.querySelectorAll('dialog :checked')).toHaveLength(1);
});

it('while it is sent nothing can be pressed, and the dialog stays', async () => {
  let answer: (payment: Received['payment']) => void = () => undefined;
  vi.mocked(deskService.refund).mockReturnValueOnce(
    new Promise((resolve) => {
      answer = resolve;
    }),
  );
  await show();
  await ask('0417');
  await pressLike(/^Devolver ₡1 500$/);
  await press('Volver');
  await press('Cerrar');
  expect(dialog()).toContain('Se devuelven ₡1 500 a Ana Mora.');
  expect(document.querySelector('dialog [aria-busy=true]')).not.toBeNull();
  await act(async () => answer(giveBack('uno', ['0417'], 'paid')));
  await pass(0);
  expect(document.querySelector('dialog[open]')).toBeNull();
});

it.each([
  [new ApiError('timeout'), 'no se devuelve dos veces'],
  [new ApiError('wrong_phase', {}, 409), 'Este pago cambió mientras tanto'],
  [new ApiError('raffle_not_active', {}, 409), 'ya se sorteó'],
  [new ApiError('forbidden', {}, 403), 'Solo la administración'],
  [new ApiError('rate_limited', {}, 429), 'Vamos muy rápido'],
])('a refusal is told in a sentence, and can be answered (%s)', async (refused, told) => {
  vi.mocked(deskService.refund).mockRejectedValueOnce(refused);
  await show();
  await ask('0417');
  await pressLike(/^Devolver ₡1 500$/);
  expect(dialog()).toContain(told);
  await pressLike(/^Devolver ₡1 500$/);
  expect(deskService.refund).toHaveBeenCalledTimes(2);
  expect(plain()).toContain('Devuelto: ₡1 500.');
});

it('a refund that is under way says so, and the list tells later that it has arrived', async () => {
  vi.mocked(deskService.refund).mockImplementation(async (id, _, numbers) =>
    giveBack(id, numbers, 'refunding'),
  );
  await show();
  await ask('0417');
  await pressLike(/^Devolver ₡1 500$/);
  expect(plain()).toContain('Devolución en curso: ₡1 500. Libre de nuevo: 0417.');
  expect(headOf(rows()[0])).toContain('Devolución en curso');
  giveBack('uno', [], 'paid');
  await pass(30_000);
  expect(headOf(rows()[0])).toContain('Devuelto en parte');
});

it('money that a person has to send is told so, before and after', async () => {
  paid = [received('uno', { refund_by_hand: true })];
  vi.mocked(deskService.refund).mockImplementation(async (id, _, numbers) =>
    giveBack(id, numbers, 'refunding'),
  );
  await show();
  await ask('0417');
  expect(dialog()).toContain('una persona debe enviarlo');
  await pressLike(/^Devolver ₡1 500$/);
  expect(plain()).toContain('Los ₡1 500 los debe enviar una persona');
  expect(headOf(rows()[0])).toContain('Falta enviar la devolución');
});

it('numbers that cost nothing are only set free', async () => {
  const free = received('uno', { unit_price: 0, captured: 0 });
  free.payment.amount = 0;
  free.payment.provider = 'free';
  paid = [free];
  await show();
  await press('Liberar números');
  await choose('0417');
  await type('Razón', 'x');
  await submit('Continuar');
  expect(dialog()).toContain('No hay dinero que devolver');
  await press('Liberar 0417');
  expect(plain()).toContain('Libre de nuevo: 0417.');
  expect(plain()).not.toContain('Devuelto:');
});

it('says so when no money has come, and when it cannot be known', async () => {
  paid = [];
  await show();
  expect(text()).toContain('Todavía no ha llegado dinero');
  leave();
  vi.mocked(deskService.received).mockRejectedValueOnce(new ApiError('offline'));
  await show();
  expect(text()).toContain('No hay conexión');
  expect(text()).not.toContain('Todavía no ha llegado dinero');
});

it('what is told after a refund is not told from inside the dialog that has closed', async () => {
  await show();
  await ask('0417');
  await pressLike(/^Devolver ₡1 500$/);
  await pass(4_000);
  const told = document.querySelector('[aria-live][aria-atomic]');
  expect(told?.textContent).toContain('Libre de nuevo: 0417.');
  expect(told?.closest('dialog')).toBeNull();
});

it('numbers that somebody else gives back while one is asked are not sent, and that is told', async () => {
  await show();
  await ask('0417');
  giveBack('uno', ['0417'], 'paid');
  await pass(30_000);
  expect(dialog()).toContain('Este pago cambió mientras tanto');
  expect(document.activeElement?.tagName).toBe('P');
  expect(dialog()).not.toContain('₡0');
  expect(deskService.refund).not.toHaveBeenCalled();
});

it('the dialog stays to tell that all has gone back meanwhile', async () => {
  await show();
  await press('Devolver dinero');
  giveBack('uno', ['0417', '0532'], 'refunded');
  await pass(30_000);
  expect(dialog()).toContain('Este pago cambió mientras tanto');
  await press('Cerrar');
  expect(document.querySelector('dialog[open]')).toBeNull();
  expect(document.activeElement?.tagName).toBe('H3');
});

it('new payments do not push a row away whose dialog is open', async () => {
  paid = Array.from({ length: 20 }, (_, place) => received(`p${place}`));
  await show();
  const buttons = [...document.querySelectorAll('article button')].filter(
    (each) => each.textContent === 'Devolver dinero',
  );
  await act(async () => (buttons.at(-1) as HTMLElement).click());
  await type('Razón', 'lo pidió');
  paid = [received('nuevo'), ...paid];
  await pass(30_000);
  expect(field('Razón').value).toBe('lo pidió');
  await press('No, volver');
  expect(document.getElementById('received-nuevo')).not.toBeNull();
});

it('a refusal is followed by a look at the list, which then shows what is so', async () => {
  vi.mocked(deskService.refund).mockImplementationOnce(async () => {
    giveBack('uno', ['0417'], 'paid');
    throw new ApiError('wrong_phase', {}, 409);
  });
  await show();
  await ask('0417');
  await pressLike(/^Devolver ₡1 500$/);
  expect(dialog()).toContain('Este pago cambió mientras tanto');
  await press('Cerrar');
  expect(headOf(rows()[0])).toContain('Devuelto en parte');
});

it('the step before has the focus when one goes back to it', async () => {
  await show();
  await ask('0417');
  await press('Volver');
  expect(document.activeElement?.closest('form')).toBe(button('Continuar').form);
});

it('a button with hundreds of numbers does not spell them', async () => {
  const free = received('uno', { unit_price: 0, captured: 0 });
  free.payment.number_ids = Array.from({ length: 300 }, (_, place) => String(1_000 + place));
  paid = [free];
  await show();
  await press('Liberar números');
  await press('Todos');
  await type('Razón', 'x');
  await submit('Continuar');
  const longest = [...document.querySelectorAll('dialog button')].map(
    (each) => each.textContent?.length ?? 0,
  );
  expect(Math.max(...longest)).toBeLessThan(40);
});

it('while more is asked for the button stays, and the focus goes on where the new ones begin', async () => {
  paid = Array.from({ length: 45 }, (_, place) => received(`p${place}`));
  await show();
  let answer: () => void = () => undefined;
  vi.mocked(deskService.received).mockImplementationOnce(async (_, count) => {
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return paid.slice(0, count);
  });
  button('Ver más').focus();
  await press('Ver más');
  expect(button('Ver más').getAttribute('aria-busy')).toBe('true');
  expect(document.activeElement).toBe(button('Ver más'));
  expect(rows()).toHaveLength(20);
  await act(async () => answer());
  await pass(0);
  expect(rows()).toHaveLength(40);
  expect(document.activeElement?.id).toBe('received-p20');
  button('Ver más').focus();
  await press('Ver más');
  expect(document.activeElement?.id).toBe('received-p40');
});

it('more that was not answered can be asked for again', async () => {
  paid = Array.from({ length: 45 }, (_, place) => received(`p${place}`));
  await show();
  vi.mocked(deskService.received).mockRejectedValueOnce(new ApiError('offline'));
  await press('Ver más');
  expect(text()).toContain('No hay conexión');
  expect(rows()).toHaveLength(20);
  await press('Ver más');
  expect(rows()).toHaveLength(40);
});

it('what a search has found is said to who does not see it', async () => {
  await show();
  const said = () =>
    document.querySelector('[aria-live][aria-atomic]')?.textContent?.replace(/\s/g, ' ');
  await pass(4_000);
  await type('Buscar por número', '0001');
  await submit('Buscar');
  await pass(4_000);
  expect(said()).toBe('Nadie ha pagado por el 0001.');
  await type('Buscar por número', '417');
  await submit('Buscar');
  await pass(4_000);
  expect(said()).toBe('Ana Mora, ₡3 000: Pagado');
});

it('a payment that was just approved on the page is there at once', async () => {
  await show();
  paid = [received('p9'), ...paid];
  const before = rows().length;
  await act(async () => tellDecided());
  await pass(0);
  expect(rows()).toHaveLength(before + 1);
});
