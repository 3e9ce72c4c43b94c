/**
 * The keys that an issuer publishes (RFC 7517 §5): fetched when the plugin starts and again every `jwks_cache_ttl`, in the background.
 * A token that names a key which is not among them has them fetched once more, at most every 30 s, whatever clients send. While they
 * can't be fetched, the last good ones serve for `jwks_max_stale` more; then nothing is verified. Used by handler.ts.
 */
import type { JsonWebKey } from 'node:crypto';
import type { PluginServices, PluginStore } from '../plugin-services.ts';
import { isMembers, memberOf } from './parse-token.ts';
import type { JwtConfig } from './schema.ts';
import { publicKeyVerifier, readPublicKey, type Verifier } from './signatures.ts';

const FETCH = { timeoutMs: 5_000, maxBytes: 262_144 } as const;
const MAX_KEYS = 100;
/** Between two fetches, whoever asks. */
const LEAST_MS = 30_000;

export interface IssuerKey {
  readonly keyId: string | undefined;
  /** By algorithm; a key that may be used with several has a verifier of each. */
  readonly verifiers: ReadonlyMap<string, Verifier>;
  /** The key as it was published. */
  readonly text: string;
}

interface KeySet {
  readonly keys: readonly IssuerKey[];
  readonly fetchedAtMs: number;
}

export type KeyAnswer =
  | { readonly kind: 'verifier'; readonly verifier: Verifier }
  | { readonly kind: 'unknown' }
  /** There are no keys, or none that may still be trusted. */
  | { readonly kind: 'unavailable' };

export class IssuerKeys {
  readonly #config: JwtConfig;
  readonly #services: PluginServices;
  readonly #url: string;
  /** Outlives the instance, so that a change of its config during an outage loses no keys. */
  readonly #kept: PluginStore<KeySet>;
  readonly #place: string;
  readonly #timer: { cancel(): void };
  #fetching: Promise<void> | undefined;
  #triedAtMs = -Infinity;

  constructor(url: string, config: JwtConfig, services: PluginServices) {
    this.#config = config;
    this.#services = services;
    this.#url = url;
    this.#kept = services.store<KeySet>('issuer-keys', { maxEntries: 4 });
    this.#place = JSON.stringify([url, config.algorithms.toSorted()]);
    this.#timer = services.every(LEAST_MS, () => this.#refreshWhenDue());
    this.#refreshWhenDue();
  }

  /** Waits only where a key is asked for that may be there by now. */
  find(algorithm: string, keyId: string | undefined): KeyAnswer | Promise<KeyAnswer> {
    const answer = this.#known(algorithm, keyId);
    if (answer.kind === 'verifier') return answer;
    const fetching = this.#fetching ?? this.#refresh();
    return fetching === undefined ? answer : fetching.then(() => this.#known(algorithm, keyId));
  }

  /** Whether the issuer has not taken it back. */
  has(verifier: Verifier): boolean {
    const set = this.#usable();
    if (set === undefined) return false;
    for (const { verifiers } of set.keys) for (const one of verifiers.values()) if (one === verifier) return true;
    return false;
  }

  close(): void {
    this.#timer.cancel();
  }

  #known(algorithm: string, keyId: string | undefined): KeyAnswer {
    const set = this.#usable();
    if (set === undefined) return { kind: 'unavailable' };
    const fitting = set.keys.flatMap((key) => (keyId === undefined || key.keyId === keyId ? (key.verifiers.get(algorithm) ?? []) : []));
    const [verifier] = fitting;
    // Without a name it must be clear which one is meant.
    return verifier === undefined || fitting.length > 1 ? { kind: 'unknown' } : { kind: 'verifier', verifier };
  }

  #usable(): KeySet | undefined {
    const set = this.#kept.get(this.#place);
    if (set === undefined) return undefined;
    const usableMs = (this.#config.jwks_cache_ttl + this.#config.jwks_max_stale) * 1_000;
    return this.#services.clock.monotonicMs() - set.fetchedAtMs <= usableMs ? set : undefined;
  }

  #refreshWhenDue(): void {
    const set = this.#kept.get(this.#place);
    if (set === undefined || this.#services.clock.monotonicMs() - set.fetchedAtMs >= this.#config.jwks_cache_ttl * 1_000) void this.#refresh();
  }

  /** Undefined where it was tried a moment ago. Never rejects. */
  #refresh(): Promise<void> | undefined {
    const nowMs = this.#services.clock.monotonicMs();
    if (this.#fetching !== undefined) return this.#fetching;
    if (nowMs - this.#triedAtMs < LEAST_MS) return undefined;
    this.#triedAtMs = nowMs;
    this.#fetching = this.#fetch().catch((thrown: unknown) => {
      this.#services.log.warn('jwt-issuer-keys-not-fetched', { url: this.#url, problem: thrown instanceof Error ? thrown.message : 'unknown', keysLeft: this.#usable()?.keys.length ?? 0 });
    }).finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    const { status, body } = await this.#services.fetch(this.#url, { ...FETCH, headers: { accept: 'application/jwk-set+json, application/json' } });
    if (status !== 200) throw new Error(`the answer has the status ${status}`);
    const document: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    const published = isMembers(document) ? memberOf(document, 'keys') : undefined;
    if (!Array.isArray(published)) throw new Error('the answer is no set of keys: it has no list `keys`');
    const before = new Map(this.#kept.get(this.#place)?.keys.map((key) => [key.text, key]));
    const keys = published.slice(0, MAX_KEYS).flatMap((jwk: unknown) => readIssuerKey(jwk, this.#config.algorithms, before) ?? []);
    // An empty set would lock everybody out: more likely a mistake than meant.
    if (keys.length === 0) throw new Error('no key of the set can be used with the configured algorithms');
    this.#kept.set(this.#place, { keys, fetchedAtMs: this.#services.clock.monotonicMs() });
  }
}

/** The same object as before where it is the same key, so that tokens it verified stay so. */
function readIssuerKey(jwk: unknown, algorithms: readonly string[], before: ReadonlyMap<string, IssuerKey>): IssuerKey | undefined {
  if (!isMembers(jwk)) return undefined;
  const [use, operations, algorithm, keyId] = ['use', 'key_ops', 'alg', 'kid'].map((name) => memberOf(jwk, name));
  if (use !== undefined && use !== 'sig') return undefined;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return undefined;
  const text = JSON.stringify(jwk);
  const known = before.get(text);
  if (known !== undefined) return known;
  // A secret that is published is none, and a private key is not needed.
  const { d: _, k: __, ...members } = jwk;
  const key = readPublicKey(members satisfies JsonWebKey);
  if (key === undefined) return undefined;
  const verifiers = new Map(algorithms.flatMap((one) => {
    const verifier = algorithm === undefined || algorithm === one ? publicKeyVerifier(one, key) : undefined;
    return verifier === undefined ? [] : [[one, verifier] as const];
  }));
  return verifiers.size === 0 ? undefined : { keyId: typeof keyId === 'string' ? keyId : undefined, verifiers, text };
}
