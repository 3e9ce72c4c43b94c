/**
 * `services.store`: caches of plugins in a proxy thread, one for each plugin entity and name. They outlive instances, so that a change
 * of config finds them as they were (R3), and go some time after the last instance of the entity did. Bounded by entries and bytes (R5).
 */
import { createRequire } from 'node:module';
import type * as LruLibrary from 'lru-cache';
import type { LRUCache } from 'lru-cache';
import type { PluginStore } from '../../shared/plugins/plugin-services.ts';

export interface StoreBounds {
  readonly maxEntries: number;
  readonly maxBytes?: number;
}

interface Clock {
  monotonicMs(): number;
}

/** Between the end of a plugin's last instance and that of its stores. */
const KEPT_MS = 60_000;

/** Not at the start of a thread, which most never need it for. */
const load = createRequire(import.meta.url);

export class PluginStores {
  readonly #clock: Clock;
  readonly #byPlugin = new Map<string, StoresOfPlugin>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The store under that name, as it is; with these bounds from now on. */
  open<Value>(pluginId: string, name: string, bounds: StoreBounds): PluginStore<Value> {
    const { byName } = this.#of(pluginId);
    // The door: who opens a store under a name says what is in it, and only one plugin's code opens that name.
    const known = byName.get(name) as LruStore<Value> | undefined;
    if (known === undefined) {
      const made = new LruStore<Value>(bounds, this.#clock);
      byName.set(name, made);
      return made;
    }
    known.resize(bounds);
    return known;
  }

  /** One more instance of the plugin entity. */
  hold(pluginId: string): void {
    const stores = this.#of(pluginId);
    stores.holders += 1;
    stores.freeAtMs = Infinity;
  }

  /** One less. */
  release(pluginId: string): void {
    const stores = this.#of(pluginId);
    stores.holders -= 1;
    if (stores.holders > 0) return;
    if (stores.byName.size === 0) this.#byPlugin.delete(pluginId);
    else stores.freeAtMs = this.#clock.monotonicMs() + KEPT_MS;
  }

  /** To be called now and then: lets go what nobody came back for. */
  sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [pluginId, { freeAtMs }] of this.#byPlugin) if (freeAtMs <= nowMs) this.#byPlugin.delete(pluginId);
  }

  /** What is kept of a plugin entity without an instance, or of all such: nobody else can empty it. */
  forget(pluginId: string | undefined): void {
    for (const id of pluginId === undefined ? this.#byPlugin.keys() : [pluginId]) if (this.#byPlugin.get(id)?.holders === 0) this.#byPlugin.delete(id);
  }

  /** Of how many plugin entities there are any. */
  get size(): number {
    return this.#byPlugin.size;
  }

  #of(pluginId: string): StoresOfPlugin {
    const known = this.#byPlugin.get(pluginId);
    if (known !== undefined) return known;
    const made: StoresOfPlugin = { byName: new Map(), holders: 0, freeAtMs: Infinity };
    this.#byPlugin.set(pluginId, made);
    return made;
  }
}

interface StoresOfPlugin {
  readonly byName: Map<string, object>;
  holders: number;
  freeAtMs: number;
}

/** lru-cache keeps anything but null and undefined. */
interface Box<Value> {
  readonly value: Value;
}

class LruStore<Value> implements PluginStore<Value> {
  readonly #clock: Clock;
  #bounds: StoreBounds;
  #cache: LRUCache<string, Box<Value>>;

  constructor(bounds: StoreBounds, clock: Clock) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#cache = this.#make();
  }

  get(key: string): Value | undefined {
    return this.#cache.get(key)?.value;
  }

  /** What alone is larger than the store is not kept. */
  set(key: string, value: Value, options: { readonly ttlMs?: number; readonly bytes?: number } = {}): void {
    const { maxEntries, maxBytes } = this.#bounds;
    const size = maxBytes === undefined ? 1 : Math.max(1, Math.ceil(options.bytes ?? 1));
    if (options.ttlMs !== undefined && options.ttlMs <= 0) return void this.#cache.delete(key);
    if (maxBytes !== undefined && !this.#cache.has(key)) while (this.#cache.size >= maxEntries) this.#cache.pop();
    this.#cache.set(key, { value }, options.ttlMs === undefined ? { size } : { size, ttl: Math.ceil(options.ttlMs) });
  }

  delete(key: string): void {
    this.#cache.delete(key);
  }

  clear(): void {
    this.#cache.clear();
  }

  get size(): number {
    return this.#cache.size;
  }

  *values(): Generator<Value> {
    for (const { value } of this.#cache.values()) yield value;
  }

  resize(bounds: StoreBounds): void {
    if (bounds.maxEntries === this.#bounds.maxEntries && bounds.maxBytes === this.#bounds.maxBytes) return;
    const before = this.#cache;
    this.#bounds = bounds;
    this.#cache = this.#make();
    // From the least recently used on, so that those go first where there is less room now.
    for (const key of before.rkeys()) {
      const held = before.peek(key);
      const left = before.getRemainingTTL(key);
      const bytes = before.info(key)?.size;
      if (held !== undefined) this.set(key, held.value, { ...(left === Infinity ? {} : { ttlMs: left }), ...(bytes === undefined ? {} : { bytes }) });
    }
  }

  /** Not by `max`: the lists of such a cache are as long from the start, for every plugin entity. */
  #make(): LRUCache<string, Box<Value>> {
    const { LRUCache } = load('lru-cache') as typeof LruLibrary;
    const { maxEntries, maxBytes } = this.#bounds;
    // To the library a start at 0 is none.
    return new LRUCache<string, Box<Value>>({ maxSize: maxBytes ?? maxEntries, perf: { now: () => this.#clock.monotonicMs() + 1 }, ttlResolution: 0 });
  }
}
