import { createServer, type Server as HttpServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Stands before the server and, once told to, serves a service worker of another version: one that
 * does not know the entry script of the pages that are open.
 */
export class Versions {
  readonly #http: HttpServer;
  #isNew = false;

  private constructor(target: number) {
    this.#http = createServer((asked, answer) => {
      const options = { port: target, path: asked.url, method: asked.method };
      const headers = { ...asked.headers, 'accept-encoding': 'identity' };
      // The browser knows the file of the server, and not ours.
      delete headers['if-none-match'];
      const forwarded = request({ host: '127.0.0.1', ...options, headers }, (got) => {
        const chunks: Buffer[] = [];
        got.on('data', (chunk: Buffer) => chunks.push(chunk));
        got.on('end', () => {
          const isWorker = asked.url === '/serviceWorker.js';
          const body =
            isWorker && this.#isNew ? another(Buffer.concat(chunks)) : Buffer.concat(chunks);
          answer.writeHead(got.statusCode ?? 502, {
            ...got.headers,
            'content-length': body.length,
          });
          answer.end(body);
        });
      });
      asked.pipe(forwarded);
    });
  }

  static async before(port: number): Promise<Versions> {
    const versions = new Versions(port);
    await new Promise<void>((resolve) => versions.#http.listen(0, '127.0.0.1', resolve));
    return versions;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** From now on there is a newer version. */
  release(): void {
    this.#isNew = true;
  }

  close(): void {
    this.#http.closeAllConnections();
    this.#http.close();
  }
}

function another(worker: Buffer): Buffer {
  const text = worker.toString();
  // The same files but for the entry, of which there is another one.
  const entry = /assets\/index-[\w-]+\.js/.exec(text)?.[0] ?? '';
  return Buffer.from(text.replaceAll(entry, `${entry}?newer`));
}
