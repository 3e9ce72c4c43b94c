/**
 * An immutable map by text whose next version costs what changed, not what it holds: 256 shards, of which a draft copies
 * the ones it touches. Configurations share the rest, so a pinned one stays valid while its successor is built (R3).
 */
const SHARDS = 256;

type Shard<V> = ReadonlyMap<string, V>;

export class PersistentMap<V> {
  readonly size: number;
  readonly #shards: readonly (Shard<V> | undefined)[];

  /** Without arguments the empty map; the arguments are for drafts. */
  constructor(shards: readonly (Shard<V> | undefined)[] = [], size = 0) {
    this.#shards = shards;
    this.size = size;
  }

  get(key: string): V | undefined {
    return this.#shards[shardOf(key)]?.get(key);
  }

  has(key: string): boolean {
    return this.#shards[shardOf(key)]?.has(key) ?? false;
  }

  *entries(): Generator<readonly [string, V]> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard;
  }

  *values(): Generator<V> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard.values();
  }

  draft(): MapDraft<V> {
    return new MapDraft<V>(this, this.#shards);
  }
}

/** Changes on top of a persistent map. Not to be used after `finish`. */
export class MapDraft<V> {
  readonly #original: PersistentMap<V>;
  readonly #shards: (Shard<V> | undefined)[];
  /** The shards that this draft has already copied. */
  readonly #own: (Map<string, V> | undefined)[] = [];
  #size: number;

  constructor(original: PersistentMap<V>, shards: readonly (Shard<V> | undefined)[]) {
    this.#original = original;
    this.#shards = [...shards];
    this.#size = original.size;
  }

  get(key: string): V | undefined {
    return this.#shards[shardOf(key)]?.get(key);
  }

  set(key: string, value: V): void {
    const shard = this.#ownShard(shardOf(key));
    const before = shard.size;
    shard.set(key, value);
    this.#size += shard.size - before;
  }

  delete(key: string): void {
    const index = shardOf(key);
    if (this.#shards[index]?.has(key) !== true) return;
    this.#ownShard(index).delete(key);
    this.#size -= 1;
  }

  get size(): number {
    return this.#size;
  }

  get changed(): boolean {
    return this.#own.length > 0;
  }

  /** The map with the changes; the original itself where there were none. */
  finish(): PersistentMap<V> {
    return this.changed ? new PersistentMap(this.#shards, this.#size) : this.#original;
  }

  #ownShard(index: number): Map<string, V> {
    const own = this.#own[index];
    if (own !== undefined) return own;
    const copy = new Map(this.#shards[index]);
    this.#own[index] = copy;
    this.#shards[index] = copy;
    return copy;
  }
}

/** FNV-1a, folded to eight bits. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & (SHARDS - 1);
}
