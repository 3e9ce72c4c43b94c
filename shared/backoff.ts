/**
 * Exponential backoff with full jitter (delay drawn evenly from 0…ceiling; Brooker, "Exponential Backoff And Jitter",
 * AWS 2015), so that a herd of data planes spreads out. `reset` only after proof that the other side works.
 */
export interface BackoffOptions {
  readonly initialMs: number;
  readonly maximumMs: number;
  /** Uniform in [0, 1). Injected, so that tests are exact. */
  readonly random: () => number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Consecutive failures since the last reset. */
  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds to wait before the next attempt; each call counts as one more failure. */
  nextDelayMs(): number {
    const ceiling = Math.min(this.#options.maximumMs, this.#options.initialMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return Math.floor(this.#options.random() * ceiling);
  }

  reset(): void {
    this.#failures = 0;
  }
}
