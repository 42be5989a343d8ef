import type { Page } from '@playwright/test';
import { ApiPerson } from '../e2e/support/api';
import { aReference, openDesk } from '../e2e/support/desk';
import { test } from '../e2e/support/fixtures';
import { RaffleScreen } from '../e2e/support/raffleScreen';
import type { Server } from '../e2e/support/server';
import type { Raffle } from '../src/sdk/types';

const IMAGES = `${import.meta.dirname}/../../docs/images`;

const SIZES = {
  phone: { width: 360, height: 740 },
  tablet: { width: 768, height: 1024 },
  desktop: { width: 1440, height: 900 },
};

/** Numbers that other people hold, spread as people choose them: not evenly, and always the same. */
async function crowd(server: Server, raffle: Raffle, people: number): Promise<void> {
  const width = String(raffle.number_count - 1).length;
  let seed = 7;
  const next = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed;
  };
  for (let person = 0; person < people; person++) {
    const start = next() % raffle.number_count;
    const labels = new Set<string>();
    while (labels.size < 6) {
      const number = (start + (next() % 90)) % raffle.number_count;
      labels.add(String(number).padStart(width, '0'));
    }
    // Somebody else may have one of them already; then this person leaves.
    await new ApiPerson(server).hold(raffle.id, [...labels]).catch(() => undefined);
  }
}

/** One raffle a test, so that the last list shows several. */
const TITLES = [
  'Rifa de la escuela',
  'Canasta navideña',
  'Viaje a Guanacaste',
  'Bicicleta de montaña',
  'Computadora portátil',
  'Moto 2027',
];

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    const title = TITLES.shift() ?? 'Moto 2027';
    test(`every page, ${size}, ${colorScheme}`, async ({ browser, server, admin }) => {
      const raffle = await admin.createRaffle({
        title,
        description: 'Entregado en su casa, en todo el país.',
        number_count: 10_000,
        price: 150_000,
        draw_at: '2027-12-20T00:00:00.000Z',
      });
      await crowd(server, raffle, 120);
      const person = {
        baseURL: server.url,
        viewport,
        colorScheme,
        hasTouch: size !== 'desktop',
        isMobile: size !== 'desktop',
        locale: 'es-CR',
        timezoneId: 'America/Costa_Rica',
      };
      const context = await browser.newContext(person);
      const page = await context.newPage();
      const shoot = (name: string) => take(page, `${name}-${size}-${colorScheme}`);

      await page.goto('/');
      await page.getByRole('link', { name: title }).first().waitFor();
      await shoot('list');
      const screen = await RaffleScreen.open(page, raffle.id);
      await page.getByText('+5', { exact: true }).click();
      await screen.timer.waitFor();
      // On a phone the board begins below the fold.
      if (size === 'phone') await page.evaluate(() => window.scrollTo(0, 300));
      await shoot('raffle');
      await page.getByText('Mapa', { exact: true }).click();
      await shoot('map');
      await screen.checkOut();
      await page.getByRole('region', { name: 'Resumen' }).waitFor();
      await shoot('checkout');
      await page.goto('/mis-numeros');
      await page.getByRole('link', { name: 'Ir al pago' }).waitFor();
      await shoot('my-numbers');

      await admin.offer(raffle.id, 'sinpe', { phone: '88887777', name: 'Escuela de Atenas' });
      await page.getByRole('link', { name: 'Ir al pago' }).click();
      await page.getByRole('radio', { name: 'SINPE Móvil' }).waitFor();
      await toStep(page);
      await shoot('methods');
      await page.getByRole('button', { name: /^Pagar/ }).click();
      await page.getByLabel('Número de comprobante').fill(aReference());
      await toStep(page);
      await shoot('sinpe');
      await page.getByRole('button', { name: 'Enviar el número' }).click();
      await page.getByText('esperando que la organización confirme').waitFor();

      // A browser of its own: one has one person.
      const other = await browser.newContext(person);
      const desk = await other.newPage();
      await openDesk(desk, server.token('admin'), raffle.id);
      await take(desk, `inbox-${size}-${colorScheme}`);
      await desk.getByRole('button', { name: /^Aprobar/ }).click();
      await desk.getByText('No hay pagos pendientes').waitFor();
      await desk.getByRole('button', { name: 'Devolver dinero' }).scrollIntoViewIfNeeded();
      await desk
        .getByRole('heading', { name: 'Pagos recibidos' })
        .evaluate((heading) => heading.scrollIntoView());
      await take(desk, `received-${size}-${colorScheme}`);
      await other.close();

      await page.getByRole('link', { name: 'Ver mi boleto' }).click();
      await page.getByText('Boleto válido').waitFor();
      await shoot('ticket');
      await context.close();
    });
  }
}

/** On a phone what to pay with is below the summary. */
async function toStep(page: Page): Promise<void> {
  await page.getByRole('region', { name: 'Forma de pago' }).scrollIntoViewIfNeeded();
  await page
    .getByRole('region', { name: 'Forma de pago' })
    .evaluate((step) => step.scrollIntoView());
}

async function take(page: Page, name: string): Promise<void> {
  // Whatever moves has come to rest: fades take 150 ms, a shake 250.
  await page.waitForTimeout(700);
  await page.screenshot({ path: `${IMAGES}/${name}.png`, scale: 'css' });
}
