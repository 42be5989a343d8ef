import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PaymentInbox } from '../../src/pages/organizer/payments/PaymentInbox';
import { ApiError } from '../../src/sdk/errors';
import { deskService, type Review } from '../../src/sdk/services/deskService';
import {
  button,
  description,
  field,
  keepFocusInDialogs,
  leave,
  press,
  render,
  text,
  type,
} from './page';

const REFERENCE = '2026112510283000123456789';
let waiting: Review[];

beforeEach(() => {
  vi.useFakeTimers();
  waiting = [review('uno')];
  vi.spyOn(deskService, 'waiting').mockImplementation(async () => waiting);
  vi.spyOn(deskService, 'approve').mockImplementation(async (id) => gone(id, 'paid'));
  vi.spyOn(deskService, 'reject').mockImplementation(async (id) => gone(id, 'declined'));
  vi.spyOn(deskService, 'picture').mockResolvedValue(new Blob(['x'], { type: 'image/png' }));
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => 'blob:picture');
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => undefined);
});

afterEach(() => {
  leave();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function review(id: string, change: Partial<Review> = {}, amount = 200_000): Review {
  return {
    payment: {
      id,
      raffle_id: 'moto',
      reservation_id: 'h1',
      provider: 'sinpe',
      status: 'review',
      amount,
      currency: 'CRC',
      number_ids: ['0417', '0532'],
      action: null,
      reason: null,
      refunded: 0,
      sold_as: null,
      needs_review: true,
      created_at: '2026-01-31T18:00:00.000Z',
      expires_at: '2026-02-01T18:00:00.000Z',
      expires_in_ms: 23 * 3_600_000,
      server_time: '2026-01-31T18:12:00.000Z',
    },
    user_id: 'ana',
    code: 'SR-7F3K',
    declared_reference: REFERENCE,
    suggestion: null,
    receipts: [],
    contact: { name: 'Ana Mora', phone: '+50688887777', email: null },
    ...change,
  };
}

/** The server has decided; the payment waits no more. */
function gone(id: string, status: Review['payment']['status']): Review['payment'] {
  const found = waiting.find(({ payment }) => payment.id === id) ?? review(id);
  waiting = waiting.filter((each) => each !== found);
  return { ...found.payment, status };
}

const show = () => render(<PaymentInbox raffleId="moto" />);
const pass = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));
const rows = () => document.querySelectorAll('article').length;
const plain = () => text().replace(/\s/g, ' ');

/** The button that approves, whatever it says of the amount. */
function approval(): HTMLButtonElement {
  const found = [...document.querySelectorAll('button')].find((each) =>
    each.textContent?.startsWith('Aprobar'),
  );
  if (!found) throw new Error(`nothing to approve in: ${text()}`);
  return found;
}

async function approve(): Promise<void> {
  await act(async () => approval().click());
  await pass(0);
}

it('shows all that helps to find the money in the bank', async () => {
  await show();
  for (const part of ['₡2 000', '0417', 'SR-7F3K', REFERENCE, 'Ana Mora', 'hace 12 min']) {
    expect(plain()).toContain(part);
  }
  expect(document.querySelector('a')?.href).toBe('tel:+50688887777');
  expect(plain()).toContain('quedan 23 h');
  expect(approval().textContent?.replace(/\s/g, ' ')).toBe('Aprobar ₡2 000 · ref 6789');
});

it('a buyer who has left no phone has no link to call', async () => {
  waiting = [review('uno', { contact: { name: 'Ana Mora', phone: null, email: null } })];
  await show();
  expect(text()).toContain('Ana Mora');
  expect(document.querySelector('a')).toBeNull();
});

it('one tap approves the exact amount under the declared reference, and the row vanishes', async () => {
  await show();
  await approve();
  expect(deskService.approve).toHaveBeenCalledExactlyOnceWith('uno', {
    reference: REFERENCE,
    bank: '',
    amount: 200_000,
  });
  expect(rows()).toBe(0);
  expect(plain()).toContain('Aprobado. Vendidos: 0417, 0532.');
});

it('an outcome speaks of one number as one', async () => {
  const one = review('uno');
  one.payment.number_ids = ['0417'];
  waiting = [one];
  vi.mocked(deskService.approve).mockImplementation(async (id) => gone(id, 'refunding'));
  await show();
  await approve();
  expect(plain()).toContain('Anotado, pero el número 0417 ya no estaba libre.');
});

it('a reference of one bank is approved as that of its bank', async () => {
  waiting = [review('uno', { declared_reference: 'BNCR:ABC123456' })];
  await show();
  await approve();
  expect(deskService.approve).toHaveBeenCalledWith('uno', {
    reference: 'ABC123456',
    bank: 'BNCR',
    amount: 200_000,
  });
});

