import { expect, type Page } from '@playwright/test';

/** A bank's reference of a transfer: each pays once. */
export function aReference(): string {
  return `20261125102830${String(Math.random()).slice(2, 13).padEnd(11, '0')}`;
}

/** Opens the payments of a raffle, as somebody with this token. */
export async function openPayments(page: Page, token: string, raffleId: string): Promise<void> {
  await page.goto(`/organizar#token=${token}`);
  await expect(page.getByRole('button', { name: 'Salir' })).toBeVisible();
  await page.goto(`/organizar?raffle=${raffleId}&ver=pagos`);
  await expect(page.getByRole('heading', { name: 'Pagos recibidos' })).toBeVisible();
}

/** The same, where a payment waits for a word. */
export async function openDesk(page: Page, token: string, raffleId: string): Promise<void> {
  await openPayments(page, token, raffleId);
  await expect(page.getByRole('button', { name: /^Aprobar/ })).toBeVisible();
}
