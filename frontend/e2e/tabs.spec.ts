import { expect, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

test('a second tab shares the socket, and goes on when the first is closed', async ({
  context,
  admin,
}) => {
  const raffle = await admin.createRaffle();
  const first = await RaffleScreen.open(await context.newPage(), raffle.id);
  await first.pick('07');
  const second = await RaffleScreen.open(await context.newPage(), raffle.id);

  await second.expectMine('07');
  await second.expectState('07', /apartado por usted/);
  await expect.poll(() => admin.sockets(raffle.id)).toBe(1);

  await second.pick('08');
  await first.expectMine('08');

  await first.page.close();
  await second.pick('09');
  await expect.poll(() => admin.sockets(raffle.id)).toBe(1);
  await second.expectMine('07', '08', '09');
});
