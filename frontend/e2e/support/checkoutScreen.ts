import { expect, type Locator, type Page } from '@playwright/test';
import type { Payment } from '../../src/sdk/types';
import { RaffleScreen } from './raffleScreen';

/** What a buyer sees and does on the page of the payment. */
export class CheckoutScreen {
  readonly page: Page;
  readonly pay: Locator;

  constructor(page: Page) {
    this.page = page;
    this.pay = page.getByRole('button', { name: /^Pagar ₡/ });
  }

  /** From the board of a raffle to its payment, with these numbers. */
  static async open(page: Page, raffleId: string, ...labels: string[]): Promise<CheckoutScreen> {
    const screen = await RaffleScreen.open(page, raffleId);
    for (const label of labels) await screen.pick(label);
    await screen.checkOut();
    return new CheckoutScreen(page);
  }

  /** All attempts to pay, as the server tells them to this page when it is opened anew. */
  async attempts(): Promise<Payment[]> {
    const answered = this.page.waitForResponse(/\/reservations\/[^/]+\/payments$/);
    await this.page.reload();
    return ((await (await answered).json()) as { payments: Payment[] }).payments;
  }

  async choose(method: string): Promise<void> {
    await this.page.getByRole('radio', { name: method }).check();
  }

  /** Chooses how the sandbox lets the payment go. */
  async letHappen(mode: string): Promise<void> {
    await this.choose('Pago de prueba');
    await this.page.getByLabel('Para probar: ¿qué debe pasar?').selectOption(mode);
  }

  async expectSold(...labels: string[]): Promise<void> {
    await expect(this.page.getByRole('heading', { name: 'Los números son suyos' })).toBeVisible({
      timeout: 40_000,
    });
    for (const label of labels) {
      await expect(this.page.getByText(label, { exact: true })).toBeVisible();
    }
  }
}
