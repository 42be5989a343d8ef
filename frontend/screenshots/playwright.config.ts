import { defineConfig } from '@playwright/test';
import { CHROMIUM } from '../e2e/support/devices';

/** The pictures of docs/images, taken from the real server: `npm run screenshots`. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.shot.ts',
  outputDir: '../node_modules/.cache/screenshots',
  workers: 1,
  timeout: 40_000,
  reporter: [['list']],
  use: { locale: 'es-CR', timezoneId: 'America/Costa_Rica', launchOptions: CHROMIUM },
});
