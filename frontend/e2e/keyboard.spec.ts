import { DESKTOP } from './support/devices';
import { expect, type Page, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

test.use(DESKTOP);

/** Tab by tab, as far as needed, to the control of this name. */
async function tabTo(page: Page, role: string, name: RegExp, most = 40): Promise<void> {
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    const found = page.getByRole(role as 'button', { name }).and(focused);
    if ((await found.count()) > 0) return;
  }
  throw new Error(`No ${role} ${name} within ${most} tabs`);
}

test('everything up to the payment can be done with the keyboard alone', async ({
  page,
  admin,
}) => {
  await admin.createRaffle({ title: 'Solo teclado' });
  await page.goto('/');
  await page.getByRole('link', { name: 'Solo teclado' }).waitFor();
  await tabTo(page, 'link', /Solo teclado/);
  await page.keyboard.press('Enter');
  const screen = new RaffleScreen(page);
  await screen.expectLive();

  await tabTo(page, 'gridcell', /^Número 00/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await screen.expectMine('01');
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Enter');
  await screen.expectMine('99');

  await tabTo(page, 'button', /Ir a pagar/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await tabTo(page, 'textbox', /Nombre/, 6);
  await page.keyboard.type('Ana Mora');
  await page.keyboard.press('Tab');
  await page.keyboard.type('8888 1234');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/checkout\//);
});
