import { CAP_MS } from '../src/sdk/backoff';
import { ApiPerson } from './support/api';
import { expect, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

test.use({ outage: true });

/** The longest pause between two attempts is half a minute; nobody here is in a hurry. */
const BY_ITSELF = { timeout: CAP_MS + 30_000 };
test.setTimeout(6 * CAP_MS);

test('a person whose network leaves is told, and comes back to the truth', async ({
  page,
  context,
  admin,
  server,
}) => {
  const raffle = await admin.createRaffle();
  const screen = await RaffleScreen.open(page, raffle.id);
  await screen.pick('07');
  await context.setOffline(true);
  await expect(page.getByRole('region', { name: 'Conexión' })).toContainText('Sin conexión');
  await new ApiPerson(server).hold(raffle.id, ['42']);

  await context.setOffline(false);
  await screen.expectLive(BY_ITSELF);
  await screen.expectState('42', /apartado por otra/);
  await screen.expectMine('07');
  await expect(page.getByRole('region', { name: 'Conexión' })).toHaveCount(0);
});

test('the hold and the board outlive a server that is killed, without a reload', async ({
  page,
  admin,
  server,
}) => {
  const raffle = await admin.createRaffle();
  const screen = await RaffleScreen.open(page, raffle.id);
  await screen.pick('07');
  await page.evaluate(() => document.body.setAttribute('data-same-page', ''));

  await server.kill();
  await expect(page.getByRole('region', { name: 'Conexión' })).toContainText('Reconectando');
  await server.start();
  const other = new ApiPerson(server);
  await other.hold(raffle.id, ['42']);

  await screen.expectLive(BY_ITSELF);
  await screen.expectMine('07');
  await screen.expectState('42', /apartado por otra/);
  await screen.pick('08');
  await expect(page.locator('body[data-same-page]')).toBeAttached();
});

test('a server that restarts says so, and everybody returns', async ({ page, admin, server }) => {
  const raffle = await admin.createRaffle();
  const screen = await RaffleScreen.open(page, raffle.id);
  await screen.pick('07');
  await server.stop();
  await expect(page.getByRole('region', { name: 'Conexión' })).toContainText('mantenimiento');
  await server.start();
  await screen.expectLive(BY_ITSELF);
  await screen.expectMine('07');
});
