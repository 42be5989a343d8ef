import type { Page } from '@playwright/test';
import { Crowd } from '../e2e/support/crowd';
import { expect, test } from '../e2e/support/fixtures';
import { RaffleScreen } from '../e2e/support/raffleScreen';
import { note } from './figures';
import { DESKTOP, type Device, openDevice, PHONE } from './profiles';

const NUMBERS = 1_000_000;
const CHANGES_PER_SECOND = 200;
/** About the numbers that a round scrolls over, so that changes are seen and painted. */
const SPAN = 4_000;
const ROUNDS = 5;
const ROUND_MS = 4_000;
const PIXELS_PER_FRAME = 60;

interface Round {
  fps: number;
  scriptMs: number;
  taskMs: number;
  /** The time between two frames that 95 of 100 do not exceed. */
  frameP95Ms: number;
}

for (const [profile, goal] of [
  [PHONE, 50],
  [DESKTOP, 58],
] as const) {
  test(`scrolling a million numbers, ${profile.name}`, async ({
    browser,
    server,
    admin,
    baseURL,
  }, info) => {
    const empty = await openDevice(browser, baseURL, profile);
    const baseline = await measure(empty);
    await empty.context.close();

    const raffle = await admin.createRaffle({ number_count: NUMBERS, title: 'El gran millón' });
    const device = await openDevice(browser, baseURL, profile);
    await RaffleScreen.open(device.page, raffle.id);
    await expect(device.page.getByRole('grid', { name: 'Números del sorteo' })).toBeVisible();
    const crowd = new Crowd(server, raffle, CHANGES_PER_SECOND, SPAN);
    await measure(device);
    const before = { changes: crowd.changes, at: performance.now() };
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measure(device));
    const rate = (crowd.changes - before.changes) / ((performance.now() - before.at) / 1000);
    await crowd.leave();
    await device.context.close();
    expect(rate, 'changes a second that the crowd made').toBeGreaterThan(0.8 * CHANGES_PER_SECOND);

    const of = (key: keyof Round) => rounds.map((round) => round[key]);
    const name = `${profile.name}, scrolling`;
    await note(info, {
      name: `${name}: frames a second`,
      unit: 'fps',
      rounds: of('fps'),
      baseline: baseline.fps,
      goal: { atLeast: goal },
      digits: 1,
    });
    await note(info, {
      name: `${name}: script in a frame`,
      unit: 'ms',
      rounds: of('scriptMs'),
      baseline: baseline.scriptMs,
      goal: { atMost: 4 },
      digits: 2,
    });
    await note(info, {
      name: `${name}: all work in a frame`,
      unit: 'ms',
      rounds: of('taskMs'),
      baseline: baseline.taskMs,
      digits: 2,
    });
    await note(info, {
      name: `${name}: time between frames, p95`,
      unit: 'ms',
      rounds: of('frameP95Ms'),
      baseline: baseline.frameP95Ms,
      digits: 1,
    });
  });
}

/** Scrolls the board for a round, down and back; on a page without one it only counts frames. */
async function measure({ page, devtools }: Device): Promise<Round> {
  await devtools.send('Performance.enable');
  const metric = async (name: string) => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return (metrics.find((each) => each.name === name)?.value ?? 0) * 1000;
  };
  const before = { script: await metric('ScriptDuration'), task: await metric('TaskDuration') };
  const times = await scroll(page);
  const frames = times.length - 1;
  const lasted = (times[frames] ?? 0) - (times[0] ?? 0);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  gaps.sort((one, other) => one - other);
  return {
    fps: (frames * 1000) / lasted,
    scriptMs: ((await metric('ScriptDuration')) - before.script) / frames,
    taskMs: ((await metric('TaskDuration')) - before.task) / frames,
    frameP95Ms: gaps[Math.ceil(0.95 * frames) - 1] ?? 0,
  };
}

/** The times of the frames of one round. */
function scroll(page: Page): Promise<number[]> {
  return page.evaluate(
    ({ roundMs, step }) => {
      let scroller: Element | null = document.querySelector('[role=grid]');
      while (scroller && getComputedStyle(scroller).overflowY !== 'auto') {
        scroller = scroller.parentElement;
      }
      scroller?.scrollIntoView({ block: 'center' });
      return new Promise<number[]>((resolve) => {
        const times: number[] = [];
        const frame = (now: number) => {
          times.push(now);
          const spent = now - (times[0] ?? now);
          if (spent >= roundMs) return resolve(times);
          if (scroller) scroller.scrollTop += spent < roundMs / 2 ? step : -step;
          requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      });
    },
    { roundMs: ROUND_MS, step: PIXELS_PER_FRAME },
  );
}
