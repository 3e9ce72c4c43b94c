/**
 * How often one address may fail to enrol: a bucket that refills with time. Guessing a 256-bit secret is hopeless anyhow; this
 * keeps a mistaken script or a flood from costing database work. Used by enrol-endpoint.ts.
 */
import { LRUCache } from 'lru-cache';

export interface AttemptLimitOptions {
  /** Failures that may come at once. */
  readonly burst: number;
  readonly refillPerSecond: number;
  /** Addresses remembered; the ones seen longest ago are forgotten first. */
  readonly addresses: number;
}

export class AttemptLimit {
  readonly #options: AttemptLimitOptions;
  readonly #buckets: LRUCache<string, { readonly left: number; readonly atMs: number }>;

  constructor(options: AttemptLimitOptions) {
    this.#options = options;
    this.#buckets = new LRUCache({ max: options.addresses });
  }

  /** Milliseconds until the address may try again; 0 where it may now. `nowMs` is monotonic. */
  waitMs(address: string, nowMs: number): number {
    const left = this.#left(address, nowMs);
    return left >= 1 ? 0 : Math.ceil(((1 - left) / this.#options.refillPerSecond) * 1000);
  }

  noteFailure(address: string, nowMs: number): void {
    this.#buckets.set(address, { left: Math.max(0, this.#left(address, nowMs) - 1), atMs: nowMs });
  }

  #left(address: string, nowMs: number): number {
    const bucket = this.#buckets.get(address);
    if (bucket === undefined) return this.#options.burst;
    return Math.min(this.#options.burst, bucket.left + ((nowMs - bucket.atMs) / 1000) * this.#options.refillPerSecond);
  }
}
