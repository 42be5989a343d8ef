import type { AnchorHTMLAttributes } from 'react';
import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keepReservations } from '../../src/offline/lastReservations';
import { TicketPage } from '../../src/pages/ticket/TicketPage';
import { inGroups, ticketLink } from '../../src/pages/ticket/ticketLink';
import { ApiError } from '../../src/sdk/errors';
import { identity } from '../../src/sdk/identity';
import { ticketService } from '../../src/sdk/services/ticketService';
import type { ErrorCode, Ticket } from '../../src/sdk/types';
import { button, hold, leave, press, render, text } from './page';

// The router is not what is tested here: a link is where it leads.
vi.mock('wouter', () => ({
  Link: (props: AnchorHTMLAttributes<HTMLAnchorElement>) => <a {...props} />,
}));

const kept = vi.hoisted(() => new Map<string, unknown>());
vi.mock('../../src/offline/store', () => ({
  pageStore: {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: unknown) => void kept.set(key, value),
  },
}));

const CODE = 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKlMnOp-_Qr';

function ticket(change: Partial<Ticket> = {}): Ticket {
  return {
    code: CODE,
    status: 'valid',
    raffle: { id: 'moto', title: 'Moto 2026', status: 'active', draw_at: null },
    number_ids: ['0417', '0532'],
    refunded: 0,
    sold_at: '2026-12-20T00:05:00.000Z',
    server_time: '2026-12-21T00:05:00.000Z',
    ...change,
  };
}

function answers(answer: Ticket | ErrorCode) {
  return vi.spyOn(ticketService, 'get').mockImplementation(async () => {
    if (typeof answer === 'string') throw new ApiError(answer);
    return answer;
  });
}

function picture(): HTMLImageElement | null {
  return document.querySelector('img');
}

beforeEach(() => kept.clear());
afterEach(() => {
  leave();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it('whoever scans a good ticket reads that it is valid, for which numbers, and when that was checked', async () => {
  answers(ticket());
  await render(<TicketPage code={CODE} />);
  const said = text().replace(/\s/g, ' ');
  expect(said).toContain('Boleto válido');
  expect(said).toContain('Moto 2026');
  expect(said).toContain('0417');
  expect(said).toContain('0532');
  expect(said).toContain('Comprobado: dom, 20 dic 2026');
  expect(document.querySelector('code')?.textContent).toBe(inGroups(CODE));
});

it('the QR code and the document come from the server, by the code alone', async () => {
  answers(ticket());
  await render(<TicketPage code={CODE} />);
  expect(picture()?.getAttribute('src')).toMatch(new RegExp(`/api/v1/tickets/${CODE}/qr\\.svg$`));
  const link = document.querySelector<HTMLAnchorElement>('a[download]');
  expect(link?.getAttribute('href')).toMatch(
    new RegExp(`/api/v1/tickets/${CODE}/ticket\\.pdf\\?lang=es$`),
  );
});

it('a refunded ticket does not look like a good one', async () => {
  answers(ticket({ status: 'refunded', number_ids: [], refunded: 2 }));
  await render(<TicketPage code={CODE} />);
  expect(text()).toContain('Reembolsado');
  expect(text()).toContain('ya no participa');
  expect(text()).not.toContain('Boleto válido');
  expect(text()).not.toContain('0417');
});

it('of a ticket that was refunded in part only what is left is shown, and what went is told', async () => {
  answers(ticket({ status: 'partly_refunded', number_ids: ['0532'], refunded: 1 }));
  await render(<TicketPage code={CODE} />);
  expect(text()).toContain('Boleto válido en parte');
  expect(text()).toContain('Se reembolsó un número');
  expect(text()).not.toContain('0417');
});

it('a ticket of a raffle that was called off is not called valid', async () => {
  const { raffle } = ticket();
  answers(ticket({ raffle: { ...raffle, status: 'cancelled' } }));
  await render(<TicketPage code={CODE} />);
  expect(text()).toContain('El sorteo se canceló');
  expect(text()).not.toContain('Boleto válido');
});

it('a forged code is refused in plain words', async () => {
  answers('not_found');
  await render(<TicketPage code="x" />);
  expect(text()).toContain('Este boleto no existe');
  expect(text()).toContain('no lo acepte');
});

it('without a network the own ticket is shown as it was seen, and never as valid', async () => {
  vi.spyOn(identity, 'get').mockReturnValue({
    token: 't',
    userId: 'ana',
    role: 'user',
    expiresAt: '2027-01-01T00:00:00.000Z',
  });
  const bought = hold(0, { phase: 'completed', ticket: CODE, number_ids: ['0417'] });
  await keepReservations('ana', [bought], Date.now() - 3_600_000);
  kept.set('titles', { moto: 'Moto 2026' });
  answers('offline');
  await render(<TicketPage code={CODE} />);
  expect(text()).toContain('Moto 2026');
  expect(text()).toContain('0417');
  expect(text()).toContain('No se pudo comprobar ahora');
  expect(text()).not.toContain('válido');
});

it('without a network a ticket that was never seen here can be asked for again', async () => {
  const asked = answers('offline');
  await render(<TicketPage code={CODE} />);
  expect(text()).toContain('No se pudo comprobar el boleto');
  asked.mockResolvedValue(ticket());
  await press('Intentar de nuevo');
  expect(text()).toContain('Boleto válido');
});

it('the verdict is asked for again when the network is back', async () => {
  const asked = answers('offline');
  await render(<TicketPage code={CODE} />);
  asked.mockResolvedValue(ticket());
  await act(async () => void dispatchEvent(new Event('online')));
  await act(async () => {});
  expect(text()).toContain('Boleto válido');
});

it('a picture that does not come leaves a word in its place', async () => {
  answers(ticket());
  await render(<TicketPage code={CODE} />);
  await act(async () => void picture()?.dispatchEvent(new Event('error')));
  expect(picture()).toBeNull();
  expect(text()).toContain('se verá cuando haya conexión');
});

it('the address is shared by the device, and copied where the device has no way to share', async () => {
  answers(ticket());
  const share = vi.fn(async () => undefined);
  const writeText = vi.fn(async () => undefined);
  vi.stubGlobal('navigator', { share, clipboard: { writeText } });
  await render(<TicketPage code={CODE} />);
  await press('Compartir');
  expect(share).toHaveBeenCalledWith(expect.objectContaining({ url: ticketLink(CODE) }));
  expect(writeText).not.toHaveBeenCalled();
  vi.stubGlobal('navigator', { clipboard: { writeText } });
  await press('Compartir');
  expect(writeText).toHaveBeenCalledWith(ticketLink(CODE));
  expect(button('Enlace copiado')).toBeDefined();
});

it('where nothing may be copied the address is there to be read', async () => {
  answers(ticket());
  vi.stubGlobal('navigator', { clipboard: { writeText: () => Promise.reject(new Error('no')) } });
  await render(<TicketPage code={CODE} />);
  await press('Compartir');
  expect(text()).toContain(ticketLink(CODE));
});

it('it is printed by the browser', async () => {
  answers(ticket());
  const print = vi.fn();
  vi.stubGlobal('print', print);
  await render(<TicketPage code={CODE} />);
  await press('Imprimir');
  expect(print).toHaveBeenCalledOnce();
});
