import { expect, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

/** The first byte of a frame that tells what changed. */
const DELTA = 2;

test('of two people who tap the same number at once one gets it, and both see whose it is', async ({
  page,
  newPerson,
  admin,
}) => {
  const raffle = await admin.createRaffle();
  const one = await RaffleScreen.open(page, raffle.id);
  const other = await RaffleScreen.open(await newPerson(), raffle.id);

  await Promise.all([one.cell('42').click(), other.cell('42').click()]);

  // A tap shows at once; what the server said of it is there when they agree.
  const namesOf = () =>
    Promise.all([one, other].map((screen) => screen.cell('42').getAttribute('aria-label')));
  await expect
    .poll(async () => (await namesOf()).sort())
    .toEqual(['Número 42, apartado por otra persona', 'Número 42, apartado por usted']);
});

test('who taps a number that has just gone is told, and offered others near it', async ({
  page,
  newPerson,
  admin,
}) => {
  const raffle = await admin.createRaffle();
  const first = await RaffleScreen.open(page, raffle.id);
  const late = await newPerson();
  // What others do is heard late, as on a slow network; all else comes at once.
  let release = () => {};
  const heard = new Promise<void>((resolve) => {
    release = resolve;
  });
  await late.routeWebSocket(/\/ws/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const isDelta = typeof message !== 'string' && message[0] === DELTA;
      if (isDelta) void heard.then(() => socket.send(message));
      else socket.send(message);
    });
  });
  const second = await RaffleScreen.open(late, raffle.id);
  await first.pick('42');
  await second.expectState('42', /libre/);

  await second.cell('42').click();
  await expect(late.getByText('El 42 lo apartó otra persona').first()).toBeVisible();
  await late
    .getByRole('button', { name: /Apartar el 4[134]/ })
    .first()
    .click();
  await expect(second.hold.getByRole('button', { name: /Quitar el 4[134]/ })).toBeVisible();
  release();
  await second.expectState('42', /apartado por otra/);
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
