import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

/** The vectors that the server's own reader and writer are held against, too. */
export function golden<T>(name: string): T {
  const path = `${import.meta.dirname}/../../../tests/golden/${name}.json`;
  return JSON.parse(readFileSync(path, 'utf-8')) as T;
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** What a browser does with DecompressionStream, by Node's zlib. */
export async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(inflateRawSync(bytes));
}
