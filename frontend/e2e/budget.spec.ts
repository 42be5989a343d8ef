import { gzipSync } from 'node:zlib';
import { expect, type Page, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

/** Of everything that the page of a raffle loads before its board can be used, gzipped. */
const MOST_BYTES = 70 * 1024;
const GOAL_BYTES = 65 * 1024;
const MOST_SHIFT = 0.05;

test('the first load of a raffle stays within its budget', async ({ page, server, admin }) => {
  const raffle = await admin.createRaffle({ number_count: 10_000 });
  const files = new Map<string, number>();
  const counted: Promise<unknown>[] = [];
  page.on('response', (response) => {
    const { pathname, origin } = new URL(response.url());
    if (origin !== server.url || pathname.startsWith('/api/')) return;
    const count = async () => files.set(pathname, gzipSync(await response.body()).length);
    counted.push(count());
  });
  await RaffleScreen.open(page, raffle.id);
  await Promise.all(counted);

  const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1).padStart(6)} KB`;
  const total = [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
  const rows = [...files].map(([name, bytes]) => `${kilobytes(bytes)}  ${name}`);
  console.log([...rows, `${kilobytes(total)}  in all; goal ${kilobytes(GOAL_BYTES)}`].join('\n'));
  expect(files.size).toBeGreaterThan(2);
  expect(total).toBeLessThanOrEqual(MOST_BYTES);
});

for (const number_count of [100, 10_000]) {
  test(`nothing moves when a board of ${number_count} loads`, async ({ page, admin }) => {
    const raffle = await admin.createRaffle({ number_count });
    await page.addInitScript(() => {
      const seen = window as unknown as { shifts: string[]; shift: number };
      seen.shift = 0;
      seen.shifts = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as unknown as LayoutShift[]) {
          if (entry.hadRecentInput) continue;
          seen.shift += entry.value;
          const nodes = entry.sources.map(({ node }) => (node as Element | null)?.className);
          seen.shifts.push(`${entry.value.toFixed(4)} ${nodes.join(', ')}`);
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    // So far away that the page is seen before its board.
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 300,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
    await RaffleScreen.open(page, raffle.id);
    await expect(page.getByRole('gridcell').first()).toBeVisible();
    const { shift, shifts } = await shiftsOf(page);
    expect(shift, shifts.join('\n')).toBeLessThanOrEqual(MOST_SHIFT);
  });
}

interface LayoutShift {
  value: number;
  hadRecentInput: boolean;
  sources: { node: Node | null }[];
}

/** What has moved so far, with all that was observed until the next frame. */
function shiftsOf(page: Page): Promise<{ shift: number; shifts: string[] }> {
  return page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const { shift, shifts } = window as unknown as { shift: number; shifts: string[] };
    return { shift, shifts };
  });
}
