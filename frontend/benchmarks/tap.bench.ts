import type { Page } from '@playwright/test';
import { test } from '../e2e/support/fixtures';
import { RaffleScreen } from '../e2e/support/raffleScreen';
import { note, quantile } from './figures';

const TAPS = 60;
const ROUNDS = 3;

for (const number_count of [100, 10_000]) {
  test(`another person's tap, ${number_count} numbers`, async ({
    page,
    newPerson,
    admin,
  }, info) => {
    const raffle = await admin.createRaffle({ number_count });
    const label = '0'.repeat(Math.max(2, String(number_count - 1).length));
    const buyer = await RaffleScreen.open(page, raffle.id);
    const watcher = await RaffleScreen.open(await newPerson(), raffle.id);
    await stampClicks(buyer.page);
    const rounds: number[][] = [];
    const pings: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const delays: number[] = [];
      for (let tap = 0; tap < TAPS; tap += 1) {
        const painted = nextPainted(watcher.page, label);
        await buyer.cell(label).click();
        const paintedAt = await painted;
        delays.push(paintedAt - (await lastClick(buyer.page)));
        await buyer.expectState(label, tap % 2 === 0 ? /apartado por usted/ : /libre/);
      }
      rounds.push(delays);
      pings.push(await ping(watcher.page, raffle.id));
    }
    const name = `${number_count} numbers: another's tap to a painted cell`;
    for (const [share, goal] of [
      [0.5, undefined],
      [0.95, { atMost: 150 }],
    ] as const) {
      await note(info, {
        name: `${name}, p${share * 100}`,
        unit: 'ms',
        rounds: rounds.map((delays) => quantile(delays, share)),
        baseline: quantile(pings, share),
        ...(goal ? { goal } : {}),
        digits: 0,
      });
    }
  });
}

/** Notes when each click began, on the clock that all pages of the machine share. */
function stampClicks(page: Page): Promise<void> {
  return page.evaluate(() => {
    const seen = window as unknown as { clickedAt: number };
    const stamp = (event: Event) => {
      seen.clickedAt = performance.timeOrigin + event.timeStamp;
    };
    document.addEventListener('pointerdown', stamp, { capture: true });
  });
}

function lastClick(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { clickedAt: number }).clickedAt);
}

/** When the next change of this number was on the screen. */
function nextPainted(page: Page, label: string): Promise<number> {
  return page.evaluate((wanted) => {
    const cell = document.querySelector(`[role=gridcell][aria-label^="Número ${wanted},"]`);
    if (!cell) throw new Error(`${wanted} is not on the screen`);
    return new Promise<number>((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        // The frame in which it is painted, and the first thing that happens after it.
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => resolve(performance.timeOrigin + performance.now());
          port2.postMessage(null);
        });
      });
      observer.observe(cell, { attributeFilter: ['aria-label'] });
    });
  }, label);
}

/** There and back to the server on a bare socket: what no page can be faster than. */
function ping(page: Page, raffleId: string): Promise<number> {
  return page.evaluate(
    (id) =>
      new Promise<number>((resolve, reject) => {
        const address = `ws://${location.host}/api/v1/raffles/${id}/ws`;
        const socket = new WebSocket(address, ['sorteos.v2']);
        let sentAt = 0;
        socket.onerror = () => reject(new Error('no socket'));
        socket.onmessage = ({ data }) => {
          if (typeof data !== 'string') return;
          const { type } = JSON.parse(data) as { type: string };
          if (type === 'hello') {
            sentAt = performance.now();
            socket.send(JSON.stringify({ type: 'ping', t0: 0 }));
          }
          if (type !== 'pong') return;
          resolve(performance.now() - sentAt);
          socket.close();
        };
      }),
    raffleId,
  );
}
