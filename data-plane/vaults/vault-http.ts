/**
 * Calls to vaults: bounded in time and size, without redirects, and never to the metadata addresses of clouds, which give out the
 * machine's own identity, unless the call is made for that. A configuration names hosts, so the names' addresses are looked at, too.
 */
import type { LookupFunction } from 'node:net';
import type { Agent } from 'undici';
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { isMetadataAddress, literalAddress, lookupExcept } from '../../shared/outward-addresses.ts';
import { vaultAnswerInvalid, vaultNotAllowed, vaultUnreachable } from './vault-failures.ts';

/** Base64 and JSON around a secret take room; see MAX_SECRET_BYTES. */
const MAX_ANSWER_BYTES = 1_048_576;
const MAX_CONNECTIONS_PER_HOST = 8;

export interface VaultCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Named by the environment of this data plane or by the cloud itself, not by a configuration. */
  readonly ownPlace?: true;
}

export interface VaultAnswer {
  readonly status: number;
  readonly text: string;
}

export interface VaultHttpOptions {
  readonly clock: Clock;
  /** Of a whole call. */
  readonly timeoutMs: number;
  /** Names that may be asked (`vault.example`, `*.example`); undefined: all. */
  readonly hosts: readonly string[] | undefined;
}

export class VaultHttp {
  readonly #options: VaultHttpOptions;
  #agent: Agent | undefined;
  #ownAgent: Agent | undefined;

  constructor(options: VaultHttpOptions) {
    this.#options = options;
  }

  /** Whether the operator of this data plane named the host. */
  isNamed(url: string): boolean {
    return this.#options.hosts?.some((pattern) => covers(pattern, new URL(url).hostname)) === true;
  }

  /** Any status is an answer. Throws VAULT_UNREACHABLE, VAULT_NOT_ALLOWED, VAULT_ANSWER_INVALID. */
  async send(call: VaultCall): Promise<VaultAnswer> {
    const { host, hostname } = new URL(call.url);
    if (call.ownPlace !== true) this.#checkHost(call.url, hostname);
    const abort = new AbortController();
    const timer = this.#options.clock.after(this.#options.timeoutMs, () => abort.abort(), { keepAlive: true });
    try {
      // A connection that was kept may have been closed meanwhile. All calls to vaults can be made twice.
      return await this.#sendOnce(call, abort.signal).catch((thrown: unknown) => (codeOf(thrown) === 'UND_ERR_SOCKET' ? this.#sendOnce(call, abort.signal) : Promise.reject(thrown)));
    } catch (thrown) {
      throw failureOf(thrown, host, abort.signal.aborted ? this.#options.timeoutMs : undefined);
    } finally {
      timer.cancel();
    }
  }

  async #sendOnce({ method, url, headers, body, ownPlace }: VaultCall, signal: AbortSignal): Promise<VaultAnswer> {
    const { request } = await import('undici');
    const answer = await request(url, {
      method, dispatcher: await this.#dispatcher(ownPlace === true), signal, headersTimeout: 0, bodyTimeout: 0,
      headers: { 'user-agent': 'holdfast', ...headers }, ...(body === undefined ? {} : { body }),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  async close(): Promise<void> {
    await Promise.all([this.#agent?.destroy(), this.#ownAgent?.destroy()]);
  }

  #checkHost(url: string, hostname: string): void {
    if (this.#options.hosts !== undefined && !this.isNamed(url)) throw vaultNotAllowed(`vaults at ${hostname} may not be asked by this data plane: name the host in HOLDFAST_VAULT_HOSTS`);
    const address = literalAddress(new URL(url));
    if (address !== undefined && isMetadataAddress(address)) throw metadataRefused(hostname);
  }

  async #dispatcher(ownPlace: boolean): Promise<Agent> {
    // Loaded with the first call: most data planes ask no vault.
    const undici = await import('undici');
    const make = (connect: { readonly lookup?: LookupFunction }): Agent => new undici.Agent({ connections: MAX_CONNECTIONS_PER_HOST, maxResponseSize: MAX_ANSWER_BYTES, connect: { ...connect, timeout: this.#options.timeoutMs } });
    return ownPlace ? (this.#ownAgent ??= make({})) : (this.#agent ??= make({ lookup: lookupElsewhere }));
  }
}

/** A name of a configuration must not lead there either. */
export const lookupElsewhere: LookupFunction = lookupExcept(isMetadataAddress, metadataRefused);

function metadataRefused(hostname: string): HoldfastError {
  return vaultNotAllowed(`${hostname} is where a cloud gives out the identity of this machine: no vault is there`);
}

function covers(pattern: string, hostname: string): boolean {
  return pattern.startsWith('*.') ? hostname.endsWith(pattern.slice(1).toLowerCase()) : pattern.toLowerCase() === hostname;
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown error';
}

function failureOf(thrown: unknown, host: string, timedOutAfterMs: number | undefined): HoldfastError {
  if (thrown instanceof HoldfastError) return thrown;
  const code = codeOf(thrown);
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return vaultAnswerInvalid(`${host} gave an answer of more than ${MAX_ANSWER_BYTES} bytes`);
  return vaultUnreachable(timedOutAfterMs === undefined ? `${host} can not be reached: ${code}` : `${host} did not answer within ${timedOutAfterMs} ms (HOLDFAST_VAULT_TIMEOUT)`);
}
