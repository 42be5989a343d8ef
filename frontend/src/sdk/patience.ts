/** How long a connection waits, for what. Milliseconds. */

/** A socket that did not open by then will not. */
export const CONNECT_MS = 8_000;
/** While the board is on its way, something should come at least this often, */
export const SYNC_SILENCE_MS = 10_000;
/** and be complete by then, also on a slow line. */
export const SYNC_MS = 60_000;
/** How often we ask for a sign of life. */
export const PING_MS = 25_000;
/** Hearing nothing for so long means that what we show may be old, */
export const SILENCE_MS = 35_000;
/** and after a pause (sleep, another tab, another network) we do not wait that long. */
export const WAKE_MS = 5_000;
/** A silent socket gets this long to be heard again before it is given up. */
export const STALE_MS = 5_000;
/** A page that nobody looks at, and that holds nothing, rests after this time. */
export const REST_MS = 60_000;
/** A connection that lived so long was a good one: the next back-off begins anew. */
export const STEADY_MS = 5_000;
/** Who was sent away for sending too much comes back no sooner. */
export const TOO_MANY_MS = 5_000;
/** The server's clock is read from several pings, since the quickest is the most exact. */
export const BURST = 4;
export const BURST_MS = 250;
/** After this time without a reply, the outcome of a request counts as unknown, */
export const REPLY_MS = 8_000;
/** and for so long we try to learn it in another way. */
export const TRUTH_MS = 8_000;
