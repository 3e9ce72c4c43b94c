/**
 * What makes two requests the same to the cache. Everything in it is taken from the one view of the request (R1) that routing and
 * forwarding read too, so a request can't be one thing to the cache and another to the upstream. Parts that clients choose freely stand
 * behind their length: no two different requests have the same text.
 */
import { createHash } from 'node:crypto';
import type { RequestContext } from '../contract.ts';
import type { ProxyCacheConfig } from './schema.ts';

export interface CacheKey {
  /** What all responses to this URI begin with, whoever asks: an unsafe request makes them void (RFC 9111 §4.4). */
  readonly uri: string;
  readonly text: string;
}

/** Longer keys are nothing that people ask for twice (R5). */
const MAX_KEY_LENGTH = 16_384;

/** Set by proxies in front of this one, and passed on where these are trusted: upstreams build links and redirects of them. */
const FORWARDED = ['x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix'] as const;
/** Written by the gateway, of what it knows of the client: not what stands in the request. */
const ADDRESS = new Set(['x-real-ip', 'x-forwarded-for']);
/** Arguments whose names are one to nobody who can tell two of them apart: PHP takes `.` for `_` and `[]` for a list, others `;` for `&`. */
const SORTABLE = /^[\w-]+(?:=[^;&]*)?(?:&[\w-]+(?:=[^;&]*)?)*$/;
const LONGEST_NAME = 512;

export class CacheKeys {
  readonly #ignoresCase: boolean;
  readonly #arguments: readonly string[] | undefined;
  readonly #headers: readonly string[];
  /** What responses were stored by other rules for is another key: a rule that is put right leaves nothing behind. */
  readonly #rules: string;

  constructor(config: ProxyCacheConfig) {
    this.#ignoresCase = config.ignore_uri_case;
    this.#arguments = config.vary_query_params === null ? undefined : config.vary_query_params.toSorted();
    this.#headers = (config.vary_headers ?? []).map((name) => name.toLowerCase()).toSorted();
    const { cache_control, ignore_uri_case, store_set_cookie, store_with_cookie } = config;
    this.#rules = digestOf(JSON.stringify([cache_control, ignore_uri_case, store_set_cookie, store_with_cookie, this.#arguments ?? null, this.#headers])).slice(0, 8);
  }

  /** Undefined where it would be too long. */
  keyOf(context: RequestContext): CacheKey | undefined {
    const { request } = context;
    const uri = `${request.scheme}://${request.host}:${request.port}${this.#cased(request.path)}?${this.#queryOf(context)}`;
    const text = `${uri}\n${request.method === 'HEAD' ? 'GET' : request.method} ${this.#rules} ${request.localPort} ${context.route.id} ${this.#cased(context.upstreamPath)} ${context.upstreamTarget ?? ''}\n${identityOf(context)}${this.#headersOf(context)}`;
    return text.length > MAX_KEY_LENGTH ? undefined : { uri, text };
  }

  #cased(path: string): string {
    return this.#ignoresCase ? path.toLowerCase() : path;
  }

  /** What goes upstream, sorted by name: other plugins may have changed it. Arguments of one name stay in their order, which may mean something. */
  #queryOf({ request, upstreamQuery }: RequestContext): string {
    if (this.#arguments === undefined) return upstreamQuery.includes('&') ? sortedQuery(upstreamQuery) : upstreamQuery;
    let chosen = '';
    // Decoded, as the upstream reads them: an argument must not hide from the key by the way its name is written.
    for (const name of this.#arguments) for (const value of request.queryValues(name)) chosen += `&${name}=${value.length}:${value}`;
    return upstreamQuery === request.query ? chosen : `${chosen}#${upstreamQuery}`;
  }

  #headersOf(context: RequestContext): string {
    const { request } = context;
    let text = '';
    for (const name of FORWARDED) {
      const value = request.header(name);
      if (value !== undefined) text += `${name}=${value.length}:${value}\n`;
    }
    for (const name of this.#headers) {
      const value = request.headerValues(name).join(', ');
      const sent = ADDRESS.has(name) ? request.clientAddress : context.upstreamHeaderValues(name).join(', ');
      text += sent === value ? `${name}=${value.length}:${value}\n` : `${name}=${value.length}:${value} ${sent.length}:${sent}\n`;
    }
    return text;
  }
}

/** The key with the body, for methods that have one. */
export function withBody({ uri, text }: CacheKey, body: Uint8Array): CacheKey {
  return { uri, text: `${text}${digestOf(body)}\n` };
}

/** For lists that are bounded in number: a text that is not longer than some, and stands for one that may be. */
export function nameFor(text: string): string {
  return text.length <= LONGEST_NAME ? text : digestOf(text);
}

function digestOf(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Where the response stands that fits these values of the headers in its Vary. */
export function variantPlace(text: string, nonce: string, names: readonly string[], header: (lowerCaseName: string) => readonly string[]): string {
  let place = `${text}${nonce}\n`;
  for (const name of names) {
    const value = header(name).join(', ');
    place += `${value.length}:${value}\n`;
  }
  return place;
}

/** Who the client is, as far as the upstream is told: no two clients of whom it knows different things share a response. */
export function identityOf({ consumer, credential, authenticatedGroups, request }: Pick<RequestContext, 'consumer' | 'credential' | 'authenticatedGroups' | 'request'>): string {
  const who = consumer !== undefined ? `c ${consumer.id}` : credential !== undefined ? `k ${credential.id}` : '';
  const certificate = consumer === undefined && request.clientCertificate !== undefined ? ` x ${request.clientCertificate.fingerprint}` : '';
  // Anonymous consumers have no credential; who shows one is told to the upstream as somebody.
  const anonymous = consumer !== undefined && credential === undefined ? ' a' : '';
  const groups = authenticatedGroups === undefined ? '' : authenticatedGroups.map((group) => ` g${group.length}:${group}`).join('');
  return `${who}${certificate}${anonymous}${groups}\n`;
}

function sortedQuery(query: string): string {
  if (!SORTABLE.test(query)) return query;
  return query.split('&').map((argument, at) => ({ argument, at, name: nameOf(argument) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : one.at - other.at))
    .map(({ argument }) => argument).join('&');
}

function nameOf(argument: string): string {
  const end = argument.indexOf('=');
  // Some take names for the same whatever their case.
  return (end === -1 ? argument : argument.slice(0, end)).toLowerCase();
}
