/**
 * One memory for all data planes of a gateway, in Redis. Keys are keyed hashes, so that nobody who reads them learns what was asked for,
 * and nobody who does not have the gateway's key can foresee them. Where Redis does not answer, a look-up says so, and what was to be
 * written is not: never an error.
 */
import type { PluginServices, RedisConnection, RedisReply } from '../plugin-services.ts';
import { variantPlace } from './cache-key.ts';
import { purgedName, variantNames, type CacheRecord, type CacheStorage, type Found, type Place, type VariesRecord } from './cache-storage.ts';
import { Invalidations } from './invalidations.ts';
import { decodeRecord, encodeRecord, type Clocks } from './response-frame.ts';
import type { StoredResponse } from './stored-response.ts';

const VARIES_KEPT_MS = 86_400_000;
/** Longer than any response is of use after the request that changed its URI was there. */
const INVALIDATED_FOR_MS = 86_400_000;
const KEYS_PER_SCAN = 500;

export class RedisStorage implements CacheStorage {
  readonly #services: PluginServices;
  readonly #redis: RedisConnection;
  readonly #prefix: string;
  /** Those that reached this thread: what was asked for before is not stored any more, nor found. */
  readonly #purges: Invalidations;

  constructor(services: PluginServices, redis: RedisConnection) {
    this.#services = services;
    this.#redis = redis;
    this.#purges = new Invalidations(services);
    this.#prefix = `holdfast:cache:${services.pluginId}:`;
  }

  async find(place: Place): Promise<Found> {
    place.text = place.key.text;
    try {
      const [bytes, invalidated] = await this.#get(this.#responseKey(place.cacheKey), this.#uriKey(place.key.uri));
      const first = this.#decoded(bytes, place.cacheKey);
      const found = first?.kind === 'varies' ? await this.#variant(place, first) : first;
      return found === undefined || this.#isVoid(place, found, invalidated) ? undefined : found;
    } catch {
      // It is down: the connection has logged it.
      return 'unavailable';
    }
  }

  async #variant(place: Place, varies: VariesRecord): Promise<StoredResponse | undefined> {
    place.text = variantPlace(place.key.text, varies.nonce, varies.names, (name) => place.header(name));
    const [bytes] = await this.#get(this.#variantKey(place.text));
    const record = this.#decoded(bytes, place.cacheKey);
    return record?.kind === 'response' ? record : undefined;
  }

  put(place: Place, names: readonly string[], response: StoredResponse): void | Promise<void> {
    if (this.#isPurged(place, response)) return undefined;
    place.keepHeaders();
    return this.#write(place, names, response).catch(() => undefined);
  }

  async #write(place: Place, names: readonly string[], response: StoredResponse): Promise<void> {
    const key = this.#responseKey(place.cacheKey);
    const [bytes] = await this.#get(key);
    const first = this.#decoded(bytes, place.cacheKey);
    const known = first?.kind === 'varies' ? first : undefined;
    const all = variantNames(known, names);
    if (all === undefined || this.#isPurged(place, response)) return;
    if (all.length === 0) return this.#set(key, response, response.lifetime.keptMs);
    const varies: VariesRecord = known?.names === all ? known : { kind: 'varies', cacheKey: place.cacheKey, nonce: place.requestId, names: all };
    await Promise.all([
      this.#set(key, varies, VARIES_KEPT_MS),
      this.#set(this.#variantKey(variantPlace(place.key.text, varies.nonce, all, (name) => place.header(name))), response, response.lifetime.keptMs),
    ]);
  }

  remove(place: Place): void {
    const key = place.text === place.key.text ? this.#responseKey(place.cacheKey) : this.#variantKey(place.text);
    this.#redis.command('UNLINK', key).catch(() => undefined);
  }

  invalidate(uri: string): void {
    this.#redis.command('SET', this.#uriKey(uri), String(this.#services.clock.nowMs()), 'PX', INVALIDATED_FOR_MS).catch(() => undefined);
  }

  purge(cacheKey: string | undefined): void {
    if (cacheKey === undefined) this.#purges.addAll();
    else this.#purges.add(purgedName(cacheKey));
    if (cacheKey !== undefined) return void this.#redis.command('UNLINK', this.#responseKey(cacheKey)).catch(() => this.#notPurged());
    this.#unlinkAll().catch(() => this.#notPurged());
  }

  /** Every data plane's threads do this at once; what one has unlinked the others don't find. */
  async #unlinkAll(): Promise<void> {
    let cursor = '0';
    do {
      const reply = await this.#redis.command('SCAN', cursor, 'MATCH', `${this.#prefix}*`, 'COUNT', KEYS_PER_SCAN);
      const [next, keys] = isList(reply) ? reply : [];
      const names = (isList(keys) ? keys : []).map(textOf);
      if (names.length > 0) await this.#redis.command('UNLINK', ...names);
      cursor = textOf(next ?? '0');
    } while (cursor !== '0');
  }

  #notPurged(): void {
    this.#services.log.warn('proxy-cache-redis-not-purged');
  }

  async #get(...keys: readonly string[]): Promise<readonly RedisReply[]> {
    const reply = await this.#redis.command('MGET', ...keys);
    return isList(reply) ? reply : [];
  }

  async #set(key: string, record: CacheRecord, keptMs: number): Promise<void> {
    await this.#redis.command('SET', key, encodeRecord(record, this.#clocks()), 'PX', Math.max(1, Math.round(keptMs)));
  }

  #decoded(reply: RedisReply | undefined, cacheKey: string): CacheRecord | undefined {
    return reply instanceof Uint8Array ? decodeRecord(reply, cacheKey, this.#clocks()) : undefined;
  }

  #isVoid(place: Place, stored: StoredResponse, invalidated: RedisReply | undefined): boolean {
    if (this.#isPurged(place, stored)) return true;
    return invalidated !== undefined && invalidated !== null && this.#wallMsOf(stored.lifetime.requestedAtMs) <= Number(textOf(invalidated));
  }

  #isPurged({ cacheKey }: Place, { lifetime }: StoredResponse): boolean {
    return this.#purges.concern(purgedName(cacheKey), lifetime.requestedAtMs);
  }

  #clocks(): Clocks {
    return { wallMs: this.#services.clock.nowMs(), monotonicMs: this.#services.clock.monotonicMs() };
  }

  #wallMsOf(monotonicMs: number): number {
    const clocks = this.#clocks();
    return monotonicMs - clocks.monotonicMs + clocks.wallMs;
  }

  #responseKey(cacheKey: string): string {
    return `${this.#prefix}${cacheKey}`;
  }

  #variantKey(text: string): string {
    return `${this.#prefix}v:${this.#services.secrets.keyedHash(text)}`;
  }

  #uriKey(uri: string): string {
    return `${this.#prefix}u:${this.#services.secrets.keyedHash(uri)}`;
  }
}

function isList(reply: RedisReply | undefined): reply is readonly RedisReply[] {
  return Array.isArray(reply);
}

function textOf(reply: RedisReply): string {
  return reply instanceof Uint8Array ? Buffer.from(reply).toString('latin1') : String(reply);
}
