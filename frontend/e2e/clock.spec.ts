import { expect, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

const DAY_MS = 24 * 60 * 60 * 1000;

for (const [name, skewMs] of [
  ['a day ahead', DAY_MS],
  ['a day behind', -DAY_MS],
] as const) {
  test(`a phone whose clock is ${name} shows the right time`, async ({ page, admin }) => {
    await page.addInitScript((skew) => {
      const RealDate = Date;
      class SkewedDate extends RealDate {
        constructor(...given: ConstructorParameters<typeof Date> | []) {
          if (given.length === 0) super(RealDate.now() + skew);
          else super(...given);
        }

        static override now(): number {
          return RealDate.now() + skew;
        }
      }
      window.Date = SkewedDate as DateConstructor;
    }, skewMs);
    const raffle = await admin.createRaffle({ selection_seconds: 600 });
    const screen = await RaffleScreen.open(page, raffle.id);
    await screen.pick('07');
    const left = await screen.secondsLeft();
    expect(left).toBeGreaterThan(300);
    expect(left).toBeLessThanOrEqual(600);
    await page.reload();
    await screen.expectLive();
    await screen.expectMine('07');
    expect(await screen.secondsLeft()).toBeGreaterThan(300);
    expect(await screen.secondsLeft()).toBeLessThanOrEqual(left);
  });
}
