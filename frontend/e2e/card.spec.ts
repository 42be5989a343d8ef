import type { Page } from '@playwright/test';
import { test as base, expect } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';
import { CardShop } from './support/stripe';

const test = base.extend<object, { shop: CardShop }>({
  shop: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from it.
    async ({}, use) => {
      const shop = await CardShop.start();
      await use(shop);
      await shop.dispose();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  server: [async ({ shop }, use) => use(shop.server), { scope: 'worker' }],
  context: async ({ context, shop }, use) => {
    await shop.install(context);
    await use(context);
  },
});

const GOOD = '4242424242424242';
const REFUSED = '4000000000000002';

/** From the list of raffles, whose document may load nothing of Stripe's, to the card's fields. */
async function chooseCard(page: Page, raffleId: string): Promise<void> {
  const screen = await RaffleScreen.open(page, raffleId);
  await screen.pick('07');
  await screen.checkOut();
  await page.getByRole('radio', { name: /^Tarjeta/ }).check();
  await page.getByRole('button', { name: /^Continuar/ }).click();
}

function cardField(page: Page) {
  const frame = page.frameLocator('iframe[title="Datos de la tarjeta"]');
  return frame.getByLabel('Número de tarjeta');
}

async function payWith(page: Page, card: string): Promise<void> {
  await cardField(page).fill(card);
  await page.getByRole('button', { name: /^Pagar/ }).click();
}

test('a card pays: its fields are Stripe’s, the numbers are sold', async ({ page, admin }) => {
  const raffle = await admin.createRaffle();
  await chooseCard(page, raffle.id);
  await payWith(page, GOOD);
  await expect(page.getByRole('heading', { name: 'Los números son suyos' })).toBeVisible();
});

test('a card is refused in words, and another one pays', async ({ page, admin, shop }) => {
  const raffle = await admin.createRaffle();
  await chooseCard(page, raffle.id);
  const before = shop.confirmations;
  await payWith(page, REFUSED);
  await expect(page.getByRole('alert')).toContainText('Su tarjeta fue rechazada.');
  await payWith(page, GOOD);
  await expect(page.getByRole('heading', { name: 'Los números son suyos' })).toBeVisible();
  expect(shop.confirmations).toBe(before + 2);
});

test('only the checkout may load Stripe', async ({ page, admin, complaints }) => {
  const raffle = await admin.createRaffle();
  await RaffleScreen.open(page, raffle.id);
  const isLoaded = () =>
    page.evaluate(
      () =>
        new Promise((resolve) => {
          const script = document.createElement('script');
          script.src = 'https://js.stripe.com/endive/stripe.js';
          script.onload = () => resolve(true);
          script.onerror = () => resolve(false);
          document.head.append(script);
        }),
    );
  expect(await isLoaded()).toBe(false);
  expect(complaints.splice(0).join()).toContain('Content Security Policy');
  await page.goto('/checkout/00000000-0000-4000-8000-000000000000');
  expect(await isLoaded()).toBe(true);
});

test.describe('without Stripe', () => {
  test.use({ outage: true });

  test('it says so, and goes on when Stripe is back', async ({ page, context, admin }) => {
    const raffle = await admin.createRaffle();
    const scripts = 'https://js.stripe.com/**';
    await context.route(scripts, (route) => route.abort(), { times: 2 });
    await chooseCard(page, raffle.id);
    await expect(page.getByText(/No pudimos abrir el formulario de la tarjeta/)).toBeVisible();
    await page.getByRole('button', { name: 'Intentar de nuevo' }).click();
    await payWith(page, GOOD);
    await expect(page.getByRole('heading', { name: 'Los números son suyos' })).toBeVisible();
  });
});

test.describe('after a moment without a network', () => {
  test.use({ outage: true });

  test('the kept page may not load Stripe, and is replaced when one tries again', async ({
    page,
    context,
    admin,
    complaints,
  }) => {
    const raffle = await admin.createRaffle();
    await page.goto('/');
    await page.evaluate(() => navigator.serviceWorker.ready);
    await chooseCard(page, raffle.id);
    await expect(cardField(page)).toBeVisible();
    await context.setOffline(true);
    await page.reload();
    const again = page.getByRole('button', { name: 'Intentar de nuevo' });
    await expect(again).toBeVisible();

    await context.setOffline(false);
    await again.click();
    await expect(page.getByText(/No pudimos abrir el formulario de la tarjeta/)).toBeVisible();
    expect(complaints.splice(0).join()).toContain('Content Security Policy');
    await again.click();
    await payWith(page, GOOD);
    await expect(page.getByRole('heading', { name: 'Los números son suyos' })).toBeVisible();
  });
});
