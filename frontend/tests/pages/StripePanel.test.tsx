import { act } from 'react-dom/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../../src/pages/checkout/card/cardForm';
import StripePanel from '../../src/pages/checkout/card/StripePanel';
import type { Payment } from '../../src/sdk/payments';
import { button, leave, press, render, text } from './page';
import { payment } from './paying';

/** Stripe's script, as far as the panel uses it. */
const stripe = vi.hoisted(() => ({
  load: vi.fn(),
  elements: vi.fn(),
  update: vi.fn(),
  create: vi.fn(),
  mount: vi.fn(),
  destroy: vi.fn(),
  confirm: vi.fn(),
  listeners: {} as Record<string, (event: unknown) => void>,
}));
vi.mock('@stripe/stripe-js/pure', () => ({ loadStripe: stripe.load }));

const refresh = vi.fn();
const reload = vi.fn();
let key = 0;

beforeEach(() => {
  key += 1;
  stripe.listeners = {};
  const fields = {
    once: (name: string, listener: (event: unknown) => void) => {
      stripe.listeners[name] = listener;
    },
    mount: stripe.mount,
    destroy: stripe.destroy,
  };
  stripe.create.mockReturnValue(fields);
  stripe.elements.mockReturnValue({ create: stripe.create, update: stripe.update });
  stripe.load.mockResolvedValue({ elements: stripe.elements, confirmPayment: stripe.confirm });
  stripe.mount.mockImplementation(() => stripe.listeners.ready?.({}));
  stripe.confirm.mockResolvedValue({ paymentIntent: { status: 'requires_capture' } });
  history.replaceState(null, '', '/checkout/h1');
  vi.spyOn(location, 'reload').mockImplementation(reload);
  openedAt('/checkout/h1');
});

afterEach(() => {
  leave();
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.clearAllMocks();
});

/** Where the document came from, however far the person has gone in it since. */
function openedAt(path: string): void {
  const entry = { name: new URL(path, location.href).href } as PerformanceEntry;
  vi.spyOn(performance, 'getEntriesByType').mockReturnValue([entry]);
}

/** With another Stripe account each time: one of each is kept for as long as the page is open. */
function show(change: Partial<Payment> = {}): Promise<void> {
  const keys = { publishable_key: `pk_test_${key}`, client_secret: 'pi_1_secret_2' };
  const shown = payment({ provider: 'stripe', action: { type: 'stripe', ...keys }, ...change });
  return render(<StripePanel payment={shown} refresh={refresh} />);
}

