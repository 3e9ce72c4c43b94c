/** What an authority says of a certificate that it issued, by a list or by OCSP. */

export interface Statement {
  /** `unknown`: it knows of no such certificate. */
  readonly status: 'good' | 'revoked' | 'unknown';
  /** Until then it holds, epoch milliseconds; undefined where there may be news at any time. */
  readonly nextUpdateMs: number | undefined;
}

/** How far the clock of an authority may be ahead of ours. */
export const CLOCK_SKEW_MS = 300_000;