it('what the bank itself has told is approved, before what the buyer has typed', async () => {
  const suggestion = { reference: 'ABC999888', bank: 'BAC', amount: 200_000, matched_by: 'code' };
  waiting = [review('uno', { declared_reference: null, suggestion })];
  await show();
  expect(plain()).toContain('El banco avisó que llegaron ₡2 000, comprobante ABC999888 (BAC).');
  await approve();
  expect(deskService.approve).toHaveBeenCalledWith('uno', {
    reference: 'ABC999888',
    bank: 'BAC',
    amount: 200_000,
  });
});

it('a transfer that was told without its bank is shown without one', async () => {
  const suggestion = { reference: 'ABC999888', bank: '', amount: 200_000, matched_by: 'code' };
  waiting = [review('uno', { suggestion })];
  await show();
  expect(plain()).toContain('El banco avisó que llegaron ₡2 000, comprobante ABC999888.');
});

it('when the bank has told another amount, that one is approved, and it says what follows', async () => {
  const suggestion = { reference: 'ABC999888', bank: 'BAC', amount: 150_000, matched_by: 'phone' };
  waiting = [review('uno', { suggestion })];
  await show();
  expect(plain()).toContain('al aprobar no se venderá nada');
  expect(approval().textContent?.replace(/\s/g, ' ')).toContain('₡1 500');
  await approve();
  expect(vi.mocked(deskService.approve).mock.calls[0]?.[1].amount).toBe(150_000);
});

it('two taps at once approve once', async () => {
  await show();
  await act(async () => {
    approval().click();
    approval().click();
  });
  await pass(0);
  expect(deskService.approve).toHaveBeenCalledTimes(1);
});

it('the second of two quick taps does not approve the payment that comes under the thumb', async () => {
  waiting = [review('uno'), review('dos')];
  await show();
  await pass(5_000);
  await approve();
  expect(rows()).toBe(1);
  await approve();
  expect(deskService.approve).toHaveBeenCalledTimes(1);
  await pass(1_000);
  await approve();
  expect(vi.mocked(deskService.approve).mock.calls.map(([id]) => id)).toEqual(['uno', 'dos']);
});

it('without a declared reference it asks for one before it sends anything', async () => {
  waiting = [review('uno', { declared_reference: null })];
  await show();
  await approve();
  expect(deskService.approve).not.toHaveBeenCalled();
  expect(description('Número de comprobante')).toContain('de 6 a 40 letras y números');
  expect(document.activeElement).toBe(field('Número de comprobante'));
  await type('Número de comprobante', 'abc-123456');
  await type('Banco (opcional)', 'BAC');
  await approve();
  expect(deskService.approve).toHaveBeenCalledWith('uno', {
    reference: 'abc-123456',
    bank: 'BAC',
    amount: 200_000,
  });
});

it('another amount is sent as it came, and it says before that nothing will be sold', async () => {
  vi.mocked(deskService.approve).mockImplementation(async (id) => gone(id, 'review'));
  await show();
  await press('Corregir comprobante o monto');
  await type('Monto que llegó', '1999');
  expect(text()).toContain('No es el monto exacto');
  expect(approval().textContent?.replace(/\s/g, ' ')).toContain('₡1 999');
  await approve();
  expect(vi.mocked(deskService.approve).mock.calls[0]?.[1].amount).toBe(199_900);
  expect(text()).toContain('quedó un caso abierto');
});

it('an amount that is none is not taken for the exact one', async () => {
  await show();
  await press('Corregir comprobante o monto');
  await type('Monto que llegó', 'dos mil');
  await approve();
  expect(deskService.approve).not.toHaveBeenCalled();
  expect(description('Monto que llegó')).toContain('Escriba un monto');
});

it('a reference that has paid already is told at the row, which stays to be mended', async () => {
  vi.mocked(deskService.approve).mockRejectedValueOnce(new ApiError('reference_taken', {}, 409));
  await show();
  await approve();
  expect(rows()).toBe(1);
  expect(document.querySelector('article')?.textContent).toContain('ya pagó otra compra');
  expect(field('Número de comprobante').value).toBe(REFERENCE);
});

it('after a lost answer it says that another tap is safe, and it is', async () => {
  vi.mocked(deskService.approve).mockRejectedValueOnce(new ApiError('timeout'));
  await show();
  await approve();
  expect(text()).toContain('no se aprueba dos veces');
  const already = new ApiError('wrong_phase', { status: 'paid' }, 409);
  vi.mocked(deskService.approve).mockRejectedValueOnce(already);
  await approve();
  expect(text()).toContain('Este pago ya estaba aprobado');
  expect(rows()).toBe(0);
});

