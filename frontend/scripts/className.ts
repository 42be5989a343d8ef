import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The name on the page of a class of a CSS module: its own, and one for its file. It is the same
 * wherever the build is made, and repeats itself more than the usual one, so that it packs better.
 */
export function className(name: string, file: string): string {
  const digest = createHash('sha256').update(relative(root, file)).digest('base64url');
  return `${name}_${digest.slice(0, 4)}`;
}
