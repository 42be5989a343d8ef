import type { LaunchOptions, PlaywrightTestOptions } from '@playwright/test';

/** The system's browser, without what would talk to the outside or need a graphics card. */
export const CHROMIUM: LaunchOptions = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

type Device = Pick<
  Partial<PlaywrightTestOptions>,
  'viewport' | 'deviceScaleFactor' | 'isMobile' | 'hasTouch'
>;

/** A small phone: what most buyers have. */
export const PHONE: Device = {
  viewport: { width: 360, height: 740 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

export const DESKTOP: Device = {
  viewport: { width: 1440, height: 900 },
  deviceScaleFactor: 1,
  isMobile: false,
  hasTouch: false,
};
