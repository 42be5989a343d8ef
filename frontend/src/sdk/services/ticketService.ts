import { api, apiUrl, ask } from '../http';
import type { Ticket } from '../types';

/** Tickets by HTTP. Their code is the only key: nobody has to be anybody. */
export const ticketService = {
  /** Throws `ApiError`; with `not_found` for a code that the server has not made. */
  async get(code: string): Promise<Ticket> {
    const params = { path: { code } };
    const { ticket } = await ask(
      (asking) => api.GET('/api/v1/tickets/{code}', { params, ...asking }),
      null,
    );
    return ticket;
  },

  /** The address of the QR code as a picture, which the browser may keep for a week. */
  pictureUrl(code: string): string {
    return apiUrl(`/api/v1/tickets/${encodeURIComponent(code)}/qr.svg`);
  },

  /** The address of the PDF. */
  documentUrl(code: string, language: string): string {
    return apiUrl(`/api/v1/tickets/${encodeURIComponent(code)}/ticket.pdf?lang=${language}`);
  },
};
