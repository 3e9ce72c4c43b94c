/**
 * proxy-cache on a data plane: answers a request from a stored response, or lets it go upstream and stores what comes back. Where
 * what is said here comes from: RFC 9111 (caching), RFC 9110 (conditions and ranges), RFC 5861 (stale responses), and Kong 3.9 for
 * names, statuses and the rules without `cache_control`.
 */
import type { Answer, PluginFactory, RequestContext, ResponseContext, Verdict } from '../contract.ts';
import type { PluginServices, PluginStore } from '../plugin-services.ts';
import { redisOptionsOf } from '../../plugin-parts/redis-config.ts';
import { BodySoFar } from './body-so-far.ts';
import { CacheKeys, identityOf, nameFor, withBody } from './cache-key.ts';
import type { CacheStorage, Found } from './cache-storage.ts';
import { Flights } from './flights.ts';
import { MemoryStorage } from './memory-storage.ts';
import { RedisStorage } from './redis-storage.ts';
import { RequestWishes } from './request-wishes.ts';
import { RequestPlace, RequestState } from './request-state.ts';
import { receivedHead, StorageRules, updatedHeaders, type Moment } from './storable.ts';
import { isStored } from './stored-headers.ts';
import { freshnessLeftMs, headerOf, StoredAnswers, type CacheStatus, type StoredResponse } from './stored-response.ts';
import type { ProxyCacheConfig } from './schema.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
/** What stale-if-error covers (RFC 5861 §4). */
const FAILURES = new Set([500, 502, 503, 504]);
const MAX_BODY_BYTES = 1_048_576;
/** For how long nobody waits for a response that could not be stored the last time. */
const UNSTORABLE_FOR_MS = 10_000;
/** After that a request that never told how it ended stands in nobody's way any more. */
const LONGEST_FETCH_MS = 120_000;
const LONGEST_REFRESH_MS = 15_000;
const MAX_UNSTORABLE = 4_096;
const UNAVAILABLE: Verdict = { kind: 'respond', status: 503, message: 'The cache of responses is not available, and without it nothing is asked of the service', headers: [['Retry-After', '5']] };
/** What a client asks about its own copy. */
const OF_THE_CLIENT = ['range', 'if-range', 'if-none-match', 'if-modified-since'];
const NO_BODY = new Uint8Array(0);

export const proxyCacheFactory: PluginFactory<ProxyCacheConfig> = {
  name: 'proxy-cache',
  create(config, services) {
    const cache = new ProxyCache(config, services);
    const takesBodies = config.request_method.some((method) => method !== 'GET' && method !== 'HEAD');
    const mayWait = config.collapse || config.strategy === 'redis';
    return {
      ...(mayWait ? { isAsync: true as const } : {}),
      ...(takesBodies ? { requestBody: { maxBytes: MAX_BODY_BYTES } } : {}),
      newState: () => new RequestState(),
      requestHead: (context, state: RequestState) => cache.requestHead(context, state),
      responseHead: (context, state: RequestState) => cache.responseHead(context, state),
      responseBytes: (_, bytes, state: RequestState) => cache.responseBytes(bytes, state),
      log: (_, state: RequestState) => cache.log(state),
      close: () => cache.close(),
    };
  },
};

class ProxyCache {
  readonly #config: ProxyCacheConfig;
  readonly #services: PluginServices;
  readonly #methods: ReadonlySet<string>;
  readonly #keys: CacheKeys;
  readonly #rules: StorageRules;
  readonly #storage: CacheStorage;
  readonly #answers: StoredAnswers;
  readonly #wishes: RequestWishes;
  readonly #flights: Flights;
  readonly #unstorable: PluginStore<true>;
  readonly #purges: { cancel(): void };
  /** Of bodies on their way into the cache. */
  #heldBytes = 0;

  constructor(config: ProxyCacheConfig, services: PluginServices) {
    this.#config = config;
    this.#services = services;
    this.#methods = new Set(config.request_method);
    this.#keys = new CacheKeys(config);
    this.#rules = new StorageRules(config);
    this.#storage = config.strategy === 'redis' ? new RedisStorage(services, services.redis(redisOptionsOf(config.redis))) : new MemoryStorage(services, config.memory.max_bytes);
    const { age, 'X-Cache-Key': key, 'X-Cache-Status': status } = config.response_headers;
    this.#answers = new StoredAnswers({ age, key, status });
    this.#wishes = new RequestWishes(config.cache_control);
    this.#flights = new Flights(services);
    this.#unstorable = services.store('unstorable', { maxEntries: MAX_UNSTORABLE });
    this.#purges = services.onPurge((key) => this.#storage.purge(key));
  }

