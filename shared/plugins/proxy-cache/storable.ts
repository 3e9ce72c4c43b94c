/**
 * Which responses may be stored, and for how long. With `cache_control` RFC 9111 decides, through http-cache-semantics; without it
 * Kong's simple rules do. In both, what is not for everybody is not stored: a gateway's cache is shared (RFC 9111 §3).
 */
import { createRequire } from 'node:module';
import type CachePolicy from 'http-cache-semantics';
import type { RequestContext, ResponseContext } from '../contract.ts';
import { parseDirectives, secondsOf, type CacheDirectives } from './cache-directives.ts';
import { httpDateMs } from './http-date.ts';
import { MediaTypes } from './media-types.ts';
import type { RequestPlace } from './request-state.ts';
import type { ProxyCacheConfig } from './schema.ts';
import { isStored } from './stored-headers.ts';
import { headerOf, type HeaderLine, type Lifetime } from './stored-response.ts';

/** A response that could be of use as long as its validator is good is kept that much longer than it is fresh. */
const KEPT_FOR_REVALIDATION_MS = 3_600_000;
/** More than any page needs, and few enough for the headers of requests to be looked through (R5). */
const MAX_VARY_NAMES = 16;
const MAX_HEAD_LENGTH = 32_768;
const MAX_AGE_S = 2_147_483_648;
/** Directives that the policy is told of; the others are none of its business. */
const KNOWN = ['no-store', 'no-cache', 'private', 'public', 'must-revalidate', 'proxy-revalidate', 'max-age', 's-maxage'];
/** What allows a shared cache to store the answer to a request with Authorization (RFC 9111 §3.5). */
const FOR_EVERYBODY = ['public', 's-maxage', 'must-revalidate'];
/** What an upstream may know a client by, of its own. */
const PERSONAL = ['authorization', 'cookie'];
/** Written by the gateway, of the one client or request: nothing that others have the same. */
const OF_ONE_REQUEST = new Set(['*', 'x-forwarded-for', 'x-real-ip', 'via', 'x-kong-request-id']);

/** Unkeyed, passed on by the gateway, and taken by some upstreams for the URI or method: a request that has one may be answered, but fills nothing. */
const MISLEADING = [
  'forwarded', 'x-forwarded-path', 'x-forwarded-server', 'x-forwarded-scheme', 'x-forwarded-ssl', 'x-forwarded-uri', 'x-forwarded-method', 'x-host', 'x-original-host', 'x-original-url', 'x-rewrite-url',
  'x-http-method', 'x-http-method-override', 'x-method-override',
];

/** The head of a response that may be stored. */
export interface StorableHead {
  readonly contentType: string | undefined;
  readonly headers: readonly HeaderLine[];
  /** Lower-case names in its Vary, sorted. */
  readonly variesBy: readonly string[];
  readonly lifetime: Lifetime;
}

export interface ReceivedHead {
  readonly status: number;
  readonly headers: readonly HeaderLine[];
}

export interface Moment {
  readonly wallMs: number;
  readonly nowMs: number;
  readonly requestedAtMs: number;
}

export class StorageRules {
  readonly #config: ProxyCacheConfig;
  readonly #statuses: ReadonlySet<number>;
  readonly #mediaTypes: MediaTypes;
  readonly #misleading: ReadonlySet<string>;
  readonly #keyed: ReadonlySet<string>;
  /** Only with `cache_control`: its code is not loaded otherwise. */
  readonly #policy: typeof CachePolicy | undefined;

  constructor(config: ProxyCacheConfig) {
    this.#config = config;
    this.#statuses = new Set(config.response_code);
    this.#mediaTypes = new MediaTypes(config.content_type);
    const keyed = new Set((config.vary_headers ?? []).map((name) => name.toLowerCase()));
    this.#keyed = keyed;
    this.#misleading = new Set(MISLEADING.filter((name) => !keyed.has(name)));
    const load: (name: string) => typeof CachePolicy = createRequire(import.meta.url);
    this.#policy = config.cache_control ? load('http-cache-semantics') : undefined;
  }

