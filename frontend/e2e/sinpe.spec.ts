import { CheckoutScreen } from './support/checkoutScreen';
import { aReference, openDesk } from './support/desk';
import { expect, test } from './support/fixtures';

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

test('a transfer by SINPE is told by a buyer, approved in another browser, and the page follows', async ({
  page,
  newPerson,
  admin,
  server,
}) => {
  const raffle = await admin.createRaffle();
  await admin.offer(raffle.id, 'sinpe', { phone: '88887777', name: 'Escuela' });
  const checkout = await CheckoutScreen.open(page, raffle.id, '07', '21');
  await checkout.choose('SINPE Móvil');
  await checkout.pay.click();
  await expect(page.getByText('8888 7777')).toBeVisible();
  await page.getByLabel('Número de comprobante').fill(aReference());
  await page.getByRole('button', { name: 'Enviar el número' }).click();
  await expect(page.getByText('esperando que la organización confirme')).toBeVisible();

  const desk = await newPerson();
  await openDesk(desk, server.token('admin'), raffle.id);
  await desk.getByRole('button', { name: /^Aprobar ₡3\s000 · ref/ }).click();

  await checkout.expectSold('07', '21');
  await expect(desk.getByRole('button', { name: /^Aprobar/ })).toHaveCount(0);
});

test('a picture of the receipt reaches the organizer, who rejects it, and the buyer hears so', async ({
  page,
  newPerson,
  admin,
  server,
}) => {
  const raffle = await admin.createRaffle();
  await admin.offer(raffle.id, 'sinpe', { phone: '88887777', name: 'Escuela' });
  const checkout = await CheckoutScreen.open(page, raffle.id, '07');
  await checkout.choose('SINPE Móvil');
  await checkout.pay.click();
  await page
    .getByLabel('Foto del comprobante')
    .setInputFiles({ name: 'sinpe.png', mimeType: 'image/png', buffer: PIXEL });
  await expect(page.getByText('esperando que la organización confirme')).toBeVisible();

  const desk = await newPerson();
  await openDesk(desk, server.token('admin'), raffle.id);
  await desk.getByRole('button', { name: 'Ver comprobante 1' }).click();
  await expect(desk.getByRole('img', { name: 'Lo que envió quien compra' })).toBeVisible();
  await desk.keyboard.press('Escape');
  await desk.getByRole('button', { name: 'Rechazar' }).click();
  await desk.getByRole('dialog').getByRole('button', { name: 'El dinero no ha llegado' }).click();

  await expect(page.getByRole('heading', { name: 'El pago no se aprobó' })).toBeVisible();
  await expect(page.getByText('Los números se liberaron.')).toBeVisible();
});