  close(): void {
    this.#purges.cancel();
    this.#flights.endAll();
  }

  requestHead(context: RequestContext, state: RequestState): Answer {
    const { request } = context;
    if (!this.#methods.has(request.method) || context.upstreamMethod !== request.method || !this.#mayLookUp(context)) return this.#bypass(context, state);
    const key = this.#keys.keyOf(context);
    if (key === undefined) return this.#bypass(context, state);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead && context.body === undefined) return this.#bypass(context, state);
    const full = isRead ? key : withBody(key, context.body ?? NO_BODY);
    const place = new RequestPlace(full, context, this.#services);
    state.identity = identityOf(context);
    state.place = place;
    return this.#lookUp(place, context, state);
  }

  /** What nobody can be answered from a store: an upgrade, a condition on changing something, a GET with a body (RFC 9110 §9.3.1), which no key takes in. */
  #mayLookUp({ request }: RequestContext): boolean {
    if (request.header('upgrade') !== undefined || request.header('if-match') !== undefined || request.header('if-unmodified-since') !== undefined) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') return true;
    return (request.header('content-length') ?? '0') === '0' && request.header('transfer-encoding') === undefined;
  }

  /** Past the cache; a request that changes something makes void what is stored of its URI. */
  #bypass(context: RequestContext, state: RequestState): undefined {
    this.#showStatus(context, 'Bypass');
    if (SAFE_METHODS.has(context.request.method)) return undefined;
    state.changedUri = this.#keys.keyOf(context)?.uri;
    return undefined;
  }

  #lookUp(place: RequestPlace, context: RequestContext, state: RequestState): Answer {
    const found = this.#storage.find(place);
    return found instanceof Promise ? found.then((known) => this.#decide(place, known, context, state)) : this.#decide(place, found, context, state);
  }

  #decide(place: RequestPlace, found: Found, context: RequestContext, state: RequestState): Answer {
    if (state.isOver) return undefined;
    const stored = found === 'unavailable' ? undefined : found;
    const { request } = context;
    const nowMs = this.#services.clock.monotonicMs();
    const wish = this.#wishes.of(request, stored?.lifetime, nowMs);
    if (wish === 'no-store') return this.#bypass(context, state);
    if (stored !== undefined && wish === 'as-stored') return this.#answers.answer(stored, place, 'Hit', nowMs);
    if (stored !== undefined && wish === 'stored-while-fetched') return this.#whileFetched(place, stored, context, state, nowMs);
    if (this.#wishes.isOnlyIfCached(request)) return { kind: 'respond', status: 504, message: 'There is no stored response that fits, and only-if-cached asks for nothing else', headers: this.#config.response_headers['X-Cache-Status'] ? [['X-Cache-Status', 'Miss']] : [] };
    return found === 'unavailable' ? this.#withoutCache(context) : this.#fetch(place, stored, context, state, nowMs);
  }

  /** Nobody waits for another one's response, which could not be stored, and that of this request is not. */
  #withoutCache(context: RequestContext): Answer {
    if (!this.#config.bypass_on_err) return UNAVAILABLE;
    this.#showStatus(context, 'Bypass');
    return undefined;
  }

  /** The client has what is stored; one request goes upstream for it, for all who come meanwhile. */
  #whileFetched(place: RequestPlace, stored: StoredResponse, context: RequestContext, state: RequestState, nowMs: number): Verdict {
    const verdict = this.#answers.answer(stored, place, 'Hit', nowMs);
    if (context.request.method !== 'GET' || this.#flights.to(place.text) !== undefined) return verdict;
    this.#depart(place, state, LONGEST_REFRESH_MS);
    this.#revalidate(stored, place, context, state);
    state.step = 'refreshing';
    place.keepHeaders();
    return { ...verdict, refresh: true };
  }

