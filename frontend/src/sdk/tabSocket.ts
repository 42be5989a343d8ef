import { BUSY } from './closeCodes';
import type { SocketLike } from './connection';
import type { PageEvents } from './pageEvents';
import type { FromLeader, TabChannel, TabMessage } from './tabChannel';

/** How often a tab that is looked at makes sure that the one that leads is there. */
export const CHECK_MS = 700;
/** So many questions in a row without an answer: nobody is there. */
const SILENT_CHECKS = 2;
/** What a browser says of a connection that broke. */
const BROKEN = 1006;

/** A socket to the server by way of the tab that leads. For the rest of the SDK, like any other. */
export class TabSocket implements SocketLike {
  binaryType = 'arraybuffer';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  readonly #id = crypto.randomUUID();
  readonly #leave: (() => void)[];
  #leader: string | null = null;
  #isOpen = false;
  #unanswered = 1;

  /** `silent` is called once when no tab answers. */
  constructor(
    private readonly channel: TabChannel,
    private readonly page: PageEvents,
    private readonly silent: () => void,
  ) {
    const timer = setInterval(() => this.#check(), CHECK_MS);
    this.#leave = [
      () => clearInterval(timer),
      channel.subscribe((message) => this.#hear(message)),
      page.subscribe((event) => event === 'visible' && this.#ask()),
    ];
    channel.post({ from: this.#id, type: 'connect' });
  }

  send(text: string): void {
    this.channel.post({ from: this.#id, type: 'send', text });
  }

  close(): void {
    if (this.#leave.length === 0) return;
    this.channel.post({ from: this.#id, type: 'bye' });
    this.#end();
  }

  #hear(message: TabMessage): void {
    if (!('leader' in message)) return;
    if ('to' in message && message.to !== this.#id && !(message.to === null && this.#isOpen))
      return;
    // One conversation has one partner: another tab has not heard its beginning.
    const isOther = this.#isOpen && message.leader !== this.#leader;
    if (isOther && message.type !== 'leads') return;
    this.#leader = message.leader;
    this.#unanswered = 0;
    this.#take(message);
  }

  #take(message: FromLeader): void {
    switch (message.type) {
      case 'leads':
      case 'live':
        if (!this.#isOpen) this.channel.post({ from: this.#id, type: 'connect' });
        else if (message.type === 'leads') this.#close(BUSY, '');
        break;
      case 'open':
        this.#isOpen = true;
        this.onopen?.();
        break;
      case 'data':
        this.onmessage?.(message);
        break;
      case 'close':
        this.#close(message.code, message.reason);
        break;
    }
  }

  #check(): void {
    if (this.page.hidden) return; // Nobody waits for it, and timers of hidden pages run late.
    if (this.#unanswered >= SILENT_CHECKS) {
      this.silent();
      this.#close(BROKEN, '');
      return;
    }
    this.#ask();
  }

  #ask(): void {
    this.#unanswered++;
    this.channel.post({ from: this.#id, type: 'check' });
  }

  #close(code: number, reason: string): void {
    this.#end();
    this.onclose?.({ code, reason });
  }

  #end(): void {
    for (const leave of this.#leave.splice(0)) leave();
  }
}