it('one tap on a reason rejects, once, and the focus goes to the heading', async () => {
  keepFocusInDialogs();
  await show();
  await press('Rechazar');
  const reason = button('El dinero no ha llegado');
  await act(async () => {
    reason.click();
    reason.click();
  });
  await pass(0);
  expect(deskService.reject).toHaveBeenCalledExactlyOnceWith('uno', 'El dinero no ha llegado');
  expect(deskService.approve).not.toHaveBeenCalled();
  expect(rows()).toBe(0);
  expect(text()).toContain('Rechazado');
  expect(document.activeElement?.tagName).toBe('H2');
});

it('what another organizer has decided vanishes by itself, and what is new comes', async () => {
  await show();
  waiting = [review('dos', { code: 'SR-NEW1' })];
  await pass(5_000);
  expect(rows()).toBe(1);
  expect(text()).toContain('SR-NEW1');
});

it('whoever is just rejecting is not interrupted by what another one decides, and is told it', async () => {
  keepFocusInDialogs();
  await show();
  await press('Rechazar');
  waiting = [];
  await pass(10_000);
  expect(document.querySelector('dialog[open]')?.textContent).toContain('¿Por qué rechaza');
  const already = new ApiError('wrong_phase', { status: 'paid' }, 409);
  vi.mocked(deskService.reject).mockRejectedValueOnce(already);
  await press('El dinero no ha llegado');
  await pass(0);
  expect(rows()).toBe(0);
  expect(text()).toContain('Este pago ya estaba aprobado');
  expect(document.activeElement?.tagName).toBe('H2');
});

it('a page that nobody sees asks nothing, and asks at once when it is seen again', async () => {
  await show();
  const before = vi.mocked(deskService.waiting).mock.calls.length;
  const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  document.dispatchEvent(new Event('visibilitychange'));
  await pass(60_000);
  expect(deskService.waiting).toHaveBeenCalledTimes(before);
  visibility.mockReturnValue('visible');
  document.dispatchEvent(new Event('visibilitychange'));
  await pass(0);
  expect(deskService.waiting).toHaveBeenCalledTimes(before + 1);
});

it('a page that is left while a question is on its way asks no more when it was answered', async () => {
  await show();
  let answer: (reviews: Review[]) => void = () => undefined;
  vi.mocked(deskService.waiting).mockReturnValueOnce(
    new Promise((resolve) => {
      answer = resolve;
    }),
  );
  await pass(5_000);
  const asked = vi.mocked(deskService.waiting).mock.calls.length;
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  document.dispatchEvent(new Event('visibilitychange'));
  await act(async () => answer(waiting));
  await pass(60_000);
  expect(deskService.waiting).toHaveBeenCalledTimes(asked);
});

it('an answer that was overtaken brings no row back', async () => {
  await show();
  let late: (reviews: Review[]) => void = () => undefined;
  vi.mocked(deskService.waiting).mockReturnValueOnce(
    new Promise((resolve) => {
      late = resolve;
    }),
  );
  await pass(5_000);
  await approve();
  await act(async () => late([review('uno'), review('dos')]));
  expect(rows()).toBe(0);
});

it('a failed question leaves what is known, and says so', async () => {
  await show();
  vi.mocked(deskService.waiting).mockRejectedValueOnce(new ApiError('offline'));
  await pass(5_000);
  expect(rows()).toBe(1);
  expect(text()).toContain('No hay conexión');
  await pass(5_000);
  expect(text()).not.toContain('No hay conexión');
});

it('pictures open large, and are given back when their row is gone', async () => {
  waiting = [review('uno', { receipts: ['/1', '/2'] })];
  vi.mocked(URL.createObjectURL).mockReturnValueOnce('blob:1').mockReturnValueOnce('blob:2');
  await show();
  await pass(0);
  expect(vi.mocked(deskService.picture).mock.calls).toEqual([
    ['uno', 1],
    ['uno', 2],
  ]);
  await press('Ver comprobante 2');
  const large = document.querySelector<HTMLImageElement>('dialog[open] img');
  expect(large?.getAttribute('src')).toBe('blob:2');
  expect(URL.revokeObjectURL).not.toHaveBeenCalled();
  await press('Cerrar');
  await approve();
  expect(vi.mocked(URL.revokeObjectURL).mock.calls.flat().sort()).toEqual(['blob:1', 'blob:2']);
});

it('a picture that did not come can be asked for again', async () => {
  waiting = [review('uno', { receipts: ['/1'] })];
  vi.mocked(deskService.picture).mockRejectedValueOnce(new ApiError('timeout'));
  await show();
  await press('Cargar de nuevo el comprobante 1');
  await pass(0);
  expect(document.querySelector('button img')?.getAttribute('src')).toBe('blob:picture');
});

it('says so when nothing waits', async () => {
  waiting = [];
  await show();
  expect(text()).toContain('No hay pagos pendientes');
});
