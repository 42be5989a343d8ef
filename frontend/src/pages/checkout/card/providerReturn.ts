/** What Stripe and PayPal add to the address of a buyer whom they send back. */
const ADDED = [
  'payment_intent',
  'payment_intent_client_secret',
  'redirect_status',
  'token',
  'PayerID',
  'ba_token',
];

/**
 * Takes what a provider added out of the address, before anybody copies or reloads it. It tells
 * nothing about the money, since anybody can write an address: the server is asked, as ever.
 */
export function takeProviderReturn(): void {
  const address = new URL(location.href);
  const added = ADDED.filter((name) => address.searchParams.has(name));
  if (added.length === 0) return;
  for (const name of added) address.searchParams.delete(name);
  history.replaceState(history.state, '', address);
}
