/**
 * Addresses of upstream host names: asked once, kept for a short time, refreshed while the old answer serves, and kept on
 * far longer where the resolver fails (S1). Concurrent questions for one name are one question.
 */
import { lookup as dnsLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '../../shared/clock.ts';

export interface ResolveLimits {
  readonly resolveTtlMs: number;
  readonly resolveStaleMs: number;
  readonly resolveTimeoutMs: number;
  readonly maxResolvedNames: number;
}

/** A name that could not be resolved is not asked for again for this long. */
const FAILURE_TTL_MS = 1_000;

interface Entry {
  /** Empty: the last question failed and there was no older answer. */
  readonly addresses: readonly string[];
  /** Monotonic: ask again after this. */
  freshUntilMs: number;
  readonly answeredAtMs: number;
  /** Turn of the next request among the addresses. */
  turn: number;
}

/** IPv4 first, because names like `localhost` list an IPv6 address that often nobody listens on. */
export async function lookupAll(host: string): Promise<readonly string[]> {
  return (await dnsLookup(host, { all: true, order: 'ipv4first' })).map((found) => found.address);
}

export class AddressBook {
  readonly #limits: ResolveLimits;
  readonly #clock: Clock;
  readonly #lookup: (host: string) => Promise<readonly string[]>;
  readonly #entries = new Map<string, Entry>();
  readonly #questions = new Map<string, Promise<void>>();

  constructor(limits: ResolveLimits, clock: Clock, lookup: (host: string) => Promise<readonly string[]>) {
    this.#limits = limits;
    this.#clock = clock;
    this.#lookup = lookup;
  }

  /**
   * One address of the host after the other, skipping those that `isTried`. 'unknown': call `resolve` first. 'failed': it
   * has none. 'exhausted': all were tried.
   */
  next(host: string, isTried: (address: string) => boolean): { readonly address: string } | 'unknown' | 'failed' | 'exhausted' {
    const entry = this.#entries.get(host);
    if (entry === undefined) return 'unknown';
    if (this.#clock.monotonicMs() > entry.freshUntilMs) {
      if (entry.addresses.length === 0) return 'unknown';
      void this.resolve(host);
    }
    if (entry.addresses.length === 0) return 'failed';
    for (let turn = 0; turn < entry.addresses.length; turn++) {
      const address = entry.addresses[entry.turn % entry.addresses.length];
      entry.turn = (entry.turn + 1) % entry.addresses.length;
      if (address !== undefined && !isTried(address)) return { address };
    }
    return 'exhausted';
  }

  /** Asks for a name, unless that is under way. Never rejects: `next` tells the outcome. */
  resolve(host: string): Promise<void> {
    const asked = this.#questions.get(host);
    if (asked !== undefined) return asked;
    const question = this.#ask(host).finally(() => this.#questions.delete(host));
    this.#questions.set(host, question);
    return question;
  }

  /** As `resolve`, for one who can't wait for ever: false where the answer takes too long. The question stays under way, so it is not asked twice. */
  resolveInTime(host: string): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(this.#limits.resolveTimeoutMs, () => resolve(false));
      void this.resolve(host).then(() => {
        timer.cancel();
        resolve(true);
      });
    });
  }

  async #ask(host: string): Promise<void> {
    let addresses: readonly string[] = [];
    try {
      addresses = (await this.#lookup(host)).filter((address) => isIP(address) !== 0);
    } catch {
      // No answer: what was known before stays below, and without that the entry says "failed".
    }
    const nowMs = this.#clock.monotonicMs();
    const old = this.#entries.get(host);
    if (addresses.length > 0) {
      this.#keep(host, { addresses, freshUntilMs: nowMs + this.#limits.resolveTtlMs, answeredAtMs: nowMs, turn: old?.turn ?? 0 });
    } else if (old !== undefined && old.addresses.length > 0 && nowMs - old.answeredAtMs < this.#limits.resolveStaleMs) {
      old.freshUntilMs = nowMs + FAILURE_TTL_MS;
    } else {
      this.#keep(host, { addresses: [], freshUntilMs: nowMs + FAILURE_TTL_MS, answeredAtMs: nowMs, turn: 0 });
    }
  }

  #keep(host: string, entry: Entry): void {
    this.#entries.delete(host);
    this.#entries.set(host, entry);
    if (this.#entries.size <= this.#limits.maxResolvedNames) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}
