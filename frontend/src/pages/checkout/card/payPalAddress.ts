/** Where the buyer agrees to pay. Null when that is nowhere at PayPal: nobody is sent there. */
export function payPalAddress(action: unknown): string | null {
  const said = (action as { type?: unknown; url?: unknown } | null) ?? {};
  if (said.type !== 'redirect' || typeof said.url !== 'string') return null;
  const url = parse(said.url);
  const isPayPals =
    url?.protocol === 'https:' &&
    url.port === '' &&
    url.username === '' &&
    url.password === '' &&
    `.${url.hostname}`.endsWith('.paypal.com');
  return isPayPals ? url.href : null;
}

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
