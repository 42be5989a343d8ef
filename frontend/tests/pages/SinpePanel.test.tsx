import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest';
import { SinpePanel } from '../../src/pages/checkout/SinpePanel';
import { ApiError } from '../../src/sdk/errors';
import { paymentService } from '../../src/sdk/services/paymentService';
import * as speaker from '../../src/ui/announce';
import { button, description, leave, press, render, text, type } from './page';
import { payment } from './paying';

const SINPE = payment({
  provider: 'sinpe',
  action: {
    type: 'sinpe',
    phone: '88887777',
    name: 'Escuela',
    amount: 4_500_000,
    currency: 'CRC',
    code: 'SR-7F3K',
  },
});
const refresh = vi.fn();
const copied = vi.fn<(text: string) => Promise<void>>();
let sent: MockInstance<typeof paymentService.sendReceipt>;
let canvas: { toBlob: unknown; drawn: number[] };

beforeEach(async () => {
  refresh.mockReset();
  copied.mockReset().mockResolvedValue();
  vi.stubGlobal('navigator', { clipboard: { writeText: copied } });
  sent = vi.spyOn(paymentService, 'sendReceipt').mockResolvedValue(SINPE);
  canvas = drawable(1_000);
  await render(<SinpePanel payment={SINPE} refresh={refresh} />);
});

afterEach(() => {
  leave();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A browser whose JPEGs have `bytes` for each of the sides that are tried. */
function drawable(...bytes: number[]): { toBlob: unknown; drawn: number[] } {
  const drawn: number[] = [];
  const bitmap = { width: 4_000, height: 3_000, close: () => undefined };
  vi.stubGlobal('createImageBitmap', async () => bitmap);
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue({
    fillRect: () => undefined,
    drawImage: (_: unknown, __: number, ___: number, width: number) => drawn.push(width),
  } as never);
  const toBlob = vi.spyOn(HTMLCanvasElement.prototype, 'toBlob').mockImplementation((take) => {
    const size = bytes[drawn.length - 1] ?? bytes.at(-1) ?? 0;
    take(new Blob([new Uint8Array(size)], { type: 'image/jpeg' }));
  });
  return { toBlob, drawn };
}

async function choose(file: File): Promise<void> {
  const input = document.querySelector<HTMLInputElement>('input[type=file]');
  if (!input) throw new Error('no way to choose a picture');
  Object.defineProperty(input, 'files', { value: [file], configurable: true });
  await act(async () => input.dispatchEvent(new Event('change', { bubbles: true })));
  for (let turn = 0; turn < 10; turn += 1) await act(async () => {});
}

const photo = (bytes: number, kind = 'image/jpeg') =>
  new File([new Uint8Array(bytes)], 'recibo', { type: kind });
const picture = () => sent.mock.calls[0]?.[1] as Blob;

it('says to whom, how much and with which code', () => {
  const plain = text().replace(/\s/g, ' ');
  for (const part of ['8888 7777', '₡45 000', 'Escuela', 'SR-7F3K']) expect(plain).toContain(part);
});

it('copies each as a bank takes it, and says so', async () => {
  const said = vi.spyOn(speaker, 'announce');
  await press('Copiar: Teléfono');
  await press('Copiar: Monto exacto');
  await press('Copiar: A nombre de');
  await press('Copiar: Código, en la descripción');
  expect(copied.mock.calls.flat()).toEqual(['88887777', '45000', 'Escuela', 'SR-7F3K']);
  expect(said).toHaveBeenLastCalledWith('Copiado: Código, en la descripción');
  expect(button('Copiar: Teléfono').textContent).toBe('Copiado');
});

it('where nothing may be copied, it says how to do without', async () => {
  copied.mockRejectedValue(new DOMException('', 'NotAllowedError'));
  await press('Copiar: Teléfono');
  expect(text()).toContain('Manténgalo presionado');
});

it('sends the reference that the bank has shown, and asks what came of it', async () => {
  await type('Número de comprobante', ' 2026112510283 ');
  await type('Su banco (opcional)', 'BN');
  await press('Enviar el número');
  expect(sent).toHaveBeenCalledWith('p1', { reference: '2026112510283', bank: 'BN' });
  expect(refresh).toHaveBeenCalledTimes(1);
});

it('points at a reference that is missing, or that is none', async () => {
  await press('Enviar el número');
  expect(sent).not.toHaveBeenCalled();
  expect(description('Número de comprobante')).toContain('Revise el número');
  sent.mockRejectedValueOnce(new ApiError('bad_request', { field: 'reference' }, 400));
  await type('Número de comprobante', 'hola');
  await press('Enviar el número');
  expect(description('Número de comprobante')).toContain('Revise el número');
  expect(refresh).not.toHaveBeenCalled();
});

it('sends a photo as a JPEG that is small enough', async () => {
  await choose(photo(9_000_000, 'image/heic'));
  expect(canvas.drawn).toEqual([1_600]);
  expect([picture().type, picture().size]).toEqual(['image/jpeg', 1_000]);
  expect(refresh).toHaveBeenCalledTimes(1);
});

it('makes a photo smaller until it fits into 2 MiB', async () => {
  const { drawn } = drawable(3_000_000, 2_500_000, 900_000);
  await choose(photo(9_000_000));
  expect(drawn).toEqual([1_600, 1_200, 800]);
  expect(picture().size).toBe(900_000);
});

it('sends a picture that the browser cannot draw as it is, if the server takes it', async () => {
  vi.stubGlobal('createImageBitmap', () => Promise.reject(new DOMException()));
  const file = photo(500, 'image/webp');
  await choose(file);
  expect(picture()).toBe(file);
});

it('says so when a photo cannot be read', async () => {
  vi.stubGlobal('createImageBitmap', () => Promise.reject(new DOMException()));
  await choose(photo(500, 'image/heic'));
  expect(sent).not.toHaveBeenCalled();
  expect(text()).toContain('Pruebe con una captura de pantalla');
});

it('says what went wrong on the way, and lets the person try again', async () => {
  sent.mockRejectedValueOnce(new ApiError('offline'));
  await choose(photo(500));
  expect(text()).toContain('No hay conexión');
  await choose(photo(500));
  expect(text()).not.toContain('No hay conexión');
  expect(refresh).toHaveBeenCalledTimes(1);
});
