import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Route } from '@playwright/test';
import { freePort, Server } from './server';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PYTHON = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));
const SECRET_KEY = 'sk_test_e2e';
const WEBHOOK_SECRET = 'whsec_e2e';

/** Cards that can be typed into the fields below, and what Stripe's stand-in calls them. */
const CARDS: Record<string, string> = {
  '4242424242424242': 'pm_card_visa',
  '4000000000000002': 'pm_card_chargeDeclined',
};

/**
 * A shop that takes cards, with a stand-in for all of Stripe: its API, as its own server; and in the
 * browser its script, its frame and its public API, at their real addresses. So the page is held
 * to the very policy that it has in front of the real ones.
 */
export class CardShop {
  readonly server: Server;
  readonly #stripeUrl: string;
  readonly #stripe: ChildProcess;
  /** What the browser asked Stripe to confirm. */
  confirmations = 0;

  private constructor(server: Server, stripeUrl: string, stripe: ChildProcess) {
    this.server = server;
    this.#stripeUrl = stripeUrl;
    this.#stripe = stripe;
  }

  static async start(): Promise<CardShop> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const server = await Server.start({
      STRIPE_SECRET_KEY: SECRET_KEY,
      STRIPE_PUBLISHABLE_KEY: 'pk_test_e2e',
      STRIPE_WEBHOOK_SECRETS: WEBHOOK_SECRET,
      STRIPE_API_BASE: url,
      PAYMENTS_SANDBOX: '1',
    });
    // After the server, whose first start may still have had to set up Python.
    const module = ['-m', 'sorteos_actors.testing.serve_stripe', String(port), SECRET_KEY];
    const stripe = spawn(PYTHON, module, { cwd: ROOT, stdio: 'inherit' });
    while (!(await answers(url))) {
      if (stripe.exitCode !== null) throw new Error('The stand-in for Stripe has ended.');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return new CardShop(server, url, stripe);
  }

  async dispose(): Promise<void> {
    this.#stripe.kill();
    await this.server.dispose();
  }

  /** Answers for Stripe's hosts in this browser. */
  async install(context: BrowserContext): Promise<void> {
    await context.route('https://js.stripe.com/**', (route) => {
      const isFrame = new URL(route.request().url()).pathname === '/fields.html';
      return route.fulfill(
        isFrame
          ? { contentType: 'text/html; charset=utf-8', body: FRAME }
          : { contentType: 'text/javascript; charset=utf-8', body: SCRIPT },
      );
    });
    await context.route('https://api.stripe.com/**', (route) => this.#confirm(route));
  }

  /** What the browser asks goes to the stand-in, and what it did there is told by a webhook. */
  async #confirm(route: Route): Promise<void> {
    const request = route.request();
    const form = new URLSearchParams(request.postData() ?? '');
    form.set('payment_method', CARDS[form.get('card') ?? ''] ?? '');
    const path = new URL(request.url()).pathname;
    const answer = await fetch(`${this.#stripeUrl}${path}`, { method: 'POST', body: form });
    const body = await answer.text();
    this.confirmations += 1;
    if (answer.ok) await this.#tell(JSON.parse(body) as Record<string, unknown>);
    await route.fulfill({
      status: answer.status,
      contentType: 'application/json',
      headers: { 'Access-Control-Allow-Origin': '*' },
      body,
    });
  }

  async #tell(intent: Record<string, unknown>): Promise<void> {
    const seconds = Math.floor(Date.now() / 1000);
    const body = JSON.stringify({
      id: `evt_${randomUUID()}`,
      object: 'event',
      type: 'payment_intent.amount_capturable_updated',
      created: seconds,
      livemode: false,
      data: { object: intent },
    });
    const mac = createHmac('sha256', WEBHOOK_SECRET).update(`${seconds}.${body}`).digest('hex');
    const headers = {
      'Content-Type': 'application/json',
      'Stripe-Signature': `t=${seconds},v1=${mac}`,
    };
    const url = `${this.server.url}/api/v1/webhooks/stripe`;
    const answer = await fetch(url, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`the webhook was refused: ${answer.status}`);
  }
}

/** Whether anything is heard from there. */
async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch {
    return false;
  }
}

const FRAME = `<!doctype html><label>Número de tarjeta <input inputmode="numeric"></label>
<script>
const input = document.querySelector('input');
input.oninput = () => parent.postMessage({ card: input.value }, '*');
</script>`;

/** As much of Stripe's script as the page uses: a frame with a field, and to confirm what is in it. */
const SCRIPT = `window.Stripe = () => ({
  elements: ({ clientSecret }) => ({
    clientSecret,
    update() {},
    create() {
      const listeners = {};
      const frame = document.createElement('iframe');
      frame.title = 'Datos de la tarjeta';
      frame.src = 'https://js.stripe.com/fields.html';
      frame.onload = () => listeners.ready?.({});
      addEventListener('message', ({ origin, data }) => {
        if (origin === 'https://js.stripe.com') this.card = data.card;
      });
      return {
        once: (name, listener) => { listeners[name] = listener; },
        mount: (place) => place.append(frame),
        destroy: () => frame.remove(),
      };
    },
  }),
  async confirmPayment({ elements }) {
    const [id] = elements.clientSecret.split('_secret');
    const body = new URLSearchParams({ client_secret: elements.clientSecret, card: elements.card });
    const url = 'https://api.stripe.com/v1/payment_intents/' + id + '/confirm';
    const answer = await (await fetch(url, { method: 'POST', body })).json();
    if (!answer.error) return { paymentIntent: answer };
    return { error: { ...answer.error, message: 'Su tarjeta fue rechazada.' } };
  },
});
window.Stripe.version = 'endive';`;
