import { expect, test } from '../e2e/support/fixtures';
import { RaffleScreen } from '../e2e/support/raffleScreen';
import { note } from './figures';
import { type Device, openDevice, PHONE } from './profiles';

const MEGABYTE = 1024 * 1024;

for (const number_count of [10_000, 1_000_000]) {
  test(`memory, ${number_count} numbers`, async ({ browser, admin, baseURL }, info) => {
    const raffle = await admin.createRaffle({ number_count });
    const device = await openDevice(browser, baseURL, PHONE);
    await device.page.goto('/manifest.webmanifest');
    const baseline = await used(device);
    await RaffleScreen.open(device.page, raffle.id);
    await expect(device.page.getByRole('gridcell').first()).toBeVisible();
    const rounds = [await used(device), await used(device), await used(device)];
    const canvases = await device.page.evaluate(() =>
      [...document.querySelectorAll('canvas')].reduce(
        (sum, { width, height }) => sum + 4 * width * height,
        0,
      ),
    );
    await device.context.close();
    await note(info, {
      name: `${number_count} numbers: heap and buffers of the page`,
      unit: 'MB',
      rounds,
      baseline,
      goal: { atMost: 40 },
      digits: 1,
    });
    await note(info, {
      name: `${number_count} numbers: pixels of its canvases`,
      unit: 'MB',
      rounds: [canvases / MEGABYTE],
      digits: 1,
    });
  });
}

/** What scripts hold after a collection: objects, and the buffers behind typed arrays. */
async function used({ devtools }: Device): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage');
  const usage = (await devtools.send('Runtime.getHeapUsage')) as {
    usedSize: number;
    embedderHeapUsedSize?: number;
    backingStorageSize?: number;
  };
  const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = usage;
  return (usedSize + embedderHeapUsedSize + backingStorageSize) / MEGABYTE;
}
