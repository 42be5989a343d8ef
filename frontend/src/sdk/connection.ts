import { step } from './connectionMachine';
import {
  type Effect,
  initial,
  type Machine,
  type MachineEvent,
  viewOf,
  wakeAt,
} from './connectionState';
import { type Observable, Value } from './observable';
import type { PageEvents } from './pageEvents';
import type { ConnectionView } from './types';

/** The part of a `WebSocket` that a connection uses. Its handlers take what theirs take. */
export interface SocketLike {
  binaryType: string;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  send(data: string): void;
  close(): void;
}

/** What a connection needs of the world. */
export interface ConnectionParts {
  openSocket(): SocketLike;
  /** Whether the raffle certainly does not exist. Rejects when nobody can say. */
  isMissing(): Promise<boolean>;
  page: PageEvents;
  /** Notices when the device has slept. */
  clock: { checkForJump(): boolean; readonly isCertain: Observable<boolean> };
  random(): number;
}

/** What a connection tells. */
export interface ConnectionListener {
  opened(): void;
  message(data: string | ArrayBuffer): void;
  /** The socket is no more, for whatever reason. Told before another one is opened. */
  gone(): void;
  /** It is time to ask for a sign of life, */
  ping(): void;
  /** or for what is missing. */
  resume(): void;
}

/** Drives the state machine: one socket, one timer, and the events of the page. */
export class Connection {
  readonly #view: Value<ConnectionView>;
  readonly #queue: MachineEvent[] = [];
  #machine: Machine;
  #socket: SocketLike | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStepping = false;
  readonly #leave: (() => void)[];

  /** Nothing happens before `start`. */
  constructor(
    private readonly parts: ConnectionParts,
    private readonly listener: ConnectionListener,
  ) {
    this.#machine = initial(parts.page, performance.now());
    this.#view = new Value(viewOf(this.#machine));
    const { page, clock } = parts;
    this.#leave = [
      page.subscribe((type) => this.#tell({ type })),
      // Whoever slept does not know what happened meanwhile.
      clock.isCertain.subscribe(() => !clock.isCertain.get() && this.doubt()),
    ];
  }

  get view(): Observable<ConnectionView> {
    return this.#view;
  }

  start(): void {
    this.#tell({ type: 'start' });
  }

  /** Sends text, if there is an open socket; false when there is none. */
  send(text: string): boolean {
    if (this.#socket === null || this.#machine.state === 'connecting') return false;
    this.#socket.send(text);
    return true;
  }

  /** The board is complete, and it is known what is mine. */
  synced(): void {
    this.#ofSocket('synced');
  }

  /** Something is missing before what came. */
  gap(): void {
    this.#ofSocket('gap');
  }

  /** What came is not of the protocol. */
  broken(): void {
    this.#ofSocket('broken');
  }

  /** An answer is overdue. */
  doubt(): void {
    this.#tell({ type: 'doubt' });
  }

  /** Looks at the time at once, for who may run late: timers of hidden pages are slowed down. */
  tick(): void {
    this.#tell({ type: 'tick' });
  }

  hurry(): void {
    this.#tell({ type: 'now' });
  }

  /** A page that holds numbers stays connected, also when nobody looks at it. */
  holding(holding: boolean): void {
    if (holding !== this.#machine.holding) this.#tell({ type: 'holding', holding });
  }

  /** Another socket in place of this one. */
  renew(): void {
    this.#tell({ type: 'renew' });
  }

  leave(): void {
    for (const leave of this.#leave) leave();
    this.#tell({ type: 'leave' });
  }

  #ofSocket(type: 'synced' | 'gap' | 'broken'): void {
    const { socket } = this.#machine;
    if (socket !== null) this.#tell({ type, socket });
  }

  /** One event after the other: what one brings about may tell of the next. */
  #tell(event: MachineEvent): void {
    this.#queue.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#isStepping = false;
      this.#arm();
    }
  }

  #step(event: MachineEvent): void {
    const now = performance.now();
    const { machine, effects } = step(this.#machine, event, now, this.parts.random());
    this.#machine = machine;
    for (const effect of effects) this.#do(effect);
    const view = viewOf(machine);
    if (!isSameView(view, this.#view.get())) this.#view.set(view);
  }

  #do(effect: Effect): void {
    switch (effect.type) {
      case 'open':
        this.#open(effect.socket);
        break;
      case 'close':
        this.#forget()?.close();
        break;
      case 'ping':
        this.listener.ping();
        break;
      case 'resume':
        this.listener.resume();
        break;
      case 'probe':
        this.parts.isMissing().then(
          (isMissing) => isMissing && this.#tell({ type: 'missing' }),
          () => undefined, // Nobody can say now; the next attempts will ask again.
        );
        break;
    }
  }

  #open(id: number): void {
    const socket = this.parts.openSocket();
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onopen = () => {
      this.#tell({ type: 'opened', socket: id });
      this.listener.opened();
    };
    socket.onmessage = ({ data }: { data: unknown }) => {
      this.parts.clock.checkForJump();
      this.#tell({ type: 'frame', socket: id });
      this.listener.message(data as string | ArrayBuffer);
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
      this.#forget();
      this.#tell({ type: 'closed', socket: id, code, reason });
    };
  }

  /** From here on the socket has nothing to tell. */
  #forget(): SocketLike | null {
    const socket = this.#socket;
    if (socket === null) return null;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    this.listener.gone();
    return socket;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const at = wakeAt(this.#machine);
    if (at === null) return;
    this.#timer = setTimeout(
      () => {
        this.parts.clock.checkForJump();
        this.tick();
      },
      Math.max(0, at - performance.now()),
    );
  }
}

function isSameView(a: ConnectionView, b: ConnectionView): boolean {
  const names = Object.keys(a) as (keyof ConnectionView)[];
  return names.every((name) => Object.is(a[name], b[name]));
}
