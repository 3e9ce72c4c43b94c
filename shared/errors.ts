/**
 * The one error class. An error knows its source and whether a retry is safe from birth, keeps what may be said in
 * public apart from what is for the log, and carries a code that ERRORS.md explains. Expected outcomes (a plugin's
 * refusal, a rejected configuration) are values, not throws.
 */
export type ErrorSource = 'downstream' | 'upstream' | 'gateway' | 'control-plane';

export interface HoldfastErrorOptions {
  /** `AREA_WHAT`, listed in ERRORS.md; a test compares the two both ways by searching the sources for `code: '…'`. */
  readonly code: string;
  readonly source: ErrorSource;
  /** True where the same call may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
  /** Safe to show to any client: no addresses, paths, secrets. */
  readonly publicMessage: string;
  /** For the log and the operator; defaults to `publicMessage`. */
  readonly message?: string;
  readonly cause?: unknown;
}

export class HoldfastError extends Error {
  readonly code: string;
  readonly source: ErrorSource;
  readonly retryable: boolean;
  readonly publicMessage: string;

  constructor(options: HoldfastErrorOptions) {
    super(options.message ?? options.publicMessage, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HoldfastError';
    this.code = options.code;
    this.source = options.source;
    this.retryable = options.retryable ?? false;
    this.publicMessage = options.publicMessage;
  }
}

/** The text of whatever was thrown, for a log line or a cause. */
export function describeThrown(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
