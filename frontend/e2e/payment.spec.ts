import { CheckoutScreen } from './support/checkoutScreen';
import { expect, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

test('a buyer pays, everybody sees the numbers sold, and the ticket can be checked by anybody', async ({
  page,
  newPerson,
  admin,
}) => {
  const raffle = await admin.createRaffle({ title: 'Canasta navideña' });
  const other = await RaffleScreen.open(await newPerson(), raffle.id);
  const checkout = await CheckoutScreen.open(page, raffle.id, '07', '21');

  await checkout.pay.click();
  await checkout.expectSold('07', '21');

  await other.expectState('07', /vendido/);
  await page.getByRole('link', { name: 'Ver mi boleto' }).click();
  await expect(page.getByText('Boleto válido')).toBeVisible();
  const doorkeeper = await newPerson();
  await doorkeeper.goto(page.url());
  await expect(doorkeeper.getByText('Boleto válido')).toBeVisible();
  await expect(doorkeeper.getByText('Ana Mora')).toHaveCount(0);

  await page.goto('/mis-numeros');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Descargar PDF' }).click();
  expect((await download).suggestedFilename()).toMatch(/\.pdf$/);
});

test('a declined payment can be tried again while the clock runs on', async ({ page, admin }) => {
  const raffle = await admin.createRaffle();
  const checkout = await CheckoutScreen.open(page, raffle.id, '07');
  await checkout.letHappen('decline');
  await checkout.pay.click();
  await expect(page.getByText('No se le cobró nada. Puede intentarlo de nuevo')).toBeVisible();
  await expect(page.getByRole('timer')).toBeVisible();

  await checkout.letHappen('approve');
  await checkout.pay.click();
  await checkout.expectSold('07');
});

test('two taps and two tabs make one payment', async ({ page, context, admin }) => {
  const raffle = await admin.createRaffle();
  const checkout = await CheckoutScreen.open(page, raffle.id, '07');
  const second = new CheckoutScreen(await context.newPage());
  await second.page.goto(page.url());
  await expect(second.pay).toBeVisible();
  await checkout.letHappen('slow');
  await second.letHappen('slow');

  await Promise.all([checkout.pay.dblclick(), second.pay.click()]);
  await checkout.expectSold('07');
  await second.expectSold('07');

  // Two tabs are two intentions: the one that came second was turned away before it began.
  const others = (await checkout.attempts()).filter(({ status }) => status !== 'paid');
  expect(others.every(({ status }) => status === 'cancelled')).toBe(true);
  expect(await checkout.attempts()).toHaveLength(others.length + 1);
});

test('time that runs out while paying frees the numbers only after the bank has let go', async ({
  page,
  newPerson,
  admin,
}) => {
  const raffle = await admin.createRaffle({ checkout_seconds: 15 });
  const other = await RaffleScreen.open(await newPerson(), raffle.id);
  const checkout = await CheckoutScreen.open(page, raffle.id, '07');
  await checkout.letHappen('abandoned');
  await checkout.pay.click();

  await expect(page.getByText('El tiempo terminó', { exact: true }).first()).toBeVisible({
    timeout: 40_000,
  });
  await expect(page.getByText('No se le ha cobrado nada.').first()).toBeVisible();
  await other.expectState('07', /libre/);
});

test('money that comes at the very deadline buys the numbers', async ({ page, admin }) => {
  const raffle = await admin.createRaffle({ checkout_seconds: 15 });
  const checkout = await CheckoutScreen.open(page, raffle.id, '07');
  await checkout.letHappen('cancel_too_late');
  await checkout.pay.click();
  await checkout.expectSold('07');
});

test('who closes the browser after paying finds the numbers bought', async ({
  page,
  context,
  admin,
}) => {
  const raffle = await admin.createRaffle();
  const checkout = await CheckoutScreen.open(page, raffle.id, '07');
  await checkout.letHappen('slow');
  await checkout.pay.click();
  await expect(page.getByText('Confirmando con el banco')).toBeVisible();
  const url = page.url();
  await page.close();

  const later = new CheckoutScreen(await context.newPage());
  await later.page.goto(url);
  await later.expectSold('07');
  await later.page.goto('/mis-numeros');
  await expect(later.page.getByRole('link', { name: 'Ver boleto' })).toBeVisible();
});

test('a method that is switched off vanishes from the open page', async ({ page, admin }) => {
  const raffle = await admin.createRaffle();
  await admin.offer(raffle.id, 'sinpe', { phone: '88887777', name: 'Escuela' });
  await CheckoutScreen.open(page, raffle.id, '07');
  await expect(page.getByRole('radio', { name: 'SINPE Móvil' })).toBeVisible();

  await admin.withdraw(raffle.id, 'sinpe');

  await expect(page.getByRole('radio', { name: 'SINPE Móvil' })).toHaveCount(0);
  await expect(page.getByRole('radio', { name: 'Pago de prueba' })).toBeChecked();
});

test('numbers that cost nothing are taken with one tap', async ({ page, admin }) => {
  const raffle = await admin.createRaffle({ price: 0 });
  const checkout = await CheckoutScreen.open(page, raffle.id, '07');
  await page.getByRole('button', { name: 'Confirmar mis números' }).click();
  await checkout.expectSold('07');
});
