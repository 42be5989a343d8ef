import { BadFrame, decodeFrame, type Frame, type Inflate } from './codec';

/** Reads the frames of one socket, each in its turn, also when some have to be inflated first. */
export class FrameReader {
  #inflating = 0;
  #turn: Promise<void> = Promise.resolve();
  #isStopped = false;

  /** `take` gets each frame with its bytes. When either throws `BadFrame`, `broken` is told. */
  constructor(
    private readonly inflate: Inflate,
    private readonly take: (frame: Frame, data: ArrayBuffer) => void,
    private readonly broken: () => void,
  ) {}

  read(data: ArrayBuffer): void {
    if (this.#isStopped) return;
    try {
      const frame = decodeFrame(new Uint8Array(data), this.inflate);
      if (frame instanceof Promise || this.#inflating > 0) this.#queue(frame, data);
      else this.take(frame, data);
    } catch (error) {
      this.#break(error);
    }
  }

  /** Forgets what is still on its way. */
  stop(): void {
    this.#isStopped = true;
  }

  #queue(coming: Frame | Promise<Frame>, data: ArrayBuffer): void {
    this.#inflating++;
    const taken = async () => {
      const frame = await coming;
      this.#inflating--;
      if (!this.#isStopped) this.take(frame, data);
    };
    this.#turn = this.#turn.then(taken).catch((error) => this.#break(error));
  }

  #break(error: unknown): void {
    if (!(error instanceof BadFrame)) throw error;
    if (this.#isStopped) return;
    this.stop();
    this.broken();
  }
}
