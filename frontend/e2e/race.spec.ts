import { expect, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

test('of two people who tap the same number one gets it, and the other is told with alternatives', async ({
  page,
  newPerson,
  admin,
}) => {
  const raffle = await admin.createRaffle();
  const one = await RaffleScreen.open(page, raffle.id);
  const other = await RaffleScreen.open(await newPerson(), raffle.id);

  await Promise.all([one.cell('42').click(), other.cell('42').click()]);

  const told = (screen: RaffleScreen) => screen.page.getByText('El 42 lo apartó otra persona');
  const mine = (screen: RaffleScreen) => screen.hold.getByRole('button', { name: 'Quitar el 42' });
  await expect(mine(one).or(told(one).first())).toBeVisible();
  await expect(mine(other).or(told(other).first())).toBeVisible();
  const winners = [await mine(one).isVisible(), await mine(other).isVisible()];
  expect(winners.filter(Boolean)).toHaveLength(1);

  const loser = winners[0] ? other : one;
  await expect(told(loser).first()).toBeVisible();
  const near = loser.page.getByRole('button', { name: /Apartar el (41|43|40|44)/ }).first();
  await expect(near).toBeVisible();
  await near.click();
  await expect(loser.hold.getByRole('button', { name: /Quitar el 4/ })).toBeVisible();
});

test('a number that somebody takes changes on every screen without a word', async ({
  page,
  newPerson,
  admin,
}) => {
  const raffle = await admin.createRaffle();
  const watcher = await RaffleScreen.open(page, raffle.id);
  const buyer = await RaffleScreen.open(await newPerson(), raffle.id);
  await buyer.pick('07');
  await watcher.expectState('07', /apartado por otra/);
  await buyer.hold.getByRole('button', { name: 'Quitar el 07' }).click();
  await watcher.expectState('07', /libre/);
});
