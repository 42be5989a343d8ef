// @vitest-environment node
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { canInflate, inflate } from '../../src/sdk/inflate';

const ONES = new Uint8Array(100_000).fill(1);

describe('what is deflated', () => {
  it('is inflated, if it is no more than there may be', async () => {
    expect(canInflate).toBe(true);
    expect(await inflate(deflateRawSync(ONES), ONES.length)).toEqual(ONES);
    expect(await inflate(deflateRawSync(ONES), 2 * ONES.length)).toEqual(ONES);
    await expect(inflate(deflateRawSync(ONES), ONES.length - 1)).rejects.toThrow(RangeError);
  });

  it('is refused when it is cut off, or something else', async () => {
    const deflated = deflateRawSync(ONES);
    await expect(inflate(deflated.subarray(0, -2), ONES.length)).rejects.toThrow();
    await expect(inflate(Uint8Array.of(255, 255), 9)).rejects.toThrow();
  });
});
