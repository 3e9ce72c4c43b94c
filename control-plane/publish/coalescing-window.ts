/**
 * How long the publisher waits after a change before it makes a release, so that a burst of writes becomes few releases.
 * A change by itself goes out almost at once; while releases cover several writes each, the window doubles up to its
 * maximum, and it is short again as soon as one covers a single write. Used by gateway-publisher.ts.
 */
export interface WindowOptions {
  readonly shortestMs: number;
  readonly longestMs: number;
  /** From so many writes in one release on, the next window is longer. */
  readonly burstOf: number;
}

export const RELEASE_WINDOW: WindowOptions = { shortestMs: 5, longestMs: 50, burstOf: 3 };

export class CoalescingWindow {
  readonly #options: WindowOptions;
  #currentMs: number;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.#currentMs = options.shortestMs;
  }

  /** How long to wait for more changes, now that one came. */
  get delayMs(): number {
    return this.#currentMs;
  }

  /** A release was made that covers so many writes. */
  noteRelease(writes: number): void {
    const { shortestMs, longestMs, burstOf } = this.#options;
    if (writes >= burstOf) this.#currentMs = Math.min(longestMs, this.#currentMs * 2);
    else if (writes <= 1) this.#currentMs = shortestMs;
  }
}
