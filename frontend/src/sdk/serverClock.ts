import { SyncedClock } from './clock';

/** The page's one clock of the server. Every connection feeds it, every countdown reads it. */
export const serverClock = new SyncedClock();
