/**
 * How long a client may take over a request body: beyond the silence between two pieces, its whole body must come at a least
 * rate on average, so that one which trickles can't hold an upstream for ever (R5). Only time in which the client is waited
 * for counts. One per client connection.
 */
import { NEVER } from '../http1/deadlines.ts';

export interface PaceLimits {
  /** 0: no bound. */
  readonly minBodyBytesPerSecond: number;
  readonly bodyGraceMs: number;
}

export class BodyPace {
  readonly #limits: PaceLimits;
  /** Milliseconds that this body was waited for, up to `#sinceMs`. */
  #waitedMs = 0;
  /** Since when it is waited for now; NEVER while it is not. */
  #sinceMs = NEVER;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
  }

  /** Another body, or none. */
  reset(): void {
    this.#waitedMs = 0;
    this.#sinceMs = NEVER;
  }

  /** The client is not waited for now. */
  rest(nowMs: number): void {
    if (this.#sinceMs !== NEVER) this.#waitedMs += nowMs - this.#sinceMs;
    this.#sinceMs = NEVER;
  }

  /** The client is waited for and has sent that many bytes: when its time is up. */
  deadline(nowMs: number, bytes: number): number {
    const { minBodyBytesPerSecond, bodyGraceMs } = this.#limits;
    if (this.#sinceMs === NEVER) this.#sinceMs = nowMs;
    if (minBodyBytesPerSecond === 0 || Number.isNaN(bytes)) return NEVER;
    return this.#sinceMs + bodyGraceMs + (bytes / minBodyBytesPerSecond) * 1_000 - this.#waitedMs;
  }
}
