import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

/** The vectors that the server's own reader and writer are held against, too. */
export function golden<T>(name: 'client' | 'deltas' | 'snapshots'): T {
  const path = `${import.meta.dirname}/../../../tests/golden/${name}.json`;
  return JSON.parse(readFileSync(path, 'utf-8')) as T;
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** What a browser does with DecompressionStream, by Node's zlib. */
export async function inflate(bytes: Uint8Array, atMost: number): Promise<Uint8Array> {
  const { buffer, engine } = inflateRawSync(bytes, {
    info: true,
    maxOutputLength: atMost,
  }) as never as {
    buffer: Uint8Array;
    engine: { bytesWritten: number };
  };
  if (engine.bytesWritten !== bytes.length) throw new Error('bytes behind the end');
  return new Uint8Array(buffer);
}
