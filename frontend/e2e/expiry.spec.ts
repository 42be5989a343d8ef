import { ApiPerson } from './support/api';
import { expect, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

test('after the time ended one tap brings back what is free, and proposes for the rest', async ({
  page,
  admin,
  server,
}) => {
  const raffle = await admin.createRaffle({ selection_seconds: 15 });
  const screen = await RaffleScreen.open(page, raffle.id);
  await screen.cell('42').click();
  await screen.cell('43').click();
  await screen.expectMine('42', '43');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('El tiempo terminó', { timeout: 40_000 });
  await new ApiPerson(server).hold(raffle.id, ['42']);

  await dialog.getByRole('button', { name: 'Recuperar mis números' }).click();
  await screen.expectMine('43');
  await dialog.getByRole('button', { name: /^Apartar el 4[14]$/ }).click();
  await dialog.getByRole('button', { name: 'Seguir' }).click();
  await expect(screen.hold.getByRole('button', { name: /^Quitar el 4[134]$/ })).toHaveCount(2);
});

test('more time can be asked for once, and the clock shows it', async ({ page, admin }) => {
  const raffle = await admin.createRaffle({ selection_seconds: 60 });
  const screen = await RaffleScreen.open(page, raffle.id);
  await screen.pick('42');
  expect(await screen.secondsLeft()).toBeLessThanOrEqual(60);
  await screen.hold.getByRole('button', { name: 'Necesito más tiempo' }).click();
  await expect.poll(() => screen.secondsLeft()).toBeGreaterThan(60);
  await expect(screen.hold.getByRole('button', { name: 'Necesito más tiempo' })).toHaveCount(0);
});