  /** A request whose response could be stored, as far as that can be told before there is one. */
  mayFill(context: RequestContext): boolean {
    const { request } = context;
    if (request.method === 'HEAD') return false;
    for (const name of this.#misleading) if (request.header(name) !== undefined) return false;
    // Applications take `_` for `-`.
    if (context.upstreamHeaderNames().some((name) => name.includes('_') && this.#misleading.has(name.replaceAll('_', '-')))) return false;
    // The path as the client wrote it goes upstream too, in X-Forwarded-Path. Hexadecimal digits alone may differ.
    const { target, path } = request;
    const rawPath = target.slice(0, target.indexOf('?') === -1 ? target.length : target.indexOf('?'));
    return rawPath.length === path.length && rawPath.toUpperCase() === path.toUpperCase();
  }

  /** A part, or nothing where its copy is good: the response would be of no use to others. */
  asksForLess(place: RequestPlace): boolean {
    return LESS.some((name) => place.request.header(name) !== undefined && place.header(name).length > 0);
  }

  /** Undefined where it may not be stored. */
  headOf(received: ReceivedHead, place: RequestPlace, moment: Moment): StorableHead | undefined {
    const { status, headers } = received;
    if (!this.#statuses.has(status) || status === 206 || status === 304 || status < 200) return undefined;
    const contentType = headerOf(headers, 'content-type');
    // What became of a call of gRPC stands in its trailers, which no cache has to keep (RFC 9111 §3.1).
    if (contentType === undefined || /^application\/grpc/i.test(contentType) || !this.#mediaTypes.has(contentType)) return undefined;
    if (lengthOf(headers) > MAX_HEAD_LENGTH) return undefined;
    if (headerOf(headers, 'set-cookie') !== undefined && !this.#config.store_set_cookie) return undefined;
    const directives = parseDirectives(valuesOf(headers, 'cache-control'));
    const toldApartBy = this.#toldApartBy(directives, place);
    const variesBy = toldApartBy === undefined ? undefined : varyNames(headers, toldApartBy);
    if (variesBy === undefined) return undefined;
    const lifetime = this.#lifetimeOf(received, directives, place, moment);
    return lifetime === undefined ? undefined : { contentType, headers: headers.filter(([name]) => isStored(name)), variesBy, lifetime };
  }

  /** By which headers of the request, besides those in Vary, others are kept from having the response; undefined where nobody else may have it. */
  #toldApartBy(directives: CacheDirectives, place: RequestPlace): readonly string[] | undefined {
    if (directives.has('no-store') || directives.has('private')) return undefined;
    const { cache_control: followsAll, store_with_cookie: looksAtNoCookie } = this.#config;
    if (followsAll) return FOR_EVERYBODY.some((name) => directives.has(name)) || place.header('authorization').length === 0 ? [] : undefined;
    if (isSharedUnasked(directives)) return [];
    const personal = PERSONAL.filter((name) => !this.#keyed.has(name) && !(name === 'cookie' && looksAtNoCookie) && place.header(name).length > 0);
    // A consumer has entries of its own, but may be an application with many users.
    return personal.length === 0 || place.isIdentified ? personal : undefined;
  }

  /** Undefined where it is of no use: never fresh, and nothing to ask again by. */
  #lifetimeOf(received: ReceivedHead, directives: CacheDirectives, place: RequestPlace, { wallMs, nowMs, requestedAtMs }: Moment): Lifetime | undefined {
    const { headers } = received;
    const initialAgeMs = this.#config.cache_control ? ageIn(headers) * 1_000 + Math.max(0, nowMs - requestedAtMs) : 0;
    const freshMs = this.#policy === undefined ? this.#config.cache_ttl * 1_000 : freshnessByPolicy(this.#policy, received, directives, place, wallMs);
    if (freshMs === undefined) return undefined;
    const hasValidator = headerOf(headers, 'etag') !== undefined || headerOf(headers, 'last-modified') !== undefined;
    if (freshMs <= initialAgeMs && !hasValidator) return undefined;
    const neverStale = directives.has('must-revalidate') || directives.has('proxy-revalidate') || (this.#config.cache_control && directives.has('no-cache'));
    // s-maxage says of itself that nothing stale is sent (RFC 9111 §5.2.2.10): the upstream may take that back, operator and client may not.
    const isOnlyFresh = directives.has('s-maxage') && this.#config.cache_control;
    const stale = (name: string, byConfig: number | null): number => {
      if (neverStale) return 0;
      return 1_000 * (secondsOf(directives, name) ?? (isOnlyFresh ? 0 : (byConfig ?? 0)));
    };
    const staleWhileRevalidateMs = stale('stale-while-revalidate', this.#config.stale_while_revalidate);
    const staleIfErrorMs = stale('stale-if-error', this.#config.stale_if_error);
    const usefulMs = Math.max(0, freshMs - initialAgeMs) + Math.max(staleWhileRevalidateMs, staleIfErrorMs, hasValidator ? KEPT_FOR_REVALIDATION_MS : 0);
    const keptMs = this.#config.storage_ttl === null ? usefulMs : this.#config.storage_ttl * 1_000;
    return keptMs <= 0 ? undefined : { requestedAtMs, receivedAtMs: nowMs, initialAgeMs, freshMs, staleWhileRevalidateMs, staleIfErrorMs, mustRevalidate: neverStale || isOnlyFresh, keptMs };
  }
}

/** Milliseconds; undefined where RFC 9111 §3 forbids to store it. No heuristics (§4.2.2): what does not say how long it is good is not served as if it did. */
function freshnessByPolicy(Policy: typeof CachePolicy, { status, headers }: ReceivedHead, directives: CacheDirectives, place: RequestPlace, wallMs: number): number | undefined {
  const cacheControl = KNOWN.filter((name) => directives.has(name)).map((name) => (name.endsWith('age') ? `${name}=${secondsOf(directives, name) ?? 0}` : name)).join(', ');
  const authorization = place.header('authorization')[0];
  const policy = new Policy(
    { url: '', method: place.request.method === 'GET' ? 'GET' : 'POST', headers: authorization === undefined ? {} : { authorization } },
    {
      status,
      headers: {
        // Without one the library would look at a clock of its own.
        date: dateIn(headers, 'date', wallMs),
        ...(cacheControl === '' ? {} : { 'cache-control': cacheControl }),
        ...(headerOf(headers, 'expires') === undefined ? {} : { expires: dateIn(headers, 'expires', 0) }), ...only(headers, 'pragma'), ...only(headers, 'last-modified'), ...only(headers, 'etag'),
      },
    },
    { shared: true, cacheHeuristic: 0, immutableMinTimeToLive: 0 },
  );
  return policy.storable() ? Math.max(0, Math.min(policy.maxAge(), MAX_AGE_S)) * 1_000 : undefined;
}

/** In the form that nobody reads in another way; `otherwise` where it is no date. */
function dateIn(headers: readonly HeaderLine[], name: string, otherwise: number): string {
  const ms = httpDateMs(headerOf(headers, name));
  return new Date(Number.isNaN(ms) ? otherwise : ms).toUTCString();
}

/** It may be given to everybody without asking again, which is what is done without `cache_control`. */
function isSharedUnasked(directives: CacheDirectives): boolean {
  const seconds = secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age');
  return (directives.has('public') || directives.has('s-maxage')) && !directives.has('no-cache') && seconds !== 0;
}

function only(headers: readonly HeaderLine[], name: string): Readonly<Record<string, string>> {
  const value = headerOf(headers, name);
  return value === undefined ? {} : { [name]: value };
}

function valuesOf(headers: readonly HeaderLine[], name: string): readonly string[] {
  return headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
}

function ageIn(headers: readonly HeaderLine[]): number {
  const age = headerOf(headers, 'age')?.trim() ?? '';
  return /^\d+$/.test(age) ? Math.min(Number(age), MAX_AGE_S) : 0;
}

function lengthOf(headers: readonly HeaderLine[]): number {
  return headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
}

/** Undefined where the response fits no other request (`*`), or depends on too much. A coding that was negotiated depends on what was accepted, an origin that is allowed on who asked, also where the upstream forgot to say so. */
function varyNames(headers: readonly HeaderLine[], toldApartBy: readonly string[]): readonly string[] | undefined {
  const names = new Set(toldApartBy.concat(valuesOf(headers, 'vary').flatMap((line) => line.split(',')).map((name) => name.trim().toLowerCase()).filter((name) => name !== '')));
  for (const name of names) if (OF_ONE_REQUEST.has(name)) return undefined;
  const allowed = headerOf(headers, 'access-control-allow-origin');
  if (allowed !== undefined && allowed !== '*') names.add('origin');
  if (headerOf(headers, 'content-encoding') !== undefined) names.add('accept-encoding');
  return names.size > MAX_VARY_NAMES ? undefined : [...names].toSorted();
}

/** As the upstream sent it: what other plugins put on it is for this one client, and they do it again for the next. */
export function receivedHead(context: ResponseContext): ReceivedHead {
  return { status: context.receivedStatus, headers: context.receivedHeaders() };
}

/** The stored headers as a 304 changes them (RFC 9111 §3.2): its own take the place of those, but for what describes the body. */
export function updatedHeaders(stored: readonly HeaderLine[], notModified: readonly HeaderLine[]): readonly HeaderLine[] {
  const news = notModified.filter(([name]) => !OF_THE_BODY.has(name.toLowerCase()));
  const told = new Set(news.map(([name]) => name.toLowerCase()));
  return [...stored.filter(([name]) => !told.has(name.toLowerCase())), ...news];
}

const LESS = ['range', 'if-none-match', 'if-modified-since'];
const OF_THE_BODY = new Set(['content-length', 'content-encoding', 'content-type', 'content-range', 'transfer-encoding']);
