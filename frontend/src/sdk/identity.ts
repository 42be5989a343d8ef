/**
 * Who is at this browser: nobody, a guest, or somebody who signed in.
 *
 * A guest is made when a person first needs to be someone (to hold a number), and is shared by all
 * tabs. An organizer signs in with a token, in one tab. Tokens never enter an address or a log.
 */

import { ApiError } from './errors';
import { type Asking, api, ask } from './http';
import { type Observable, Value } from './observable';
import { isPerson, type Person, personOf } from './person';
import { serverClock } from './serverClock';
import { isKept, Kept } from './storage';
import type { Contact } from './types';

/** What an `Identity` needs of the world. */
export interface IdentityParts {
  requestGuest(): Promise<{ token: string; user_id: string; expires_at: string }>;
  /** Rejects with `ApiError` when the server does not take the token. */
  checkToken(token: string): Promise<void>;
  /** Server time in milliseconds since 1970. */
  now(): number;
  /** Runs `task` while no other tab runs one of the same name. */
  alone<T>(name: string, task: () => Promise<T>): Promise<T>;
}

type Call<T> = (asking: Asking) => Promise<{ data?: T; error?: unknown; response: Response }>;

const GUEST = 'sorteos.guest';
const SIGNED_IN = 'sorteos.signed-in';
const SIGNED_OUT = 'sorteos.signed-out';

export class Identity implements Observable<Person | null> {
  readonly #person = new Value<Person | null>(null);
  readonly #signedOut = new Value(false);
  readonly #guest = new Kept(() => localStorage, GUEST, isPerson);
  readonly #signedIn = new Kept(() => sessionStorage, SIGNED_IN, isPerson);
  readonly #signOuts = new Kept(() => localStorage, SIGNED_OUT, isText);
  #making: Promise<Person> | null = null;

  constructor(private readonly parts: IdentityParts) {
    this.#reread();
    window.addEventListener('storage', ({ key }) => {
      if (key === SIGNED_OUT) this.#signedIn.write(null);
      if (key === null || key === GUEST || key === SIGNED_OUT) this.#reread();
    });
  }

  readonly get = (): Person | null => this.#person.get();

  readonly subscribe = (listener: () => void): (() => void) => this.#person.subscribe(listener);

  /** Whether the server stopped taking the token of somebody who had signed in here. */
  readonly wasSignedOut: Observable<boolean> = this.#signedOut;

  /** Whether the other tabs of this browser are, or would become, the same person. */
  get isShared(): boolean {
    return this.#signedIn.read() === null && isKept(() => localStorage);
  }

  /**
   * The person here; a new guest when there is nobody. Calls at the same time get the same one.
   *
   * @throws ApiError when no guest can be made now, and with `unauthenticated` when the time of
   * somebody who had signed in is over.
   */
  async ensure(): Promise<Person> {
    const person = this.get();
    if (person && Date.parse(person.expiresAt) > this.parts.now()) return person;
    return person ? this.renew(person.token) : this.#newGuest();
  }

  /**
   * Somebody in the place of the bearer of a token that the server did not take.
   *
   * @throws ApiError with `unauthenticated` when that was somebody who had signed in and must do so
   * again; and as `ensure` does.
   */
  async renew(refused: string): Promise<Person> {
    const hadSignedIn = this.#signedIn.read()?.token === refused;
    this.refuse(refused);
    if (hadSignedIn) throw new ApiError('unauthenticated', {}, 401);
    return this.ensure();
  }

  /** Forgets the bearer of a token that the server did not take. */
  refuse(token: string): void {
    if (this.#signedIn.read()?.token === token) {
      this.#signedIn.write(null);
      this.#signedOut.set(true);
    }
    if (this.#guest.read()?.token === token) this.#guest.write(null);
    this.#reread();
  }

  /**
   * Becomes the bearer of a token, in this tab and until it is closed.
   *
   * @throws ApiError; with `unauthenticated` when it is no token, or none that this server takes.
   */
  async signIn(token: string): Promise<Person> {
    const person = personOf(token.trim());
    if (!person) throw new ApiError('unauthenticated');
    await this.parts.checkToken(person.token);
    this.#signedOut.set(false);
    this.#signedIn.write(person);
    this.#reread();
    return person;
  }

  /** Becomes nobody, in every tab of this browser. The holds of a guest can then not be reached. */
  signOut(): void {
    this.#signedOut.set(false);
    this.#signedIn.write(null);
    this.#guest.write(null);
    // Another value each time, since what the other tabs hear is the change.
    this.#signOuts.write(crypto.randomUUID());
    this.#reread();
  }

  /**
   * Has the server keep how this person can be reached; answers what it keeps.
   *
   * @throws ApiError; `bad_request` names the `field` that is wrong.
   */
  async remember(contact: Contact): Promise<Contact> {
    const answer = await this.asPerson((asking) =>
      api.PUT('/api/v1/me/contact', { body: contact, ...asking }),
    );
    return answer.contact as Contact;
  }

  /**
   * Makes a call as the person here, and makes a guest for it when there is nobody. A guest's token
   * that is refused is replaced, once.
   *
   * @throws ApiError as `ask` and `ensure` do.
   */
  async asPerson<T>(call: Call<T>): Promise<T> {
    const { token } = await this.ensure();
    try {
      return await ask(call, token);
    } catch (error) {
      if (!isRefusedToken(error)) throw error;
      return ask(call, (await this.renew(token)).token);
    }
  }

  /** Makes a call that nobody needs a token for; with one, the answer may show more. */
  async asAnybody<T>(call: Call<T>): Promise<T> {
    const token = this.get()?.token ?? null;
    try {
      return await ask(call, token);
    } catch (error) {
      if (token === null || !isRefusedToken(error)) throw error;
      this.refuse(token);
      return ask(call, null);
    }
  }

  #newGuest(): Promise<Person> {
    this.#making ??= this.parts
      .alone(GUEST, async () => {
        // Another tab may have been quicker.
        const found = this.#guest.read();
        if (!found) {
          const { token, user_id, expires_at } = await this.parts.requestGuest();
          this.#guest.write({ token, userId: user_id, role: 'user', expiresAt: expires_at });
        }
        this.#reread();
        return this.get() as Person;
      })
      .finally(() => {
        this.#making = null;
      });
    return this.#making;
  }

  #reread(): void {
    const person = this.#signedIn.read() ?? this.#guest.read();
    if (person?.token !== this.get()?.token) this.#person.set(person);
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isRefusedToken(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'unauthenticated';
}

/** The page's one. */
export const identity = new Identity({
  requestGuest: () =>
    ask((asking) => api.POST('/api/v1/auth/guest', { body: {}, ...asking }), null),
  checkToken: async (token) => {
    const params = { query: { page_size: 1 } };
    await ask((asking) => api.GET('/api/v1/raffles', { params, ...asking }), token);
  },
  now: () => serverClock.now(),
  alone: async (name, task) =>
    navigator.locks ? await navigator.locks.request(name, task) : await task(),
});
