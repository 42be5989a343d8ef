import AxeBuilder from '@axe-core/playwright';
import { CheckoutScreen } from './support/checkoutScreen';
import { aReference, openDesk } from './support/desk';
import { expect, type Page, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

const LANGUAGES = ['es', 'en', 'pt'] as const;
const THEMES = ['light', 'dark'] as const;

for (const language of LANGUAGES) {
  test(`axe has nothing serious to say of any page in ${language}, light or dark`, async ({
    page,
    admin,
    server,
  }) => {
    const raffle = await admin.createRaffle();
    const large = await admin.createRaffle({ number_count: 5_000, title: 'Carro' });
    // In Spanish first, where the test knows the names of things.
    const screen = await RaffleScreen.open(page, raffle.id);
    await screen.pick('07');
    await screen.checkOut();
    const checkout = page.url();
    await page.evaluate((spoken) => localStorage.setItem('sorteos.language', spoken), language);

    const addresses = ['/', `/r/${raffle.id}`, `/r/${large.id}`, checkout, '/mis-numeros'];
    const organizer = `/organizar#token=${server.token('organizer')}`;
    for (const address of [...addresses, '/organizar', organizer, '/nada']) {
      await page.goto(address);
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme });
        await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
        expect.soft(await findings(page), `${address} in ${language}, ${theme}`).toEqual([]);
      }
    }
  });
}

test('axe has nothing serious to say of any dialog, light or dark', async ({ page, admin }) => {
  const raffle = await admin.createRaffle();
  const screen = await RaffleScreen.open(page, raffle.id);
  await screen.pick('07');
  for (const name of [
    'Idioma y apariencia',
    'Lista: escoger de una lista',
    'Cancelar',
    'Ir a pagar',
  ]) {
    await page.getByRole('button', { name, exact: true }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme });
      await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
      expect.soft(await findings(page), `${name}, ${theme}`).toEqual([]);
    }
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
});

test('axe has nothing serious to say of paying, of the ticket, of the organizer’s inbox, and of refunds', async ({
  page,
  newPerson,
  admin,
  server,
}) => {
  async function check(what: Page, name: string): Promise<void> {
    for (const theme of THEMES) {
      await what.emulateMedia({ colorScheme: theme });
      await expect(what.locator('html')).toHaveAttribute('data-theme', theme);
      expect.soft(await findings(what), `${name}, ${theme}`).toEqual([]);
    }
  }
  const raffle = await admin.createRaffle();
  await admin.offer(raffle.id, 'sinpe', { phone: '88887777', name: 'Escuela' });
  const checkout = await CheckoutScreen.open(page, raffle.id, '07');
  await checkout.choose('SINPE Móvil');
  await check(page, 'methods');
  await checkout.pay.click();
  await page.getByLabel('Número de comprobante').fill(aReference());
  await check(page, 'sinpe');
  await page.getByRole('button', { name: 'Enviar el número' }).click();
  await expect(page.getByText('esperando que la organización confirme')).toBeVisible();
  await check(page, 'review');

  const desk = await newPerson();
  await openDesk(desk, server.token('admin'), raffle.id);
  await check(desk, 'inbox');
  await desk.getByRole('button', { name: /^Aprobar/ }).click();

  await checkout.expectSold('07');
  await check(page, 'sold');
  await page.getByRole('link', { name: 'Ver mi boleto' }).click();
  await expect(page.getByText('Boleto válido')).toBeVisible();
  await check(page, 'ticket');

  await desk.reload();
  await desk.getByRole('button', { name: 'Devolver dinero' }).click();
  await expect(desk.getByRole('dialog')).toBeVisible();
  await desk.getByRole('dialog').getByRole('button', { name: 'Continuar' }).click();
  await check(desk, 'refund');
  await desk.getByLabel('Razón').fill('lo pidió');
  await desk.getByRole('button', { name: 'Continuar' }).click();
  await check(desk, 'refund, once more');
});

async function findings(page: Page): Promise<string[]> {
  // A colour on its way to another one is nobody's contrast.
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) {
      const ends = animation.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY;
      if (ends) animation.finish();
      else animation.cancel();
    }
  });
  // All is one document: no page beside it is needed to put parts together.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
