/**
 * How often one address may fail to enrol or to sign in: a bucket that refills with time. Guessing a 256-bit secret is hopeless anyhow; this
 * keeps a mistaken script or a flood from costing database work, and whoever guesses passwords at a few a minute. Of IPv6 a network of 64
 * bits counts as one: that is what a single customer has. Used by enrol-endpoint.ts and sign-in-desk.ts.
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
    const left = this.#left(networkOf(address), nowMs);
    return left >= 1 ? 0 : Math.ceil(((1 - left) / this.#options.refillPerSecond) * 1000);
  }

  noteFailure(address: string, nowMs: number): void {
    const network = networkOf(address);
    this.#buckets.set(network, { left: Math.max(0, this.#left(network, nowMs) - 1), atMs: nowMs });
  }

  #left(network: string, nowMs: number): number {
    const bucket = this.#buckets.get(network);
    if (bucket === undefined) return this.#options.burst;
    return Math.min(this.#options.burst, bucket.left + ((nowMs - bucket.atMs) / 1000) * this.#options.refillPerSecond);
  }
}

/** As sockets write addresses: `::ffff:203.0.113.1` is IPv4. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  return [...groups, ...Array<string>(Math.max(0, 8 - groups.length - last.length)).fill('0'), ...last].slice(0, 4).join(':');
}
