import type { ErrorCode } from './types';

/**
 * A request that was refused, or that found no server.
 *
 * `code` is stable and `params` holds the facts a client needs to act on it (docs/api.md,
 * "Refusals"). Texts for people belong to the application, by `code`.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: ErrorCode,
    readonly params: Record<string, unknown> = {},
    /** Of the HTTP answer; 0 when there was none. */
    readonly status = 0,
  ) {
    super(code);
  }
}
