/** What the page and its service worker say to each other. */

/** Where the build puts the worker. At the root, so that it may serve every page. */
export const WORKER_URL = '/serviceWorker.js';

/** The addresses that the shell answers for; the server has the same. */
export const APP_ROUTES = /^\/(?:$|r\/|checkout\/|boleto\/|mis-numeros$|organizar$)/;

/** "Are you of the same build as I?", asked by a page that names its entry script. */
export interface VersionQuestion {
  type: 'version';
  script: string;
}

export interface VersionAnswer {
  same: boolean;
}

export function isVersionQuestion(data: unknown): data is VersionQuestion {
  return (
    typeof data === 'object' &&
    data !== null &&
    (data as VersionQuestion).type === 'version' &&
    typeof (data as VersionQuestion).script === 'string'
  );
}
