/**
 * The rules of one instance of access-records: which requests are recorded, at most how many a second, and what of them. Asked by the
 * engine at the end of each request; also what holds where there is no instance, with the defaults of the schema.
 */
import type { AccessRecorder, RecordedTexts } from '../access-recorder.ts';
import type { LogContext } from '../contract.ts';
import { truncatedAddress } from '../../plugin-parts/client-network.ts';
import { TextMasks } from './masked-text.ts';
import type { AccessRecordsConfig } from './schema.ts';

/** Headers of each kind in one record. */
const MAX_HEADERS = 16;
const SWITCHING_PROTOCOLS = 101;

export class RecordRules implements AccessRecorder {
  readonly readsResponseHeaders: boolean;
  readonly #config: AccessRecordsConfig;
  readonly #slowMs: number;
  readonly #fields: ReadonlySet<string>;
  readonly #requestHeaders: readonly string[];
  readonly #responseHeaders: readonly string[];
  readonly #masks: TextMasks;
  /** Samples of one second, so that there is room for errors. */
  readonly #maxSamples: number;
  #second = -1;
  #chosen = 0;

  constructor(config: AccessRecordsConfig) {
    this.#config = config;
    this.#slowMs = config.slow_ms === 0 ? Number.POSITIVE_INFINITY : config.slow_ms;
    this.#fields = new Set(config.fields);
    this.#requestHeaders = namesOf(config.request_headers);
    this.#responseHeaders = namesOf(config.response_headers);
    this.#masks = new TextMasks(config.mask_names, config.mask_patterns, config.mask_expressions);
    this.#maxSamples = Math.ceil(config.max_per_second / 2);
    this.readsResponseHeaders = this.#responseHeaders.length > 0;
  }

  choose(status: number, failed: boolean, totalMs: number, nowMs: number, random: () => number): ReturnType<AccessRecorder['choose']> {
    const { sample_rate: rate, errors, max_per_second: maximum } = this.#config;
    const reason = failed && errors ? 'error' : totalMs >= this.#slowMs && status !== SWITCHING_PROTOCOLS ? 'slow' : rate > 0 && random() < rate ? 'sampled' : undefined;
    if (reason === undefined) return undefined;
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#chosen = 0;
    }
    if (this.#chosen >= (reason === 'sampled' ? this.#maxSamples : maximum)) return 'over-rate';
    this.#chosen += 1;
    return reason;
  }

  texts(context: LogContext): RecordedTexts {
    const { request } = context;
    const { query, client_address: address, user_agent: showsAgent } = this.#config;
    const masks = this.#masks.with(context.credentialNames);
    const fields = this.#fields;
    const last = fields.has('target') ? context.tries.at(-1) : undefined;
    const tls = fields.has('tls') ? context.tls : undefined;
    return {
      showsConsumer: fields.has('consumer'),
      host: fields.has('host') ? masks.words(request.host) : '',
      path: fields.has('path') ? masks.path(request.path) : '',
      query: query === 'none' ? '' : masks.query(request.query, query === 'masked'),
      clientAddress: address === 'none' ? '' : address === 'full' ? request.clientAddress : truncatedAddress(request.clientAddress),
      userAgent: showsAgent ? masks.header('user-agent', request.header('user-agent') ?? '') : '',
      target: last === undefined ? '' : placeOf(last),
      tlsVersion: tls?.version ?? '',
      tlsCipher: tls?.cipher ?? '',
      traceId: fields.has('trace_id') ? (context.traceId ?? '') : '',
      headers: this.#headersOf(context, masks),
    };
  }

  #headersOf(context: LogContext, masks: TextMasks): ReadonlyMap<string, string> {
    const headers = new Map<string, string>();
    for (const name of this.#requestHeaders) {
      const values = context.request.headerValues(name);
      if (values.length > 0) headers.set(`request.${name}`, values.map((value) => masks.header(name, value)).join(', '));
    }
    if (this.readsResponseHeaders) this.#addResponseHeaders(context, masks, headers);
    return headers;
  }

  #addResponseHeaders(context: LogContext, masks: TextMasks, headers: Map<string, string>): void {
    for (const name of this.#responseHeaders) {
      const value = context.responseHeader(name);
      if (value !== undefined) headers.set(`response.${name}`, masks.header(name, value));
    }
  }
}

function namesOf(names: readonly string[]): readonly string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].slice(0, MAX_HEADERS);
}

function placeOf({ address, port, target }: LogContext['tries'][number]): string {
  if (address === '') return target;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
