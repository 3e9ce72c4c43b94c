/**
 * One secret of one vault as this data plane has it: the values that references take from it, how old they are, and when it is to be
 * looked up next. Ages are counted by the monotonic clock, so that setting the other one ends no value; what outlives the process has the
 * wall clock's time. Used by vault-resolver.ts.
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
  /** Wall clock; of the oldest of them. */
  readonly obtainedAtMs: number;
}

interface HeldValue {
  readonly text: string;
  /** Monotonic; before the start of the process of one that was kept. */
  readonly sinceMs: number;
  /** Wall clock. */
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
  #values = new Map<string, HeldValue>();
  #problems = new Map<string, HoldfastError>();
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
    const { obtainedAtMs } = kept;
    const sinceMs = clock.monotonicMs() - Math.max(0, clock.nowMs() - obtainedAtMs);
    this.#values = new Map(Object.entries(kept.values).map(([key, text]) => [key, { text, sinceMs, obtainedAtMs }]));
  }

  /** Age of its oldest value in milliseconds; undefined where it has none. */
  get ageMs(): number | undefined {
    const times = [...this.#values.values()].map(({ sinceMs }) => sinceMs);
    return times.length === 0 ? undefined : this.#clock.monotonicMs() - Math.min(...times);
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

  /** References take these members and no others any more. */
  wantOnly(keys: ReadonlySet<string | undefined>): void {
    for (const key of [...this.#keys, ...this.#values.keys()]) {
      if (keys.has(key === WHOLE ? undefined : key)) continue;
      for (const held of [this.#keys, this.#values, this.#problems]) held.delete(key);
    }
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueAtMs;
  }

  valueOf(key: string | undefined): VaultValue {
    const value = this.#values.get(key ?? WHOLE);
    const problem = this.#problems.get(key ?? WHOLE);
    if (value !== undefined && !this.#hasExpired(value)) return { kind: 'value', value: value.text };
    const told = value === undefined ? problem : vaultValueExpired(problem?.message ?? 'it is being looked up');
    return { kind: 'missing', problem: told === undefined ? 'it is being looked up' : `${told.code}: ${told.message}` };
  }

  /** The vault gave it. A member that is not in it any more keeps its last value, like a secret that can't be had. */
  took(secret: string): void {
    this.#asked = true;
    this.#problems = new Map();
    const [sinceMs, obtainedAtMs] = [this.#clock.monotonicMs(), this.#clock.nowMs()];
    for (const key of this.#keys) {
      try {
        this.#values.set(key, { text: valueOf(secret, key === WHOLE ? undefined : key, this.lifetime.isBase64), sinceMs, obtainedAtMs });
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
    const values = [...this.#values];
    return values.length === 0 ? undefined : { values: Object.fromEntries(values.map(([key, { text }]) => [key, text])), obtainedAtMs: Math.min(...values.map(([, { obtainedAtMs }]) => obtainedAtMs)) };
  }

  #retryLater(): void {
    const { negTtl } = this.lifetime;
    // At least a moment: what fails at once must not be asked in a loop.
    this.#dueAtMs = this.#clock.monotonicMs() + (negTtl === undefined ? Math.max(RETRY.initialMs / 2, this.#retry.nextDelayMs()) : Math.max(1, negTtl) * 1_000);
  }

  #hasExpired({ sinceMs }: HeldValue): boolean {
    const { ttl, resurrectTtl } = this.lifetime;
    return ttl !== 0 && resurrectTtl !== undefined && this.#clock.monotonicMs() > sinceMs + (ttl + resurrectTtl) * 1_000;
  }
}
