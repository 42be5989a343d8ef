/** What happens to the page as a whole: seen or not, with a network or without, gone and back. */

export type PageEvent = 'visible' | 'hidden' | 'online' | 'offline' | 'pageshow' | 'pagehide';

export interface PageEvents {
  readonly hidden: boolean;
  /** What the browser believes of the network; `false` is mostly true, `true` is a guess. */
  readonly online: boolean;
  subscribe(listener: (event: PageEvent) => void): () => void;
}

/** Those of the page that this runs in. */
export const pageEvents: PageEvents = {
  get hidden() {
    return document.visibilityState === 'hidden';
  },
  get online() {
    return navigator.onLine;
  },
  subscribe(listener) {
    const leaving = new AbortController();
    const options = { signal: leaving.signal };
    const seen = () => listener(pageEvents.hidden ? 'hidden' : 'visible');
    document.addEventListener('visibilitychange', seen, options);
    // The browser had stopped a tab in the background, and runs it again.
    document.addEventListener('resume', seen, options);
    for (const name of ['online', 'offline', 'pagehide'] as const) {
      window.addEventListener(name, () => listener(name), options);
    }
    const back = () => {
      listener('pageshow');
      seen();
    };
    window.addEventListener('pageshow', back, options);
    return () => leaving.abort();
  },
};
