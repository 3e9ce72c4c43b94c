/**
 * One vault as the resolver asks it: a vaults entity, or a kind of vault by its name. Few calls at a time; after one that did not get
 * through, none until a pause has passed, so that a vault that is away is not asked for every secret. Says when it fails and when it
 * is back, once.
 */
import { Backoff } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { vaultCatalog, type VaultName } from '../../shared/vaults/catalog.ts';
import type { OpenSource } from './open-source.ts';
import { vaultAnswerInvalid } from './vault-failures.ts';
import type { SecretName, VaultSource } from './vault-source.ts';

export interface OpenVaultOptions {
  /** The id of a vaults entity, or a kind. */
  readonly id: string;
  /** As references name it. */
  readonly prefix: string;
  readonly kind: VaultName;
  readonly config: JsonObject;
  readonly openSource: OpenSource;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

export interface VaultFailure {
  readonly code: string;
  readonly reason: string;
  /** Wall clock, milliseconds. */
  readonly atMs: number;
}

/** Options of references that make another source of the same vault. */
const SOURCE_OPTIONS = ['prefix', 'region', 'project_id'];
const MOST_AT_ONCE = 8;
const PAUSE = { initialMs: 1_000, maximumMs: 30_000 };

export class OpenVault {
  readonly id: string;
  readonly prefix: string;
  readonly kind: VaultName;
  /** With defaults. */
  readonly config: JsonObject;
  readonly #options: OpenVaultOptions;
  readonly #sources = new Map<string, Promise<VaultSource>>();
  readonly #pause: Backoff;
  #pausedUntilMs = 0;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #failures = 0;
  #lastFailure: VaultFailure | undefined;
  /** Of a call that did not get through, until one does. */
  #lastError: HoldfastError | undefined;

  constructor(options: OpenVaultOptions) {
    this.#options = options;
    this.id = options.id;
    this.prefix = options.prefix;
    this.kind = options.kind;
    const fields = vaultCatalog.get(options.kind)?.config ?? [];
    this.config = Object.fromEntries(fields.map(({ name, default: value = null }) => [name, options.config[name] ?? value]));
    this.#pause = new Backoff({ ...PAUSE, random: options.random });
  }

  /** Since the process started. */
  get failures(): number {
    return this.#failures;
  }

  /** Undefined while it answers. */
  get lastFailure(): VaultFailure | undefined {
    return this.#lastFailure;
  }

  /** Values are on this machine: asking costs nothing, and there is nothing to keep. */
  get isLocal(): boolean {
    return this.kind === 'env' || this.kind === 'file';
  }

  /** It did not answer last: one secret finds out whether it does again. */
  get isAway(): boolean {
    return this.#lastError !== undefined;
  }

  isPaused(nowMs: number): boolean {
    return nowMs < this.#pausedUntilMs;
  }

  /** Throws a HoldfastError. */
  async read(secret: SecretName, options: Readonly<Record<string, string>>): Promise<string> {
    await this.#enter();
    try {
      // Those that waited while another one found out.
      if (this.#lastError !== undefined && this.isPaused(this.#options.clock.monotonicMs())) throw this.#lastError;
      const source = await this.#sourceFor(options);
      const text = await source.read(secret);
      this.#answered();
      return text;
    } catch (thrown) {
      const error = thrown instanceof HoldfastError ? thrown : vaultAnswerInvalid(`the ${this.kind} vault can not be read: ${describeThrown(thrown)}`);
      if (error !== this.#lastError) this.#failed(error);
      throw error;
    } finally {
      this.#leave();
    }
  }

  #sourceFor(options: Readonly<Record<string, string>>): Promise<VaultSource> {
    const overrides = Object.entries(options).filter(([name]) => SOURCE_OPTIONS.includes(name)).toSorted();
    const key = JSON.stringify(overrides);
    const known = this.#sources.get(key) ?? this.#options.openSource(this.kind, { ...this.config, ...Object.fromEntries(overrides) });
    this.#sources.set(key, known);
    return known;
  }

  #answered(): void {
    this.#pause.reset();
    this.#pausedUntilMs = 0;
    this.#lastError = undefined;
    if (this.#lastFailure === undefined) return;
    this.#lastFailure = undefined;
    this.#options.log.info({ event: 'vault-back', vault: this.prefix, kind: this.kind }, `vault ${this.prefix} gives secrets again`);
  }

  #failed(error: HoldfastError): void {
    const { clock, log } = this.#options;
    const { code, message, retryable } = error;
    this.#failures += 1;
    if (retryable) this.#lastError = error;
    if (retryable) this.#pausedUntilMs = clock.monotonicMs() + Math.max(PAUSE.initialMs / 2, this.#pause.nextDelayMs());
    if (this.#lastFailure?.code !== code) log.warn({ event: 'vault-failed', vault: this.prefix, kind: this.kind, code, reason: message }, `vault ${this.prefix} did not give a secret: ${code}: ${message}; last good values stay`);
    this.#lastFailure = { code, reason: message, atMs: clock.nowMs() };
  }

  /** A place among those that ask at a time is handed on, so that nobody overtakes. */
  async #enter(): Promise<void> {
    if (this.#running >= MOST_AT_ONCE) return new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    return undefined;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}
