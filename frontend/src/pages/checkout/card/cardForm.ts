/** Stripe's card fields in the page, and what became of a card that was typed into them. */
import type {
  PaymentIntentResult,
  Stripe,
  StripeElementLocale,
  StripeElements,
} from '@stripe/stripe-js';
import { loadStripe } from '@stripe/stripe-js/pure';
import { fieldAppearance, watchTheme } from './appearance';

/** Fields that are not there by then are not coming: a script that is blocked may say nothing. */
export const PATIENCE_MS = 20_000;

/** What the server gives for a payment by card. Neither is a secret from the buyer. */
export interface CardKeys {
  publishableKey: string;
  clientSecret: string;
}

/**
 * `sent`: the bank has agreed, and the server will say what became of it. `refused`: nothing was
 * paid, for a reason in the buyer's language. `incomplete`: the field that lacks something says so.
 * `unknown`: nobody knows; to try again is safe, since an intent is paid once at most.
 */
export type Outcome =
  | { kind: 'sent' | 'incomplete' | 'unknown' }
  | { kind: 'refused'; message: string };

export interface CardForm {
  /** Speaks this language from now on. What was typed stays. */
  speak(language: string): void;
  /** Pays. Resolves after the bank's own questions; some banks ask on a page of their own instead. */
  pay(returnUrl: string): Promise<Outcome>;
}

const LOCALES: Record<string, StripeElementLocale> = { es: 'es-419', en: 'en', pt: 'pt-BR' };
const PAID = ['requires_capture', 'processing', 'succeeded'];

/** One of each for a page, as Stripe wishes. Its language is that of its refusals. */
const instances = new Map<string, Stripe>();

/**
 * Shows the fields in `place` and resolves when they can be used. Rejects when they cannot be had:
 * no network, a blocker, a payment that is over. With `signal` they go away, at whatever point.
 */
export async function openCardForm(
  place: HTMLElement,
  keys: CardKeys,
  language: string,
  signal: AbortSignal,
): Promise<CardForm> {
  const stripe = await withPatience(instance(keys.publishableKey, language), signal);
  const elements = stripe.elements({
    clientSecret: keys.clientSecret,
    appearance: fieldAppearance(),
    locale: locale(language),
  });
  const fields = elements.create('payment', { layout: 'tabs' });
  signal.addEventListener('abort', () => fields.destroy());
  const shown = new Promise<void>((resolve, reject) => {
    fields.once('ready', () => resolve());
    fields.once('loaderror', ({ error }) => reject(new Error(error.message ?? error.type)));
  });
  fields.mount(place);
  await withPatience(shown, signal);
  watchTheme(() => elements.update({ appearance: fieldAppearance() }), signal);
  return {
    speak: (next) => elements.update({ locale: locale(next) }),
    pay: (returnUrl) => pay(stripe, elements, returnUrl),
  };
}

async function pay(stripe: Stripe, elements: StripeElements, returnUrl: string): Promise<Outcome> {
  const result = await stripe.confirmPayment({
    elements,
    confirmParams: { return_url: returnUrl },
    redirect: 'if_required',
  });
  return outcome(result);
}

function outcome({ error, paymentIntent }: PaymentIntentResult): Outcome {
  const status = (paymentIntent ?? error?.payment_intent)?.status;
  if (status && PAID.includes(status)) return { kind: 'sent' };
  if (error?.type === 'validation_error') return { kind: 'incomplete' };
  const isOver = error?.type === 'card_error' || status === 'requires_payment_method';
  if (isOver && error?.message) return { kind: 'refused', message: error.message };
  return { kind: 'unknown' };
}

async function instance(key: string, language: string): Promise<Stripe> {
  const name = `${key} ${language}`;
  const stripe = instances.get(name) ?? (await loadStripe(key, { locale: locale(language) }));
  if (!stripe) throw new Error('there is no browser to load Stripe in');
  instances.set(name, stripe);
  return stripe;
}

function locale(language: string): StripeElementLocale {
  return LOCALES[language] ?? 'auto';
}

/** What `promise` brings; rejects when that takes too long or is not wanted any more. */
function withPatience<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Stripe does not answer')), PATIENCE_MS);
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    });
  });
}
