import type { SocketLike } from '../../../src/sdk/connection';

/** The browser's end of a socket; a test, or a fake server, is at the other one. */
export class FakeSocket implements SocketLike {
  binaryType = 'blob';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: string[] = [];
  isOpen = false;
  isClosed = false;
  /** What the other end does with what is sent. */
  heard: (text: string) => void = () => undefined;
  left: () => void = () => undefined;

  send(text: string): void {
    if (!this.isOpen) throw new Error('sent before the socket was open');
    if (this.isClosed) return; // As browsers do.
    this.sent.push(text);
    this.heard(text);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.left();
  }

  open(): void {
    if (this.isClosed) return;
    this.isOpen = true;
    this.onopen?.();
  }

  message(data: string | ArrayBuffer): void {
    if (!this.isClosed) this.onmessage?.({ data });
  }

  end(code: number, reason = ''): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onclose?.({ code, reason });
  }

  /** What was sent, of one type. */
  messages(type: string): Record<string, unknown>[] {
    return this.sent.map((text) => JSON.parse(text)).filter((message) => message.type === type);
  }
}