/** Lets what has happened be shown. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await act(async () => {});
}

function payButton(): HTMLButtonElement {
  const found = [...document.querySelectorAll('button')].find((each) =>
    each.textContent?.startsWith('Pagar'),
  );
  if (!found) throw new Error(`there is nothing to pay with in: ${text()}`);
  return found;
}

async function pay(): Promise<void> {
  await press(payButton().textContent ?? '');
}

it('shows the fields of Stripe for this payment, in its language and with the exact amount to pay', async () => {
  await show();
  expect(stripe.load).toHaveBeenCalledWith(`pk_test_${key}`, { locale: 'es-419' });
  expect(stripe.elements.mock.calls[0]?.[0]).toMatchObject({
    clientSecret: 'pi_1_secret_2',
    locale: 'es-419',
  });
  expect(stripe.mount).toHaveBeenCalledOnce();
  expect(payButton().textContent?.replace(/\s/g, ' ')).toBe('Pagar ₡45 000');
  expect(text()).toContain('Nosotros nunca los vemos');
});

it('nothing can be paid before the fields are there', async () => {
  stripe.mount.mockImplementation(() => undefined);
  await show();
  expect(text()).toContain('Abriendo el formulario de la tarjeta');
  expect(payButton().disabled).toBe(true);
  stripe.listeners.ready?.({});
  await settle();
  expect(payButton().disabled).toBe(false);
});

it('a card that the bank accepts is waited for, and the server is asked what became of it', async () => {
  await show();
  await pay();
  expect(stripe.confirm.mock.calls[0]?.[0]).toMatchObject({
    redirect: 'if_required',
    confirmParams: { return_url: `${location.origin}/checkout/h1` },
  });
  expect(refresh).toHaveBeenCalledOnce();
  expect(text()).toContain('Confirmando con el banco');
  expect(text()).not.toContain('Pagar');
});

it('tapping twice confirms once', async () => {
  let answer: (result: unknown) => void = () => undefined;
  stripe.confirm.mockReturnValue(
    new Promise((resolve) => {
      answer = resolve;
    }),
  );
  await show();
  const first = payButton();
  await act(async () => {
    first.click();
    first.click();
  });
  first.click();
  expect(first.getAttribute('aria-busy')).toBe('true');
  await act(async () => answer({ paymentIntent: { status: 'processing' } }));
  expect(stripe.confirm).toHaveBeenCalledOnce();
});

it("a card that is refused says so in Stripe's words, and another one can be tried", async () => {
  stripe.confirm.mockResolvedValueOnce({
    error: { type: 'card_error', message: 'Su tarjeta fue rechazada.' },
  });
  await show();
  await pay();
  expect(document.querySelector('[role=alert]')?.textContent).toContain(
    'Su tarjeta fue rechazada.',
  );
  expect(text()).toContain('No se le cobró nada');
  expect(refresh).toHaveBeenCalledOnce();
  await pay();
  expect(stripe.confirm).toHaveBeenCalledTimes(2);
  expect(text()).toContain('Confirmando con el banco');
});

it("a check of the bank's that failed is a refusal too", async () => {
  stripe.confirm.mockResolvedValue({
    error: {
      type: 'invalid_request_error',
      message: 'No pudimos autenticar su tarjeta.',
      payment_intent: { status: 'requires_payment_method' },
    },
  });
  await show();
  await pay();
  expect(text()).toContain('No pudimos autenticar su tarjeta.');
});

it('a field that lacks something says so itself, and nothing else does', async () => {
  stripe.confirm.mockResolvedValue({
    error: { type: 'validation_error', message: 'El número está incompleto.' },
  });
  await show();
  await pay();
  expect(document.querySelector('[role=alert]')).toBeNull();
  expect(payButton().disabled).toBe(false);
});

it('a payment that was made already, in another tab, is not an error', async () => {
  stripe.confirm.mockResolvedValue({
    error: {
      type: 'invalid_request_error',
      message: 'You cannot confirm this PaymentIntent because it has already succeeded',
      payment_intent: { status: 'requires_capture' },
    },
  });
  await show();
  await pay();
  expect(text()).toContain('Confirmando con el banco');
  expect(text()).not.toContain('already succeeded');
});

it.each([
  ['the connection breaks', { error: { type: 'api_connection_error', message: 'Network error' } }],
  ['nothing is known', { paymentIntent: { status: 'requires_action' } }],
])('when %s nobody says that nothing was charged, and the server is asked', async (_, result) => {
  stripe.confirm.mockResolvedValue(result);
  await show();
  await pay();
  expect(text()).toContain('No supimos qué respondió el banco');
  expect(text()).not.toContain('No se le cobró nada');
  expect(refresh).toHaveBeenCalledOnce();
});

it('a script that fails is reported, and the person can try again', async () => {
  const report = vi.fn();
  vi.stubGlobal('reportError', report);
  stripe.confirm.mockRejectedValueOnce(new Error('no such element'));
  await show();
  await pay();
  expect(report).toHaveBeenCalledOnce();
  expect(text()).toContain('No supimos qué respondió el banco');
  expect(refresh).toHaveBeenCalledOnce();
  vi.unstubAllGlobals();
});

it.each([
  ['a script that is blocked', () => stripe.load.mockRejectedValueOnce(new Error('blocked'))],
  [
    'fields that do not load',
    () =>
      stripe.mount.mockImplementationOnce(() =>
        stripe.listeners.loaderror?.({ error: { type: 'api_error' } }),
      ),
  ],
])('%s: it says so, and trying again opens the fields', async (_, fail) => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  fail();
  await show();
  expect(text()).toContain('No pudimos abrir el formulario de la tarjeta');
  expect(text()).toContain('puede pagar de otra forma');
  await press('Intentar de nuevo');
  expect(payButton().disabled).toBe(false);
  expect(reload).not.toHaveBeenCalled();
});

it('a script that never answers is given up after a while', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  vi.useFakeTimers();
  stripe.load.mockReturnValue(new Promise(() => undefined));
  await show();
  await act(async () => vi.advanceTimersByTime(PATIENCE_MS - 1));
  await settle();
  expect(text()).toContain('Abriendo el formulario');
  await act(async () => vi.advanceTimersByTime(1));
  await settle();
  expect(text()).toContain('No pudimos abrir el formulario de la tarjeta');
});

it('a document that was opened at another address is loaded anew before anything of Stripe is', async () => {
  openedAt('/r/moto');
  await show();
  expect(reload).toHaveBeenCalledOnce();
  expect(stripe.load).not.toHaveBeenCalled();
});

it('where the policy of a kept page refuses Stripe, trying again loads the page anew', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  stripe.load.mockImplementation(async () => {
    const blockedURI = 'https://js.stripe.com/endive/stripe.js';
    document.dispatchEvent(Object.assign(new Event('securitypolicyviolation'), { blockedURI }));
    throw new Error('Failed to load Stripe.js');
  });
  await show();
  expect(reload).not.toHaveBeenCalled();
  await press('Intentar de nuevo');
  expect(reload).toHaveBeenCalledOnce();
});

it('the fields follow the theme, and go away with the panel', async () => {
  await show();
  document.documentElement.dataset.theme = 'dark';
  await act(async () => {});
  expect(stripe.update.mock.lastCall?.[0]).toMatchObject({ appearance: { theme: 'night' } });
  leave();
  expect(stripe.destroy).toHaveBeenCalledOnce();
  delete document.documentElement.dataset.theme;
});

it('fields that come after the person has left are not shown', async () => {
  let arrive: (value: unknown) => void = () => undefined;
  stripe.load.mockReturnValue(
    new Promise((resolve) => {
      arrive = resolve;
    }),
  );
  await show();
  leave();
  await act(async () => arrive({ elements: stripe.elements }));
  expect(stripe.elements).not.toHaveBeenCalled();
});

it.each([
  [null],
  [{ type: 'wait' }],
  [{ type: 'stripe', client_secret: 7, publishable_key: 'pk' }],
])('without the keys of a payment it waits: %o', async (action) => {
  await show({ action });
  expect(text()).toContain('Confirmando con el banco');
  expect(stripe.load).not.toHaveBeenCalled();
  expect(() => button('Intentar de nuevo')).toThrow();
});
