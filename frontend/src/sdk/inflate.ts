import type { Inflate } from './codec';

/** Whether this browser can undo raw deflate by itself. */
export const canInflate = supports();

/** Undoes raw deflate. Rejects when the bytes are none, or hold more than `atMost`. */
export const inflate: Inflate = async (bytes, atMost) => {
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = packed.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const raw = new Uint8Array(atMost);
  let size = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    if (size + read.value.length > atMost) {
      await reader.cancel();
      throw new RangeError(`more than ${atMost} bytes`);
    }
    raw.set(read.value, size);
    size += read.value.length;
  }
  return raw.subarray(0, size);
};

function supports(): boolean {
  try {
    new DecompressionStream('deflate-raw');
    return true;
  } catch {
    return false;
  }
}
