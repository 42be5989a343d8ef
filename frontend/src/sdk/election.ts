/** Which of a browser's tabs leads: the one that holds a lock of the browser. */

export type Lead = 'leads' | 'follows';

/**
 * One tab's part in the election. The browser gives the lock to the next tab in line as soon as the
 * one that holds it is closed or crashes; from one that only sleeps, it can be taken.
 */
export class Election {
  #lead: Lead | null = null;
  /** Ends what belongs to the present candidacy. */
  #candidacy = new AbortController();
  #release: (() => void) | null = null;

  constructor(
    private readonly locks: LockManager,
    private readonly name: string,
    private readonly changed: (lead: Lead) => void,
  ) {}

  /** Null before the first outcome, and after `resign`. */
  get lead(): Lead | null {
    return this.#lead;
  }

  /** Stands for election. Settles when it is known whether this tab leads for now. */
  async stand(): Promise<void> {
    const candidacy = this.#renew();
    await new Promise<void>((resolve, reject) => {
      // The promise of a lock that was granted lasts for as long as the lock.
      this.#ask({ ifAvailable: true }, candidacy, (isGranted) => {
        this.#become(isGranted ? 'leads' : 'follows');
        if (!isGranted) this.#queue(candidacy);
        resolve();
      }).then(resolve, reject);
    });
  }

  /** Takes the lead from a tab that does not answer. */
  takeOver(): void {
    const candidacy = this.#renew();
    void this.#ask({ steal: true }, candidacy, () => this.#become('leads'));
  }

  /** Leaves the lead to others. */
  resign(): void {
    this.#renew();
    this.#lead = null;
  }

  /** Waits in line. */
  #queue(candidacy: AbortController): void {
    void this.#ask({ signal: candidacy.signal }, candidacy, () => this.#become('leads'));
  }

  /** Holds the lock, if it is given, until this candidacy ends. */
  async #ask(
    options: LockOptions,
    candidacy: AbortController,
    answered: (isGranted: boolean) => void,
  ): Promise<void> {
    try {
      await this.locks.request(this.name, options, (lock) => {
        if (candidacy.signal.aborted) return;
        answered(lock !== null);
        if (lock === null) return;
        return new Promise<void>((release) => {
          this.#release = release;
        });
      });
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
      if (candidacy.signal.aborted) return; // We had left the line ourselves.
      // Another tab has taken the lead, since it did not hear of us.
      this.#become('follows');
      this.#queue(this.#renew());
    }
  }

  #renew(): AbortController {
    this.#candidacy.abort();
    this.#release?.();
    this.#release = null;
    this.#candidacy = new AbortController();
    return this.#candidacy;
  }

  #become(lead: Lead): void {
    if (lead === this.#lead) return;
    this.#lead = lead;
    this.changed(lead);
  }
}
