/** What the tabs of one browser say to each other about one raffle. */

/** To the tab that leads. `from` names a socket, not a tab: each one is a conversation of its own. */
export type ToLeader =
  | { from: string; type: 'connect' | 'check' | 'hurry' | 'bye' }
  | { from: string; type: 'send'; text: string };

/** From the tab that leads. To everybody whose socket is open, if nobody is named. */
export type FromLeader =
  /** From now on I lead: who was served by another tab has to come to me. */
  | { leader: string; type: 'leads' }
  /** I am live: whoever wants to be served may come. */
  | { leader: string; type: 'live' }
  /** I hear you. */
  | { leader: string; type: 'here'; to: string }
  | { leader: string; type: 'open'; to: string }
  | { leader: string; type: 'data'; to: string | null; data: string | ArrayBuffer }
  | { leader: string; type: 'close'; to: string | null; code: number; reason: string };

export type TabMessage = ToLeader | FromLeader;

/** One tab's end of the channel. */
export interface TabChannel {
  /** Tells all other tabs; this one does not hear it. Nobody does after `close`. */
  post(message: TabMessage): void;
  subscribe(listener: (message: TabMessage) => void): () => void;
  close(): void;
}

/** The channel that browsers have. */
export class BroadcastTabChannel implements TabChannel {
  readonly #channel: BroadcastChannel;
  #isClosed = false;
  readonly #listeners = new Set<(message: TabMessage) => void>();

  constructor(name: string) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => {
      for (const listener of [...this.#listeners]) listener(data as TabMessage);
    };
  }

  post(message: TabMessage): void {
    if (!this.#isClosed) this.#channel.postMessage(message);
  }

  subscribe(listener: (message: TabMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#isClosed = true;
    this.#channel.close();
  }
}
