import { expect, test } from './support/fixtures';
import { Versions } from './support/versions';

// The page in front of the server passes no WebSocket on.
test.use({ outage: true });

test('a newer version is offered, but not where numbers are chosen', async ({
  page,
  admin,
  server,
}) => {
  await admin.createRaffle({ title: 'Versiones' });
  const versions = await Versions.before(server.port);
  await page.goto(versions.url);
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  versions.release();
  await page.evaluate(async () => {
    await (await navigator.serviceWorker.ready).update();
  });
  const offer = page.getByText('Hay una versión nueva de esta página.');
  await expect(offer).toBeVisible();

  await page.getByRole('link', { name: 'Versiones' }).first().click();
  await expect(page).toHaveURL(/\/r\//);
  await expect(page.getByRole('region', { name: 'Escoja sus números' })).toBeVisible();
  await expect(offer).toHaveCount(0);
  await page.goBack();
  await expect(offer).toBeVisible();

  await page.evaluate(() => document.body.setAttribute('data-same-page', ''));
  await page.getByRole('button', { name: 'Actualizar' }).click();
  await expect(page.locator('body[data-same-page]')).toHaveCount(0);
  versions.close();
});
