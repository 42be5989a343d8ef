/**
 * Draws the PNG icons of the installed app from `public/icon.svg`: `npm run icons`.
 *
 * The pictures are kept in the repository; run this after the drawing has changed.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { chromium } from '@playwright/test';

const folder = new URL('../public/', import.meta.url);
const drawing = await readFile(new URL('icon.svg', folder), 'utf8');
/** What lies around the ticket where the picture must fill its square. */
const GROUND = '#084652';

/** `scale` keeps the drawing inside the circle that every launcher's mask leaves. */
const icons = [
  { file: 'icons/icon-192.png', size: 192, scale: 1, ground: 'transparent' },
  { file: 'icons/icon-512.png', size: 512, scale: 1, ground: 'transparent' },
  { file: 'icons/maskable-512.png', size: 512, scale: 0.78, ground: GROUND },
  { file: 'icons/apple-touch-icon.png', size: 180, scale: 0.86, ground: GROUND },
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage();
for (const { file, size, scale, ground } of icons) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>
    html { background: ${ground}; }
    body { margin: 0; height: ${size}px; display: grid; place-items: center; }
    svg { display: block; width: ${size * scale}px; }
  </style>${drawing}`);
  await writeFile(new URL(file, folder), await page.screenshot({ omitBackground: true }));
}
await browser.close();