  /** Upstream: at once, or after having waited for who is there already. */
  #fetch(place: RequestPlace, stored: StoredResponse | undefined, context: RequestContext, state: RequestState, nowMs: number): Answer {
    // The conditions of a client's own are taken off where the cache has something to ask about.
    const mayFill = this.#rules.mayFill(context) && (stored !== undefined || !this.#rules.asksForLess(place));
    if (this.#config.collapse && mayFill && this.#unstorable.get(nameFor(place.text)) === undefined) {
      const flight = this.#flights.to(place.text);
      if (flight === undefined) this.#depart(place, state, LONGEST_FETCH_MS);
      else {
        state.waitsUntilMs ??= nowMs + this.#config.collapse_timeout;
        const landed = nowMs < state.waitsUntilMs ? this.#flights.wait(flight, state.waitsUntilMs) : undefined;
        if (landed !== undefined) return landed.then(() => this.#lookUp(place, context, state));
      }
    }
    this.#showStatus(context, stored === undefined ? 'Miss' : 'Refresh');
    if (this.#config.response_headers['X-Cache-Key']) context.setResponseHeader('X-Cache-Key', place.cacheKey);
    place.askedAtMs = nowMs;
    if (mayFill) state.step = 'fetching';
    if (stored !== undefined && mayFill) this.#revalidate(stored, place, context, state);
    return undefined;
  }

  #depart(place: RequestPlace, state: RequestState, longestMs: number): void {
    state.flight = this.#flights.begin(place.text, longestMs);
  }

