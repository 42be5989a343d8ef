import { afterEach, expect, it } from 'vitest';
import PayPalPanel from '../../src/pages/checkout/card/PayPalPanel';
import { leave, render, text } from './page';
import { payment } from './paying';

afterEach(leave);

function show(url: unknown): Promise<void> {
  const action = { type: 'redirect', url };
  const shown = payment({ amount: 1_250, currency: 'USD', action });
  return render(<PayPalPanel payment={shown} refresh={() => undefined} />);
}

it.each([
  'https://www.paypal.com/checkoutnow?token=5O1',
  'https://www.sandbox.paypal.com/checkoutnow?token=5O1',
  'https://paypal.com/checkoutnow?token=5O1',
])('leads to the page of PayPal where this order is approved: %s', async (url) => {
  await show(url);
  const link = document.querySelector('a');
  expect(link?.href).toBe(url);
  expect(link?.target).toBe('');
  expect(link?.textContent).toContain('12,50');
});

it.each([
  'http://www.paypal.com/checkoutnow',
  'https://paypal.com.thief.test/',
  'https://notpaypal.com/',
  'https://www.paypal.com@thief.test/',
  'https://thief@www.paypal.com/',
  'https://thief.test\\.paypal.com/',
  'https://www.paypal.com:8443/',
  'javascript:alert(1)//.paypal.com',
  '/checkoutnow',
  '',
  7,
])('leads nowhere else, and says so: %s', async (url) => {
  await show(url);
  expect(document.querySelector('a')).toBeNull();
  expect(text()).toContain('puede pagar de otra forma');
});

it('waits for PayPal when there is nothing for the buyer to do', async () => {
  const shown = payment({ action: null });
  await render(<PayPalPanel payment={shown} refresh={() => undefined} />);
  expect(text()).toContain('Confirmando con PayPal');
});
