/**
 * Looks up what the configuration refers to, in the agent thread: before it is compiled what was never looked up, and in the
 * background what is due again. A value that changed is told, so that the configuration is compiled with it; one that can't be had
 * again stays as it was. `prepareFor` is called before each preparation of the threads, which get `values` then.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { VAULT_NAMES } from '../../shared/vaults/catalog.ts';
import { parseVaultReference, type VaultReference } from '../../shared/vaults/vault-reference.ts';
import type { ConfigContent } from '../config/config-content.ts';
import { HeldSecret, type Lifetime } from './held-secret.ts';
import type { LastValues } from './last-values.ts';
import type { OpenSource } from './open-source.ts';
import { OpenVault, type VaultFailure } from './open-vault.ts';
import type { NamedVault, ReferenceIndex } from './reference-index.ts';
import { tooManyReferences, vaultUnknown } from './vault-failures.ts';
import { areSameValues, type VaultValue, type VaultValues } from './vault-values.ts';
import { numberOf } from './vault-source.ts';

export interface VaultResolverOptions {
  readonly index: ReferenceIndex;
  readonly openSource: OpenSource;
  readonly lastValues: LastValues;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** How long a configuration waits for secrets that were never looked up. */
  readonly waitMs: number;
  /** What stands in `values` is not what is known any more: the configuration is to be prepared again. */
  readonly onChanged: () => Promise<unknown>;
}

/** What there is to tell of a vault. */
export interface VaultView {
  readonly prefix: string;
  readonly kind: string;
  readonly secrets: number;
  readonly resolved: number;
  /** Of the resolved ones, those that could not be looked up again when they were due. */
  readonly outdated: number;
  readonly failures: number;
  readonly lastFailure: VaultFailure | undefined;
  /** Of the oldest value. Undefined where there is none. */
  readonly oldestMs: number | undefined;
}

/** What of a configuration is looked up at most, and handed to each thread (R5). */
const MOST_SECRETS = 5_000;
const MOST_CHARACTERS = 33_554_432;
const CHECK_MS = 1_000;
/** Several secrets are often replaced together. */
const SETTLE_MS = 100;

interface Wanted {
  readonly vault: OpenVault;
  readonly secret: HeldSecret;
  readonly options: Readonly<Record<string, string>>;
  asking: Promise<void> | undefined;
}

type Looked = { readonly wanted: Wanted; readonly key: string | undefined } | { readonly problem: HoldfastError };

export class VaultResolver {
  readonly #options: VaultResolverOptions;
  readonly #vaults = new Map<string, OpenVault>();
  readonly #secrets = new Map<string, Wanted>();
  /** By reference: of the configuration that is prepared, and of the one that serves. */
  #looked = new Map<string, Looked>();
  #serving: ReadonlyMap<string, Looked> = new Map();
  #values: VaultValues = new Map();
  #ticking: TimerHandle | undefined;
  #settling: TimerHandle | undefined;
  #isTelling = false;
  /** Something was looked up, or is not referred to any more, since values were written down. */
  #isUnsaved = false;

  constructor(options: VaultResolverOptions) {
    this.#options = options;
  }

  /** As of the last `prepareFor`. The same map while nothing changed. */
  get values(): VaultValues {
    return this.#values;
  }

