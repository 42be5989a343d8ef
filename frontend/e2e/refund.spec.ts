import { CheckoutScreen } from './support/checkoutScreen';
import { openPayments } from './support/desk';
import { expect, test } from './support/fixtures';
import { RaffleScreen } from './support/raffleScreen';

test('an admin finds a payment by a number and sends its price back, and another person can take it', async ({
  page,
  newPerson,
  admin,
  server,
}) => {
  const raffle = await admin.createRaffle();
  const checkout = await CheckoutScreen.open(page, raffle.id, '07', '21');
  await checkout.pay.click();
  await checkout.expectSold('07', '21');
  const other = await RaffleScreen.open(await newPerson(), raffle.id);
  await other.expectState('07', /vendido/);

  const desk = await newPerson();
  await openPayments(desk, server.token('admin'), raffle.id);
  await desk.getByLabel('Buscar por número').fill('7');
  await desk.getByRole('button', { name: 'Buscar' }).click();
  const sale = desk.getByRole('article').filter({ hasText: 'Ana Mora' });
  await expect(sale.getByText('Pagado')).toBeVisible();
  await sale.getByRole('button', { name: 'Devolver dinero' }).click();
  const dialog = desk.getByRole('dialog');
  await expect(dialog.getByRole('checkbox', { name: '07' })).toBeChecked();
  await expect(dialog.getByRole('checkbox', { name: '21' })).not.toBeChecked();
  await dialog.getByLabel('Razón').fill('lo pidió');
  await dialog.getByLabel('Razón').press('Enter');
  await dialog.getByRole('button', { name: /^Devolver ₡1\s500$/ }).click();

  const told = desk.getByRole('paragraph').filter({ hasText: 'Libre de nuevo: 07.' });
  await expect(told).toHaveText(/Devuelto: ₡1\s500\./);
  await expect(sale.getByText('Devuelto en parte')).toBeVisible();
  await other.expectState('07', /libre/);
  await other.expectState('21', /vendido/);
  await other.pick('07');
});
