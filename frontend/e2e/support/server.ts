import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { chmod, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('../../../run.py', import.meta.url));
const SECRET = randomBytes(32).toString('hex');
const READY_MS = 60_000;

/** The real server with its embedded databases, as `python3 run.py` starts it, and ways to hurt it. */
export class Server {
  readonly port: number;
  readonly url: string;
  readonly #dataDir: string;
  readonly #environment: Record<string, string>;
  #process: ChildProcess | null = null;

  private constructor(port: number, dataDir: string, environment: Record<string, string>) {
    this.port = port;
    this.#environment = environment;
    this.url = `http://127.0.0.1:${port}`;
    this.#dataDir = dataDir;
  }

  /** A ready server in a directory of its own, with these settings beside the usual ones. */
  static async start(environment: Record<string, string> = {}): Promise<Server> {
    const dataDir = await mkdtemp(join(tmpdir(), 'sorteos-e2e-'));
    // As root PostgreSQL runs as another user, which must pass.
    await chmod(dataDir, 0o711);
    const server = new Server(await freePort(), dataDir, environment);
    await server.start();
    return server;
  }

  /** Starts it again after `kill` or `stop`, with all that it knew. */
  async start(): Promise<void> {
    const log = await open(join(this.#dataDir, 'server.log'), 'a');
    const options = ['--host', '127.0.0.1', '--port', String(this.port)];
    this.#process = spawn(
      'python3',
      [RUN, 'serve', ...options, '--data-dir', this.#dataDir, '--no-demo'],
      {
        env: {
          ...process.env,
          JWT_SECRET: SECRET,
          RATE_LIMITS: 'off',
          LOG_FORMAT: 'json',
          ...this.#environment,
        },
        stdio: ['ignore', log.fd, log.fd],
      },
    );
    await log.close();
    const deadline = Date.now() + READY_MS;
    while (!(await this.#isReady())) {
      if (this.#process.exitCode !== null || Date.now() > deadline) {
        throw new Error(`The server did not become ready:\n${await this.log()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** kill -9: it says goodbye to nobody. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** As an operator stops it: sockets are sent home with 1012. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Stops it and removes all that it knew. */
  async dispose(): Promise<void> {
    // A server that was killed left its databases running; the next one takes them down with it.
    if (this.#process === null) await this.start();
    await this.stop();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  log(): Promise<string> {
    return readFile(join(this.#dataDir, 'server.log'), 'utf8');
  }

  /** A token of `role`; of a new person, if no other is named. */
  token(role: 'user' | 'organizer' | 'admin', userId: string = randomUUID()): string {
    const now = Math.floor(Date.now() / 1000);
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const claims = { sub: userId, role, iat: now, exp: now + 3600 };
    const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
    return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    this.#process = null;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}

/**
 * A port that nobody has. From below those that systems lend to outgoing connections: there, whoever
 * asks whether a server is up could be lent its very port, and lock it out.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 30_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
