/**
 * How many requests to one upstream, or to one host where there is no upstream, may be tried again, so that retries can't bury
 * what is in trouble already (R5): in ten seconds a share of the requests begun in them, and ten a second however few those
 * were. A window instead of what is under way at the moment, because a target that dies takes whatever it was just serving:
 * few requests, all at once. One per proxy thread; used by retry-policy.ts.
 */
const SECONDS = 10;
const ALWAYS_PER_SECOND = 10;

export class RetryBudget {
  /** Of each of the last ten seconds, by the second's last digit. */
  readonly #requestsIn = new Uint32Array(SECONDS);
  readonly #retriesIn = new Uint32Array(SECONDS);
  #requests = 0;
  #retries = 0;
  #second = 0;

  /** `nowMs` is monotonic, here and below. */
  requestBegun(nowMs: number): void {
    const slot = this.#slotAt(nowMs);
    this.#requestsIn[slot] = (this.#requestsIn[slot] ?? 0) + 1;
    this.#requests += 1;
  }

  /** True where one more retry keeps to so many percent; `retried` follows if there is one. */
  allows(nowMs: number, percent: number): boolean {
    this.#slotAt(nowMs);
    return this.#retries < Math.max(ALWAYS_PER_SECOND * SECONDS, (this.#requests * percent) / 100);
  }

  retried(nowMs: number): void {
    const slot = this.#slotAt(nowMs);
    this.#retriesIn[slot] = (this.#retriesIn[slot] ?? 0) + 1;
    this.#retries += 1;
  }

  /** Where the current second is counted, after those that are over were forgotten. */
  #slotAt(nowMs: number): number {
    const second = Math.floor(nowMs / 1_000);
    if (second > this.#second) this.#forget(second);
    return second % SECONDS;
  }

  #forget(second: number): void {
    for (let old = Math.max(this.#second + 1, second - SECONDS + 1); old <= second; old++) {
      const slot = old % SECONDS;
      this.#requests -= this.#requestsIn[slot] ?? 0;
      this.#retries -= this.#retriesIn[slot] ?? 0;
      this.#requestsIn[slot] = 0;
      this.#retriesIn[slot] = 0;
    }
    this.#second = second;
  }
}
