/** Sharper than this no eye sees, and memory grows with the square. */
const MOST = 3;

/** Device pixels for a CSS pixel, as a canvas is to have them. */
export function pixelRatio(): number {
  return Math.min(window.devicePixelRatio || 1, MOST);
}

/**
 * Calls `changed` when the window has come to another screen or zoom, until the returned function is
 * called.
 */
export function watchPixelRatio(changed: () => void): () => void {
  let query: MediaQueryList;
  const follow = () => {
    query = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    query.addEventListener('change', onChange, { once: true });
  };
  const onChange = () => {
    follow();
    changed();
  };
  follow();
  return () => query.removeEventListener('change', onChange);
}
