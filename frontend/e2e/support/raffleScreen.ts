import { expect, type Locator, type Page } from '@playwright/test';

/** What a person sees and does on the page of a raffle. */
export class RaffleScreen {
  readonly page: Page;
  /** The panel with my numbers, the clock and the two ways on. */
  readonly hold: Locator;
  readonly timer: Locator;

  constructor(page: Page) {
    this.page = page;
    this.hold = page.getByRole('region', { name: 'Sus números', exact: true });
    this.timer = page.getByRole('timer');
  }

  /** Opens the raffle and waits until its board is live. */
  static async open(page: Page, raffleId: string, query = ''): Promise<RaffleScreen> {
    const screen = new RaffleScreen(page);
    await page.goto(`/r/${raffleId}${query}`);
    await screen.expectLive();
    return screen;
  }

  async expectLive(options?: { timeout: number }): Promise<void> {
    await expect(this.page.getByText('En vivo', { exact: true })).toBeVisible(options);
  }

  /** The cell of a number; its name tells its state. */
  cell(label: string): Locator {
    return this.page.getByRole('gridcell', { name: new RegExp(`^Número ${label}\\b`) });
  }

  async expectState(label: string, state: RegExp): Promise<void> {
    await expect(this.cell(label)).toHaveAccessibleName(state);
  }

  /** Taps a number and waits until it is mine. */
  async pick(label: string): Promise<void> {
    await this.cell(label).click();
    await this.expectMine(label);
  }

  /** The colour that is painted in a cell of a board of canvases, beside its label and its sign. */
  fillOf(label: string): Promise<string | null> {
    return this.cell(label).evaluate((cell) => {
      const box = cell.getBoundingClientRect();
      const [x, y] = [box.left + box.width * 0.15, box.top + box.height * 0.8];
      for (const canvas of document.querySelectorAll('canvas')) {
        const tile = canvas.getBoundingClientRect();
        if (x < tile.left || x >= tile.right || y < tile.top || y >= tile.bottom) continue;
        const scale = canvas.width / tile.width;
        const place = [(x - tile.left) * scale, (y - tile.top) * scale] as const;
        const pixel = canvas.getContext('2d')?.getImageData(...place, 1, 1).data;
        return pixel ? `rgb(${pixel.slice(0, 3).join(', ')})` : null;
      }
      return null;
    });
  }

  async expectMine(...labels: string[]): Promise<void> {
    for (const label of labels) {
      await expect(this.hold.getByRole('button', { name: `Quitar el ${label}` })).toBeVisible();
    }
  }

  /** From my numbers to the payment, as somebody who was not here before. */
  async checkOut(): Promise<void> {
    await this.hold.getByRole('button', { name: 'Ir a pagar' }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel('Nombre').fill('Ana Mora');
    await dialog.getByLabel('Teléfono').fill('8888 1234');
    await dialog.getByRole('button', { name: 'Ir a pagar' }).click();
    await expect(this.page).toHaveURL(/\/checkout\/[0-9a-f-]+$/);
  }

  /** What is left on the clock, in seconds. */
  async secondsLeft(): Promise<number> {
    const [minutes = 0, seconds = 0] = ((await this.timer.textContent()) ?? '')
      .split(':')
      .map(Number);
    return minutes * 60 + seconds;
  }
}
