import { expect, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

test('a person finds a raffle, picks numbers, says who they are, and reaches the payment', async ({
  page,
  admin,
}) => {
  const raffle = await admin.createRaffle({ title: 'Canasta navideña' });
  await page.goto('/');
  await page.getByRole('link', { name: 'Canasta navideña' }).first().click();
  const screen = new RaffleScreen(page);
  await screen.expectLive();
  await screen.pick('07');
  await screen.pick('21');
  await expect(screen.hold).toContainText(/₡3\s000/);

  await screen.checkOut();
  await expect(page.getByText('Ana Mora')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Resumen' })).toContainText('07');
  await expect.poll(() => screen.secondsLeft()).toBeGreaterThan(3 * 60);
  expect(await screen.secondsLeft()).toBeLessThanOrEqual(5 * 60);

  // The way back keeps the numbers and the time that was granted.
  await page.getByRole('link', { name: 'Volver al tablero' }).click();
  await screen.expectLive();
  await screen.hold.getByRole('button', { name: 'Ir al pago' }).click();
  await expect(page.getByRole('region', { name: 'Resumen' })).toContainText('07');
  await expect.poll(() => screen.secondsLeft()).toBeGreaterThan(2 * 60);

  await page.goto('/mis-numeros');
  await expect(page.getByRole('link', { name: raffle.title })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Ir al pago' })).toBeVisible();
});

test('every page opens from its bare address, and shows the same after a reload', async ({
  page,
  admin,
}) => {
  const raffle = await admin.createRaffle({ number_count: 10_000 });
  const screen = await RaffleScreen.open(page, raffle.id, '?n=0417');
  await screen.pick('0417');
  await page.reload();
  await screen.expectLive();
  await screen.expectMine('0417');

  await screen.checkOut();
  await page.reload();
  await expect(page.getByRole('region', { name: 'Resumen' })).toContainText('0417');
});

test.describe('a raffle that does not exist', () => {
  // Chromium reports the refused upgrade.
  test.use({ outage: true });

  test('is said to be missing', async ({ page }) => {
    await page.goto('/r/00000000-0000-4000-8000-000000000000');
    await expect(page.getByText('Este sorteo no existe')).toBeVisible();
  });
});
