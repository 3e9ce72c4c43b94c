/**
 * One secret of one vault as this data plane has it: the values that references take from it, how old they are, and when it is to be
 * looked up next. Times of values are wall clock, as they outlive the process; times of attempts are monotonic. Used by vault-resolver.ts.
 */
import { Backoff } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { valueOf } from './secret-value.ts';
import { vaultAnswerInvalid, vaultValueExpired } from './vault-failures.ts';
import type { SecretName } from './vault-source.ts';
import type { VaultValue } from './vault-values.ts';

/** Seconds, as in the vault's config or the reference. */
export interface Lifetime {
  /** 0: looked up once. */
  readonly ttl: number;
  /** Undefined: ever later. */
  readonly negTtl: number | undefined;
  /** Undefined: for ever. */
  readonly resurrectTtl: number | undefined;
  readonly isBase64: boolean;
}

/** What is kept of a secret over restarts. */
export interface KeptSecret {
  readonly values: Readonly<Record<string, string>>;
  readonly obtainedAtMs: number;
}

/** Stands for the whole secret among keys; no key is empty. */
const WHOLE = '';
const RETRY = { initialMs: 1_000, maximumMs: 60_000 };
/** Drawn from the end of a ttl, so that a fleet does not ask all at once. */
const JITTER = 0.1;

export class HeldSecret {
  readonly name: SecretName;
  readonly lifetime: Lifetime;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #retry: Backoff;
  readonly #keys = new Set<string>();
  #values = new Map<string, string>();
  #problems = new Map<string, HoldfastError>();
  #obtainedAtMs: number | undefined;
  #dueAtMs: number;
  #asked = false;

  constructor(name: SecretName, lifetime: Lifetime, kept: KeptSecret | undefined, { clock, random }: { readonly clock: Clock; readonly random: () => number }) {
    this.name = name;
    this.lifetime = lifetime;
    this.#clock = clock;
    this.#random = random;
    this.#retry = new Backoff({ ...RETRY, random });
    this.#dueAtMs = clock.monotonicMs();
    if (kept === undefined) return;
    this.#values = new Map(Object.entries(kept.values));
    this.#obtainedAtMs = kept.obtainedAtMs;
  }

  /** Wall clock; undefined where it never was. */
  get obtainedAtMs(): number | undefined {
    return this.#obtainedAtMs;
  }

  /** The last attempt failed. */
  get isFailing(): boolean {
    return this.#problems.size > 0;
  }

  get isResolved(): boolean {
    return [...this.#keys].every((key) => this.valueOf(key).kind === 'value');
  }

  /** Nothing is known of it, not even that it can't be had: worth waiting for. */
  get isUnknown(): boolean {
    return !this.#asked && !this.isResolved;
  }

  /** References take this member of it, or the whole. */
  want(key: string | undefined): void {
    if (this.#keys.has(key ?? WHOLE)) return;
    this.#keys.add(key ?? WHOLE);
    this.#asked = false;
    this.#dueAtMs = this.#clock.monotonicMs();
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueAtMs;
  }

  valueOf(key: string | undefined): VaultValue {
    const value = this.#values.get(key ?? WHOLE);
    const problem = this.#problems.get(key ?? WHOLE);
    if (value !== undefined && !this.#hasExpired()) return { kind: 'value', value };
    const told = value === undefined ? problem : vaultValueExpired(problem?.message ?? 'it is being looked up');
    return { kind: 'missing', problem: told === undefined ? 'it is being looked up' : `${told.code}: ${told.message}` };
  }

  /** The vault gave it. A member that is not in it any more keeps its last value, like a secret that can't be had. */
  took(secret: string): void {
    this.#asked = true;
    this.#problems = new Map();
    this.#obtainedAtMs = this.#clock.nowMs();
    for (const key of this.#keys) {
      try {
        this.#values.set(key, valueOf(secret, key === WHOLE ? undefined : key, this.lifetime.isBase64));
      } catch (thrown) {
        this.#problems.set(key, thrown instanceof HoldfastError ? thrown : vaultAnswerInvalid('its value can not be read'));
      }
    }
    if (this.isFailing) return this.#retryLater();
    this.#retry.reset();
    const { ttl } = this.lifetime;
    this.#dueAtMs = ttl === 0 ? Infinity : this.#clock.monotonicMs() + ttl * 1_000 * (1 - JITTER * this.#random());
  }

  failed(error: HoldfastError): void {
    this.#asked = true;
    this.#problems = new Map([...this.#keys].map((key) => [key, error]));
    this.#retryLater();
  }

  /** Undefined where there is nothing. */
  kept(): KeptSecret | undefined {
    const values = Object.fromEntries([...this.#values].filter(([key]) => this.#keys.has(key)));
    return this.#obtainedAtMs === undefined || Object.keys(values).length === 0 ? undefined : { values, obtainedAtMs: this.#obtainedAtMs };
  }

  #retryLater(): void {
    const { negTtl } = this.lifetime;
    // At least a moment: what fails at once must not be asked in a loop.
    this.#dueAtMs = this.#clock.monotonicMs() + (negTtl === undefined ? Math.max(RETRY.initialMs / 2, this.#retry.nextDelayMs()) : Math.max(1, negTtl) * 1_000);
  }

  #hasExpired(): boolean {
    const { ttl, resurrectTtl } = this.lifetime;
    if (ttl === 0 || resurrectTtl === undefined || this.#obtainedAtMs === undefined) return false;
    return this.#clock.nowMs() > this.#obtainedAtMs + (ttl + resurrectTtl) * 1_000;
  }
}
