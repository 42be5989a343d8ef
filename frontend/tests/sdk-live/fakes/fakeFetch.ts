import { vi } from 'vitest';

export interface Asked {
  method: string;
  path: string;
  token: string | null;
  headers: Headers;
  /** What was sent as JSON; else its text. */
  body: unknown;
}

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> } | Error;

/** The browser's `fetch`. Answers are given in order, or by a function. */
export class FakeFetch {
  readonly asked: Asked[] = [];
  readonly answers: Answer[] = [];
  /** For what there is no answer prepared. */
  otherwise: (asked: Asked) => Answer | Promise<Answer> = ({ path }) => {
    throw new Error(`nobody expected ${path}`);
  };

  constructor() {
    vi.stubGlobal('fetch', (request: Request) => this.#fetch(request));
  }

  answer(body: unknown, status = 200): this {
    this.answers.push({ body, status });
    return this;
  }

  refuse(status: number, code: string, params: object = {}): this {
    const body = { type: 'about:blank', title: '', status, code, message: '', params };
    this.answers.push({ status, body });
    return this;
  }

  async #fetch(request: Request): Promise<Response> {
    const text = await request.text();
    const url = new URL(request.url);
    const asked: Asked = {
      method: request.method,
      path: url.pathname + url.search,
      token: request.headers.get('Authorization')?.replace('Bearer ', '') ?? null,
      headers: request.headers,
      body: text === '' ? null : isJson(request) ? JSON.parse(text) : text,
    };
    this.asked.push(asked);
    const answer = this.answers.shift() ?? (await this.#other(asked, request.signal));
    if (answer instanceof Error) throw answer;
    const { status = 200, body, headers = {} } = answer;
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    return new Response(payload, {
      status,
      headers: { 'Content-Type': 'application/json', ...headers },
    });
  }

  #other(asked: Asked, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
      Promise.resolve(this.otherwise(asked)).then(resolve, reject);
    });
  }
}

function isJson({ headers }: Request): boolean {
  return headers.get('Content-Type')?.includes('json') ?? false;
}