  /** Looks up what the configuration refers to and was never looked up; waits for it, but not for long. Never rejects. */
  async prepareFor(content: ConfigContent): Promise<void> {
    const { index, clock, waitMs } = this.#options;
    await index.follow(content);
    this.#collect();
    const unknown = [...this.#secrets.values()].filter(({ secret }) => secret.isUnknown);
    if (unknown.length > 0) {
      let timer: TimerHandle | undefined;
      const enough = new Promise<void>((resolve) => (timer = clock.after(waitMs, resolve, { keepAlive: true })));
      await Promise.race([Promise.all(unknown.map((wanted) => this.#ask(wanted))), enough]);
      timer?.cancel();
    }
    const values = this.#known();
    if (!areSameValues(values, this.#values)) this.#values = values;
    this.#isUnsaved = true;
    // What serves is on the disk, as the configuration is: the next start may have neither vault nor control plane (S2).
    await this.#save();
    if (this.#secrets.size > 0) this.#ticking ??= clock.every(CHECK_MS, () => this.#tick());
  }

  /** What was prepared last serves. */
  committed(): void {
    this.#serving = this.#looked;
  }

  view(): readonly VaultView[] {
    const nowMs = this.#options.clock.monotonicMs();
    const byVault = Map.groupBy(this.#secrets.values(), ({ vault }) => vault);
    return [...byVault].map(([vault, wanted]) => {
      const { prefix, kind, failures, lastFailure } = vault;
      const resolved = wanted.filter(({ secret }) => secret.isResolved);
      const ages = resolved.flatMap(({ secret }) => secret.ageMs ?? []);
      const outdated = resolved.filter(({ secret }) => secret.isFailing || (vault.isAway && secret.isDue(nowMs))).length;
      return { prefix, kind, secrets: wanted.length, resolved: resolved.length, outdated, failures, lastFailure, oldestMs: ages.length === 0 ? undefined : Math.max(...ages) };
    });
  }

  /** What is known is on disk then. */
  async stop(): Promise<void> {
    this.#ticking?.cancel();
    this.#settling?.cancel();
    await this.#save();
  }

  /** Brings vaults and secrets in step with what is referred to. */
  #collect(): void {
    const { index } = this.#options;
    this.#looked = new Map();
    const opened = new Map([...index.vaults].map(([prefix, entity]) => [prefix, this.#vaultOf(entity)]));
    for (const text of index.references) this.#looked.set(text, this.#look(text, opened));
    const used = Map.groupBy([...this.#looked.values(), ...this.#serving.values()].filter((looked) => 'wanted' in looked), ({ wanted }) => wanted);
    for (const [{ secret }, takers] of used) secret.wantOnly(new Set(takers.map(({ key }) => key)));
    for (const [id, wanted] of this.#secrets) if (!used.has(wanted)) this.#secrets.delete(id);
    const vaults = new Set([...used.keys()].map(({ vault }) => vault));
    for (const [id, vault] of this.#vaults) if (!vaults.has(vault)) this.#vaults.delete(id);
  }

  #look(text: string, opened: Map<string, OpenVault>): Looked {
    const reference = parseVaultReference(text);
    if (typeof reference === 'string') return { problem: vaultUnknown(text) };
    const kind = VAULT_NAMES.find((name) => name === reference.vault);
    const vault = opened.get(reference.vault) ?? (kind === undefined ? undefined : this.#vaultOf({ id: kind, prefix: kind, kind, config: {} }));
    if (vault === undefined) return { problem: vaultUnknown(reference.vault) };
    opened.set(reference.vault, vault);
    const { name, version, options, key } = reference;
    const id = JSON.stringify([vault.id, name, version ?? null, Object.entries(options).toSorted()]);
    const known = this.#secrets.get(id);
    if (known === undefined && this.#secrets.size >= MOST_SECRETS) return { problem: tooManyReferences(`more than ${MOST_SECRETS} secrets`) };
    const kept = vault.isLocal ? undefined : this.#options.lastValues.atStart.get(id);
    const wanted = known ?? { vault, secret: new HeldSecret({ name, version }, lifetimeOf(vault.config, reference), kept, this.#options), options, asking: undefined };
    if (known !== undefined && known.vault !== vault) return this.#moved(id, known, vault, reference);
    this.#secrets.set(id, wanted);
    wanted.secret.want(key);
    return { wanted, key };
  }

  /** The vault's config is another one: what is known stays until the vault gave it anew. */
  #moved(id: string, known: Wanted, vault: OpenVault, reference: VaultReference): Looked {
    const { name, version, key, options } = reference;
    const wanted: Wanted = { vault, secret: new HeldSecret({ name, version }, lifetimeOf(vault.config, reference), known.secret.kept(), this.#options), options, asking: undefined };
    wanted.secret.want(key);
    this.#secrets.set(id, wanted);
    return { wanted, key };
  }

  #vaultOf(entity: NamedVault): OpenVault {
    const { openSource, clock, random, log } = this.#options;
    const known = this.#vaults.get(entity.id);
    const opened = new OpenVault({ ...entity, openSource, clock, random, log });
    if (known !== undefined && known.kind === opened.kind && known.prefix === opened.prefix && JSON.stringify(known.config) === JSON.stringify(opened.config)) return known;
    this.#vaults.set(entity.id, opened);
    return opened;
  }

  #known(): VaultValues {
    const values = new Map<string, VaultValue>();
    let characters = 0;
    for (const [text, looked] of new Map([...this.#serving, ...this.#looked])) {
      const value = 'wanted' in looked ? looked.wanted.secret.valueOf(looked.key) : missing(looked.problem);
      characters += value.kind === 'value' ? value.value.length : 0;
      values.set(text, characters > MOST_CHARACTERS ? missing(tooManyReferences(`more than ${MOST_CHARACTERS} characters of secrets`)) : value);
    }
    return values;
  }

  /** One call at a time for a secret. Never rejects. */
  #ask(wanted: Wanted): Promise<void> {
    wanted.asking ??= this.#askOnce(wanted).finally(() => (wanted.asking = undefined));
    return wanted.asking;
  }

  async #askOnce({ vault, secret, options }: Wanted): Promise<void> {
    try {
      secret.took(await vault.read(secret.name, options));
    } catch (thrown) {
      if (!(thrown instanceof HoldfastError)) throw thrown;
      secret.failed(thrown);
    }
    this.#isUnsaved = true;
    this.#settling ??= this.#options.clock.after(SETTLE_MS, () => {
      this.#settling = undefined;
      this.#tellChanges();
    });
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const tried = new Set<OpenVault>();
    for (const wanted of this.#secrets.values()) {
      const { vault, secret } = wanted;
      if (!secret.isDue(nowMs) || vault.isPaused(nowMs) || (vault.isAway && tried.has(vault))) continue;
      tried.add(vault);
      void this.#ask(wanted);
    }
    // Values end without anybody asking.
    this.#tellChanges();
  }

  #tellChanges(): void {
    void this.#save();
    if (this.#isTelling || areSameValues(this.#known(), this.#values)) return;
    this.#isTelling = true;
    void this.#options.onChanged().finally(() => (this.#isTelling = false));
  }

  #save(): Promise<void> {
    if (!this.#isUnsaved) return this.#options.lastValues.written;
    this.#isUnsaved = false;
    const kept = [...this.#secrets].flatMap(([id, { vault, secret }]) => {
      const values = vault.isLocal ? undefined : secret.kept();
      return values === undefined ? [] : [[id, values] as const];
    });
    return this.#options.lastValues.save(new Map(kept));
  }
}

function missing({ code, message }: HoldfastError): VaultValue {
  return { kind: 'missing', problem: `${code}: ${message}` };
}

function lifetimeOf(config: JsonObject, { options }: VaultReference): Lifetime {
  const seconds = (name: string): number | undefined => (options[name] === undefined ? numberOf(config, name) : Number(options[name]));
  const base64 = options['base64_decode'] ?? config['base64_decode'];
  return { ttl: seconds('ttl') ?? 0, negTtl: seconds('neg_ttl'), resurrectTtl: seconds('resurrect_ttl'), isBase64: base64 === 'true' || base64 === true };
}
