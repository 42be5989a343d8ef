/**
 * Whether this document may load Stripe's script.
 *
 * A browser holds a page to the policy that came with its document, however far the person has gone
 * in it since. Only documents of the checkout's address may load Stripe, so one that was opened
 * elsewhere has to be loaded anew, here.
 */
const CHECKOUT = '/checkout/';
const STRIPE = 'https://js.stripe.com';

/** Whether the document was loaded at the checkout's address. What cannot be known counts as so. */
export function isCheckoutDocument(): boolean {
  const [navigation] = performance.getEntriesByType('navigation');
  return !navigation || new URL(navigation.name, location.href).pathname.startsWith(CHECKOUT);
}

/**
 * Sees whether the document's policy refuses Stripe, until `signal` ends it. It does so in a page
 * that the service worker kept for when there is no network.
 */
export function watchRefusal(onRefused: () => void, signal: AbortSignal): void {
  const see = ({ blockedURI }: SecurityPolicyViolationEvent) => {
    if (blockedURI.startsWith(STRIPE)) onRefused();
  };
  document.addEventListener('securitypolicyviolation', see, { signal });
}
