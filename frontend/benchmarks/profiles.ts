import type { Browser, BrowserContext, CDPSession, Page } from '@playwright/test';

/** A device that pages are measured on: the size of its screen, and how slow its processor is. */
export interface Profile {
  name: string;
  viewport: { width: number; height: number };
  deviceScaleFactor: number;
  isMobile: boolean;
  /** How many times slower than this machine. */
  slowdown: number;
}

export const PHONE: Profile = {
  name: 'phone',
  viewport: { width: 412, height: 915 },
  deviceScaleFactor: 2,
  isMobile: true,
  slowdown: 4,
};

export const DESKTOP: Profile = {
  name: 'desktop',
  viewport: { width: 1440, height: 900 },
  deviceScaleFactor: 1,
  isMobile: false,
  slowdown: 1,
};

export interface Device {
  context: BrowserContext;
  page: Page;
  devtools: CDPSession;
}

/** A browser on that device, with nothing in its cache. */
export async function openDevice(
  browser: Browser,
  baseURL: string | undefined,
  { slowdown, name: _, ...screen }: Profile,
): Promise<Device> {
  const context = await browser.newContext({ ...screen, ...(baseURL ? { baseURL } : {}) });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  return { context, page, devtools };
}

/** What Lighthouse calls slow 4G: 150 ms there and back, 1.6 Mbit/s down, 750 kbit/s up. */
export async function slowNetwork({ devtools }: Device): Promise<void> {
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 150,
    downloadThroughput: (1.6 * 1_000_000) / 8,
    uploadThroughput: (750 * 1_000) / 8,
  });
}
