/**
 * How long the publisher waits after a change before it makes a release, so that a burst of writes becomes one. A first
 * change after a quiet while goes out almost at once; while changes keep coming the window doubles up to its maximum.
 * Used by gateway-publisher.ts.
 */
export interface WindowOptions {
  readonly shortestMs: number;
  readonly longestMs: number;
  /** After so long without a release the window is short again. */
  readonly quietMs: number;
}

/** One create call of the admin API takes 5 to 10 ms, so a script's next write falls into the second window already. */
export const RELEASE_WINDOW: WindowOptions = { shortestMs: 5, longestMs: 50, quietMs: 250 };

export class CoalescingWindow {
  readonly #options: WindowOptions;
  #currentMs: number;
  #lastReleaseMs: number | undefined;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.#currentMs = options.shortestMs;
  }

  /** How long to wait for more changes, now that one came. `nowMs` is monotonic. */
  delayMs(nowMs: number): number {
    const quiet = this.#lastReleaseMs === undefined || nowMs - this.#lastReleaseMs >= this.#options.quietMs;
    if (quiet) this.#currentMs = this.#options.shortestMs;
    return this.#currentMs;
  }

  /** A release was made: the next one soon after waits longer. */
  noteRelease(nowMs: number): void {
    this.#lastReleaseMs = nowMs;
    this.#currentMs = Math.min(this.#options.longestMs, this.#currentMs * 2);
  }
}
