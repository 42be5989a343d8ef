import { ApiPerson } from './support/api';
import { Crowd } from './support/crowd';
import { expect, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

test('a million numbers scroll, are found and are picked while others buy', async ({
  page,
  admin,
  server,
}) => {
  const raffle = await admin.createRaffle({ number_count: 1_000_000, title: 'El gran millón' });
  const crowd = new Crowd(server, raffle, 200, 2_000);
  try {
    const screen = await RaffleScreen.open(page, raffle.id);
    const search = page.getByRole('textbox', { name: 'Buscar un número' });

    // Under the finger the board moves, and is painted where it stops.
    const grid = page.getByRole('grid', { name: 'Números del sorteo' });
    await grid.hover({ position: { x: 150, y: 100 } });
    for (let turn = 0; turn < 10; turn += 1) await page.mouse.wheel(0, 3_000);

    await search.fill('417000');
    await search.press('Enter');
    const found = screen.cell('417000');
    await expect(found).toBeInViewport();
    await expect.poll(() => screen.fillOf('417000')).toBe('rgb(255, 255, 255)');
    await new ApiPerson(server).hold(raffle.id, ['417000']);
    await expect(found).toHaveAccessibleName(/apartado por otra/);
    await expect.poll(() => screen.fillOf('417000')).toBe('rgb(251, 191, 36)');

    await search.fill('417001');
    await page.getByRole('button', { name: 'Apartar', exact: true }).click();
    await screen.expectMine('417001');
    await screen.expectState('417001', /apartado por usted/);

    await search.fill('999999');
    await search.press('Enter');
    await expect(screen.cell('999999')).toBeInViewport();
    await expect.poll(() => crowd.changes).toBeGreaterThan(0);
  } finally {
    await crowd.leave();
  }
});