  /** Asks the upstream whether the stored response is still good (RFC 9111 §4.3.1). The client's own conditions are answered here, from what is stored then. */
  #revalidate(stored: StoredResponse, place: RequestPlace, context: RequestContext, state: RequestState): void {
    state.stale = stored;
    const tag = headerOf(stored.headers, 'etag');
    const modified = headerOf(stored.headers, 'last-modified');
    for (const name of OF_THE_CLIENT) {
      if (context.request.header(name) === undefined) continue;
      place.header(name);
      context.removeUpstreamHeader(name);
    }
    if (tag !== undefined) context.setUpstreamHeader('If-None-Match', tag);
    if (modified !== undefined) context.setUpstreamHeader('If-Modified-Since', modified);
    state.isConditional = tag !== undefined || modified !== undefined;
  }

  responseHead(context: ResponseContext, state: RequestState): void {
    if (state.changedUri !== undefined && !context.generated && context.receivedStatus < 400) this.#storage.invalidate(state.changedUri);
    const { place } = state;
    if (place === undefined || state.step === 'passing' || state.step === 'answered') return;
    // The answer that the client has.
    if (state.step === 'refreshing' && !state.isOver) return;
    const hasFailed = context.generated ? context.errorCode?.startsWith('UPSTREAM_') === true : FAILURES.has(context.receivedStatus);
    if ((context.generated || hasFailed) && this.#isHidden(hasFailed, place, context, state)) return;
    if (state.isConditional && context.receivedStatus === 304) return this.#renewed(place, context, state);
    this.#mayStore(place, context, state);
  }

  /**
   * The upstream is of no help: what is stored is better than an error, for as long as that is allowed (RFC 5861 §4). False where the
   * upstream's own error is to go on its way, and may be stored if the operator wants that. An answer of another plugin is no failure.
   */
  #isHidden(hasFailed: boolean, place: RequestPlace, context: ResponseContext, state: RequestState): boolean {
    const { stale } = state;
    const nowMs = this.#services.clock.monotonicMs();
    if (stale !== undefined && hasFailed && state.step === 'fetching' && -freshnessLeftMs(stale.lifetime, nowMs) < stale.lifetime.staleIfErrorMs) {
      this.#land(state);
      this.#services.log.warn('proxy-cache-stale-if-error', { status: context.status });
      this.#answerInstead(this.#answers.answer(stale, place, 'Hit', nowMs), context, state);
      return true;
    }
    // An error never takes the place of what may still be sent.
    if (!context.generated && state.step === 'fetching') return false;
    this.#land(state);
    this.#giveUp(context, state);
    return true;
  }

  #answerInstead(verdict: Verdict, context: ResponseContext, state: RequestState): void {
    state.step = 'answered';
    context.respondInstead(verdict);
  }

  /** 304: the stored one is good again (RFC 9111 §4.3.4). */
  #renewed(place: RequestPlace, context: ResponseContext, state: RequestState): void {
    const { stale } = state;
    if (stale === undefined) return;
    const moment = this.#moment(place);
    const headers = updatedHeaders(stale.headers, context.receivedHeaders());
    const typed = stale.contentType === undefined ? headers : [...headers, ['Content-Type', stale.contentType] as const];
    const head = this.#isSameClient(place, context, state) ? this.#rules.headOf({ status: stale.status, headers: typed }, place, moment) : undefined;
    const renewed: StoredResponse = head === undefined ? { ...stale, headers: headers.filter(([name]) => isStored(name)), answer: undefined, lifetime: { ...stale.lifetime, receivedAtMs: moment.nowMs, initialAgeMs: 0 } } : { ...stale, headers: head.headers, lifetime: head.lifetime, answer: undefined };
    if (head === undefined) this.#storage.remove(place);
    else this.#landWhen(this.#storage.put(place, head.variesBy, renewed), state);
    if (head === undefined) this.#land(state);
    this.#answerInstead(this.#answers.answer(renewed, place, 'Refresh', moment.nowMs), context, state);
  }

  #mayStore(place: RequestPlace, context: ResponseContext, state: RequestState): void {
    const length = Number(context.responseHeader('content-length') ?? 0);
    const head = length <= this.#config.max_body_bytes && this.#isSameClient(place, context, state) ? this.#rules.headOf(receivedHead(context), place, this.#moment(place)) : undefined;
    if (head === undefined) {
      // Who waits need not wait any longer, and who comes need not begin to.
      if (context.receivedStatus < 500) this.#waitNoMore(state);
      this.#land(state);
      return this.#giveUp(context, state);
    }
    state.storing = { head, status: context.receivedStatus, body: new BodySoFar() };
    context.observeBody('received');
  }

  /** A plugin that runs after this one may have found out who the client is: then the key does not say it. */
  #isSameClient({ request }: RequestPlace, { consumer, credential, authenticatedGroups }: ResponseContext, state: RequestState): boolean {
    return identityOf({ consumer, credential, authenticatedGroups, request }) === state.identity;
  }

  /** Nothing of this one is stored. */
  #giveUp(context: ResponseContext, state: RequestState): void {
    if (state.step === 'fetching' && this.#config.response_headers['X-Cache-Status']) context.setResponseHeader('X-Cache-Status', 'Bypass');
    state.step = 'answered';
  }

  responseBytes(bytes: Uint8Array | undefined, state: RequestState): void {
    const { storing, place } = state;
    if (storing === undefined || place === undefined) return;
    if (bytes !== undefined) {
      const isTooLong = storing.body.length + bytes.length > this.#config.max_body_bytes;
      if (!isTooLong && this.#hold(bytes.length, state)) return storing.body.add(bytes);
      if (isTooLong) this.#waitNoMore(state);
      state.storing = undefined;
      this.#letGo(state);
      return this.#land(state);
    }
    const { head, status, body } = storing;
    state.storing = undefined;
    const written = this.#storage.put(place, head.variesBy, {
      kind: 'response', cacheKey: place.cacheKey, status, contentType: head.contentType, headers: head.headers, lifetime: head.lifetime, answer: undefined,
      body: body.whole(),
    });
    this.#landWhen(written, state);
  }

  /** Also where the client went away, or the response broke off: the next one of those who wait goes. */
  log(state: RequestState): void {
    const isAnswered = state.step === 'refreshing' && !state.isOver;
    state.isOver = true;
    if (isAnswered) return;
    this.#land(state);
    if (!state.isWriting) this.#letGo(state);
  }

  /** Room for so many bytes more; false where bodies on their way have no less than the cache itself may have. */
  #hold(bytes: number, state: RequestState): boolean {
    if (this.#heldBytes + bytes > this.#config.memory.max_bytes) return false;
    this.#heldBytes += bytes;
    state.heldBytes += bytes;
    return true;
  }

  #letGo(state: RequestState): void {
    this.#heldBytes -= state.heldBytes;
    state.heldBytes = 0;
  }

  /** For a while nobody waits for what can't be stored. */
  #waitNoMore({ flight }: RequestState): void {
    if (flight !== undefined) this.#unstorable.set(nameFor(flight.place), true, { ttlMs: UNSTORABLE_FOR_MS });
  }

  #land(state: RequestState): void {
    const { flight } = state;
    state.flight = undefined;
    if (flight !== undefined) this.#flights.end(flight);
  }

  /** Who waits is to find what was written. */
  #landWhen(written: void | Promise<void>, state: RequestState): void {
    if (!(written instanceof Promise)) {
      this.#letGo(state);
      return this.#land(state);
    }
    const { flight } = state;
    state.flight = undefined;
    state.isWriting = true;
    void written.then(() => {
      this.#letGo(state);
      if (flight !== undefined) this.#flights.end(flight);
    });
  }

  #moment({ askedAtMs }: RequestPlace): Moment {
    const { clock } = this.#services;
    return { wallMs: clock.nowMs(), nowMs: clock.monotonicMs(), requestedAtMs: askedAtMs };
  }

  #showStatus(context: RequestContext, status: CacheStatus): void {
    if (this.#config.response_headers['X-Cache-Status']) context.setResponseHeader('X-Cache-Status', status);
  }
}
