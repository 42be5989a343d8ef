import { heldRaffle } from '../e2e/support/crowd';
import { test } from '../e2e/support/fixtures';
import { median, note } from './figures';
import { type Device, openDevice, PHONE, slowNetwork } from './profiles';

const ROUNDS = 5;

// A board of which much is held is the largest on the wire.
for (const [number_count, held] of [
  [10_000, 0.5],
  [1_000_000, 0.1],
] as const) {
  test(`time to a usable board, ${number_count} numbers`, async ({
    browser,
    server,
    admin,
    baseURL,
  }, info) => {
    const raffle = await heldRaffle(server, admin, number_count, held);
    const rounds: number[] = [];
    const floors: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const device = await openDevice(browser, baseURL, PHONE);
      await slowNetwork(device);
      floors.push(await smallest(device));
      rounds.push(await usable(device, raffle.id));
      await device.context.close();
    }
    await note(info, {
      name: `${number_count} numbers, ${held * 100} % held: slow 4G phone, to a board that can be tapped`,
      unit: 'ms',
      rounds,
      baseline: median(floors),
      goal: { atMost: 2_500 },
      digits: 0,
    });
  });
}

/** From the address to a live board, the numbers on the screen. */
async function usable({ page }: Device, raffleId: string): Promise<number> {
  await page.addInitScript(() => {
    const seen = window as unknown as { usableAt: Promise<number> };
    seen.usableAt = new Promise((resolve) => {
      const look = () => {
        const cell = document.querySelector('[role=grid] [role=gridcell]');
        const isLive = document.querySelector('header')?.textContent?.includes('En vivo');
        if (cell && isLive) resolve(performance.now());
        else requestAnimationFrame(look);
      };
      look();
    });
  });
  await page.goto(`/r/${raffleId}`, { waitUntil: 'commit' });
  return page.evaluate(() => (window as unknown as { usableAt: Promise<number> }).usableAt);
}

/** One small file over the same network. */
async function smallest({ page }: Device): Promise<number> {
  await page.goto('/manifest.webmanifest');
  return page.evaluate(() => {
    const [navigation] = performance.getEntriesByType('navigation');
    return (navigation as PerformanceNavigationTiming).responseEnd;
  });
}
