/**
 * `services.fetch`: HTTP(S) to where a plugin's config or a token leads, which is not to be trusted (SSRF): the address that is
 * connected to is the one that was looked at, redirects are answers, time and size are bounded also after decompression (R5).
 */
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type * as Undici from 'undici';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { literalAddress } from '../../shared/outward-addresses.ts';
import type { FetchAnswer, FetchOptions } from '../../shared/plugins/plugin-services.ts';
import { PluginNetworks } from './plugin-networks.ts';

export interface PluginFetchOptions {
  readonly clock: Clock;
  /** Addresses and CIDR blocks that may be asked although they are not of the open Internet. Metadata addresses never are. */
  readonly networks: readonly string[];
}

/** Under way at a time in a thread. */
const MOST_AT_ONCE = 64;
/** Of those, for plugins that send logs: receivers that do not answer are not to keep others from keys and revocation lists. */
const MOST_OF_LOGS = 48;
const CONNECTIONS_PER_HOST = 8;
/** Of those with authorities of their own or without verification; the one that was made first goes. */
const AGENTS_KEPT = 16;
/** A server that answers with a coding although none was asked for. */
const DECODERS: ReadonlyMap<string, (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>> = new Map([
  ['gzip', promisify(gunzip)], ['x-gzip', promisify(gunzip)], ['deflate', promisify(inflate)], ['br', promisify(brotliDecompress)],
]);

/** Some 80 ms the first time in a thread. */
const load = createRequire(import.meta.url);

export class PluginFetch {
  readonly #clock: Clock;
  readonly #networks: PluginNetworks;
  readonly #agents = new Map<string, Undici.Agent>();
  #underWay = 0;
  #underWayOfLogs = 0;

  constructor({ clock, networks }: PluginFetchOptions) {
    this.#clock = clock;
    this.#networks = new PluginNetworks(networks);
  }

  /** Any status is an answer. Rejects with FETCH_URL_INVALID, FETCH_ADDRESS_REFUSED, FETCH_BUSY, FETCH_TIMED_OUT, FETCH_TOO_LARGE or FETCH_FAILED. */
  async fetch(url: string, options: FetchOptions, isLog = false): Promise<FetchAnswer> {
    const target = parseUrl(url);
    const address = literalAddress(target);
    if (address !== undefined && this.#networks.isRefused(address)) throw addressRefused(target.hostname);
    const most = isLog ? MOST_OF_LOGS : MOST_AT_ONCE;
    if ((isLog ? this.#underWayOfLogs : this.#underWay) >= most || this.#underWay >= MOST_AT_ONCE) throw new HoldfastError({ code: 'FETCH_BUSY', source: 'gateway', retryable: true, publicMessage: 'too many requests of plugins are under way', message: `${most} requests of plugins${isLog ? ' that send logs' : ''} are under way in this thread` });
    const abort = new AbortController();
    const timer = this.#clock.after(options.timeoutMs, () => abort.abort());
    this.#underWay += 1;
    if (isLog) this.#underWayOfLogs += 1;
    try {
      return await this.#send(target, options, abort.signal);
    } catch (thrown) {
      throw failureOf(thrown, target.host, abort.signal.aborted ? options.timeoutMs : undefined);
    } finally {
      this.#underWay -= 1;
      if (isLog) this.#underWayOfLogs -= 1;
      timer.cancel();
    }
  }

  /** What is under way fails. */
  close(): void {
    for (const agent of this.#agents.values()) void agent.destroy();
    this.#agents.clear();
  }

  async #send(url: URL, options: FetchOptions, signal: AbortSignal): Promise<FetchAnswer> {
    const { method = 'GET', headers, body, maxBytes } = options;
    const { request } = load('undici') as typeof Undici;
    const ask = (): ReturnType<typeof request> => request(url, {
      // Undici sends what it is given; which methods there are is the other side's business.
      method, dispatcher: this.#agentFor(options), signal, headersTimeout: 0, bodyTimeout: 0,
      headers: { 'user-agent': 'holdfast', ...headers }, ...(body === undefined ? {} : { body }),
    });
    // A connection that was kept may have been closed meanwhile; what only reads can be asked again.
    const answer = await ask().catch((thrown: unknown) => (method === 'GET' && codeOf(thrown) === 'UND_ERR_SOCKET' ? ask() : Promise.reject(thrown)));
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of answer.body) {
      // The door: undici gives bytes where no encoding is set.
      const bytes = piece as Uint8Array;
      length += bytes.length;
      if (length > maxBytes) throw tooLarge(url.host, maxBytes);
      pieces.push(bytes);
    }
    const header = (name: string): string | undefined => {
      const value = answer.headers[name];
      return typeof value === 'object' ? value[0] : value;
    };
    return { status: answer.statusCode, header, body: await decoded(Buffer.concat(pieces), header('content-encoding'), url.host, maxBytes) };
  }

  #agentFor({ authorities, verifyTls = true }: FetchOptions): Undici.Agent {
    const key = authorities === undefined ? String(verifyTls) : `${verifyTls} ${authorities.join(' ')}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const { Agent } = load('undici') as typeof Undici;
    const made = new Agent({
      connections: CONNECTIONS_PER_HOST, allowH2: false,
      connect: { lookup: this.#networks.lookup(addressRefused), rejectUnauthorized: verifyTls, ...(authorities === undefined ? {} : { ca: [...authorities] }) },
    });
    const [oldest] = this.#agents;
    if (this.#agents.size >= AGENTS_KEPT && oldest !== undefined) {
      this.#agents.delete(oldest[0]);
      void oldest[1].close();
    }
    this.#agents.set(key, made);
    return made;
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === '';
  // Not quoted: it may hold a secret.
  if (!isPlain) throw new HoldfastError({ code: 'FETCH_URL_INVALID', source: 'gateway', publicMessage: 'a URL of a plugin is not an absolute http or https URL without user and password' });
  return url;
}

async function decoded(bytes: Uint8Array, coding: string | undefined, host: string, maxBytes: number): Promise<Uint8Array> {
  const name = coding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity' || bytes.length === 0) return bytes;
  const decode = DECODERS.get(name);
  if (decode === undefined) throw failed(host, `it answers in the content coding ${name}, which was not asked for`);
  try {
    return await decode(bytes, { maxOutputLength: maxBytes });
  } catch (thrown) {
    throw codeOf(thrown) === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(host, maxBytes) : failed(host, `its answer can't be decompressed: ${describeThrown(thrown)}`);
  }
}

/** What undici says of a failure may have one of ours inside. */
function failureOf(thrown: unknown, host: string, timedOutAfterMs: number | undefined): HoldfastError {
  if (timedOutAfterMs !== undefined) return new HoldfastError({ code: 'FETCH_TIMED_OUT', source: 'gateway', retryable: true, publicMessage: 'a server that a plugin asked did not answer in time', message: `${host} did not answer in ${timedOutAfterMs} ms` });
  for (let error: unknown = thrown; error instanceof Error; error = error.cause) if (error instanceof HoldfastError) return error;
  return failed(host, describeThrown(thrown));
}

function failed(host: string, reason: string): HoldfastError {
  return new HoldfastError({ code: 'FETCH_FAILED', source: 'gateway', retryable: true, publicMessage: 'a server that a plugin asked could not be reached', message: `${host}: ${reason}` });
}

function tooLarge(host: string, maxBytes: number): HoldfastError {
  return new HoldfastError({ code: 'FETCH_TOO_LARGE', source: 'gateway', publicMessage: 'a server that a plugin asked answered too much', message: `${host} answered more than ${maxBytes} bytes` });
}

function addressRefused(hostname: string): HoldfastError {
  return new HoldfastError({ code: 'FETCH_ADDRESS_REFUSED', source: 'gateway', publicMessage: 'a plugin may not ask there', message: `plugins may not ask ${hostname}: its address is not one of the open Internet; allow it in HOLDFAST_PLUGIN_FETCH_NETWORKS (metadata addresses of clouds never are)` });
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
