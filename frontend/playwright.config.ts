import { defineConfig } from '@playwright/test';
import { CHROMIUM, PHONE } from './e2e/support/devices';

/**
 * The built client, served by the real server, in a real browser: `npm run build`, then
 * `npm run e2e`. `CHROMIUM` names another browser than Debian's.
 */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'node_modules/.cache/e2e',
  // All tests share one server, which some of them kill.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  // Generous: a busy machine is no failure.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: [['list']],
  use: {
    locale: 'es-CR',
    timezoneId: 'America/Costa_Rica',
    launchOptions: CHROMIUM,
    trace: 'retain-on-failure',
  },
  projects: [{ name: 'phone', use: PHONE }],
});
