import { expect, it } from 'vitest';
import { takeProviderReturn } from '../../src/pages/checkout/card/providerReturn';

it.each([
  [
    "their bank's page",
    '/checkout/h1?n=07&payment_intent=pi_1&payment_intent_client_secret=s&redirect_status=succeeded',
    '/checkout/h1?n=07',
  ],
  ['PayPal', '/checkout/h1?token=5O1&PayerID=X7#resumen', '/checkout/h1#resumen'],
  ['PayPal, without having paid', '/checkout/h1?token=5O1', '/checkout/h1'],
])('a buyer back from %s leaves nothing of it in the address', (_, address, left) => {
  history.replaceState({ of: 'router' }, '', address);
  takeProviderReturn();
  expect(location.pathname + location.search + location.hash).toBe(left);
  expect(history.state).toEqual({ of: 'router' });
});

it('any other address stays as it is, to the letter', () => {
  history.replaceState(null, '', '/checkout/h1?q=a%20b+c');
  takeProviderReturn();
  expect(location.search).toBe('?q=a%20b+c');
});
