import { defineConfig } from '@playwright/test';
import { CHROMIUM } from '../e2e/support/devices';

/** Figures of the page, against the real server: `npm run bench`, on a machine that is quiet. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.bench.ts',
  outputDir: '../node_modules/.cache/bench',
  workers: 1,
  timeout: 240_000,
  reporter: [['./report.ts', { json: process.env.BENCH_JSON ?? 'benchmarks/results.json' }]],
  use: { locale: 'es-CR', timezoneId: 'America/Costa_Rica', launchOptions: CHROMIUM },
});
