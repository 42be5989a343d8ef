import { expect, type Page, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

test.use({ outage: true });

test('without a network the app opens, with the last board and its age', async ({
  page,
  context,
  admin,
}) => {
  const raffle = await admin.createRaffle();
  const screen = await RaffleScreen.open(page, raffle.id);
  await screen.pick('07');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await expect.poll(() => isKept(page, raffle.id)).toBe(true);
  await page.goto('/mis-numeros');
  await expect(page.getByText('07', { exact: true })).toBeVisible();

  // What the browser happens to have in its cache is gone some day.
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.clearBrowserCache');
  await devtools.detach();
  await context.setOffline(true);
  await page.goto(`/r/${raffle.id}`);
  const banner = page.getByRole('region', { name: 'Conexión' });
  await expect(banner).toContainText('Sin conexión');
  await expect(banner).toContainText(/El tablero es de hace \d+\ss/);
  await screen.expectState('07', /apartado por usted/);
  await expect(page.getByRole('heading', { name: raffle.title })).toBeVisible();

  await page.goto('/mis-numeros');
  await expect(page.getByText('07', { exact: true })).toBeVisible();
  await expect(page.getByText(/Esto se vio hace \d+\ss/)).toBeVisible();

  await context.setOffline(false);
  await page.goto(`/r/${raffle.id}`);
  await screen.expectLive();
  await screen.expectMine('07');
});

test('what was tapped without a network is asked again, and never sent by itself', async ({
  page,
  context,
  admin,
}) => {
  const raffle = await admin.createRaffle();
  const screen = await RaffleScreen.open(page, raffle.id);
  await context.setOffline(true);
  await expect(page.getByRole('region', { name: 'Conexión' })).toContainText('Sin conexión');
  await screen.cell('07').click();
  const wanted = page.getByRole('region', { name: 'Números que quería apartar' });
  await expect(wanted).toContainText('No se ha enviado nada');

  await context.setOffline(false);
  await screen.expectLive();
  await expect(wanted).toContainText('Estos números quería apartar');
  await expect(wanted).toBeInViewport({ ratio: 1 });
  await screen.expectState('07', /libre/);
  await wanted.getByRole('button', { name: 'Apartar ahora' }).click();
  await screen.expectMine('07');
  await expect(wanted).toHaveCount(0);
});

/** Whether the browser keeps the board of this raffle, with a number of mine. */
function isKept(page: Page, raffleId: string): Promise<boolean> {
  return page.evaluate(
    (id) =>
      new Promise<boolean>((resolve, reject) => {
        const opening = indexedDB.open('sorteos');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const asked = opening.result.transaction('kept').objectStore('kept').get(`board:${id}`);
          asked.onsuccess = () => resolve(asked.result?.marks[0][1].length === 1);
          asked.onerror = () => reject(asked.error);
        };
      }),
    raffleId,
  );
}
