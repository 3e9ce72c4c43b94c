/**
 * The content hash: one root over all entities of a gateway, cheap to keep up to date (changing one entity touches one
 * bucket). The control plane signs the root in the manifest, the data plane compares it with what it received (S3).
 * A format: golden vectors in test/cases/trust/content-hash.json.
 */
import { hash } from 'node:crypto';
import { idToBytes, type EntityId } from '../model/ids.ts';

/*
 * Every level has its own first byte, so that a hash of one level never passes for one of another:
 *   leaf   = SHA-256(0x00 ‖ kind ‖ 0x00 ‖ id (16 bytes) ‖ SHA-256(entity bytes))
 *   bucket = SHA-256(0x01 ‖ its leaves, sorted by (kind, id))     4,096 of them, by the first 12 bits of SHA-256(id)
 *   branch = SHA-256(0x02 ‖ 64 buckets in order)
 *   root   = SHA-256(0x03 ‖ 64 branches in order)
 */
const LEAF_TAG = Buffer.of(0);
const BUCKET_TAG = Buffer.of(1);
const BRANCH_TAG = Buffer.of(2);
const ROOT_TAG = Buffer.of(3);
const BUCKETS = 4096;
const FAN_OUT = 64;

interface HashedLeaf {
  readonly kind: string;
  readonly id: EntityId;
  readonly hash: Buffer;
}
type Bucket = readonly HashedLeaf[];

const NO_LEAVES: Bucket = [];

/**
 * The hash tree over (kind, id) → entity bytes. It keeps hashes, not the bytes. A clone shares everything that is
 * unchanged, so trying a delta on a clone and throwing it away costs microseconds.
 */
export class ContentTree {
  readonly #buckets: Bucket[];
  readonly #bucketHashes: Buffer[];
  readonly #branchHashes: Buffer[];
  readonly #dirty: Set<number>;
  #root: Buffer;
  #size: number;

  constructor(from?: ContentTree) {
    if (from === undefined) {
      const emptyBucket = sha256([BUCKET_TAG]);
      const emptyBranch = sha256([BRANCH_TAG, ...Array<Buffer>(FAN_OUT).fill(emptyBucket)]);
      this.#buckets = Array<Bucket>(BUCKETS).fill(NO_LEAVES);
      this.#bucketHashes = Array<Buffer>(BUCKETS).fill(emptyBucket);
      this.#branchHashes = Array<Buffer>(FAN_OUT).fill(emptyBranch);
      this.#dirty = new Set();
      this.#root = sha256([ROOT_TAG, ...this.#branchHashes]);
      this.#size = 0;
    } else {
      this.#buckets = [...from.#buckets];
      this.#bucketHashes = [...from.#bucketHashes];
      this.#branchHashes = [...from.#branchHashes];
      this.#dirty = new Set(from.#dirty);
      this.#root = from.#root;
      this.#size = from.#size;
    }
  }

  /** Number of entities. */
  get size(): number {
    return this.#size;
  }

  /** An independent tree with the same content. */
  clone(): ContentTree {
    return new ContentTree(this);
  }

  /** Adds an entity or replaces its bytes. */
  set(kind: string, id: EntityId, entity: Uint8Array): void {
    const idBytes = idToBytes(id);
    const leaf: HashedLeaf = { kind, id, hash: leafHash(kind, idBytes, entity) };
    const index = bucketOf(idBytes);
    const bucket = this.#buckets[index] ?? NO_LEAVES;
    const others = bucket.filter((other) => other.kind !== kind || other.id !== id);
    if (others.length === bucket.length) this.#size += 1;
    this.#replace(index, [...others, leaf].sort(byKindAndId));
  }

  /** Removes an entity; false where there was none. */
  delete(kind: string, id: EntityId): boolean {
    const index = bucketOf(idToBytes(id));
    const bucket = this.#buckets[index] ?? NO_LEAVES;
    const others = bucket.filter((other) => other.kind !== kind || other.id !== id);
    if (others.length === bucket.length) return false;
    this.#size -= 1;
    this.#replace(index, others);
    return true;
  }

  has(kind: string, id: EntityId): boolean {
    return (this.#buckets[bucketOf(idToBytes(id))] ?? NO_LEAVES).some((leaf) => leaf.kind === kind && leaf.id === id);
  }

  /** The root, 32 bytes. Hashes only the buckets changed since the last call and what stands above them. */
  root(): Uint8Array {
    if (this.#dirty.size === 0) return this.#root;
    const branches = new Set<number>();
    for (const index of this.#dirty) {
      this.#bucketHashes[index] = sha256([BUCKET_TAG, ...(this.#buckets[index] ?? NO_LEAVES).map((leaf) => leaf.hash)]);
      branches.add(Math.floor(index / FAN_OUT));
    }
    for (const branch of branches) {
      this.#branchHashes[branch] = sha256([BRANCH_TAG, ...this.#bucketHashes.slice(branch * FAN_OUT, (branch + 1) * FAN_OUT)]);
    }
    this.#dirty.clear();
    this.#root = sha256([ROOT_TAG, ...this.#branchHashes]);
    return this.#root;
  }

  /** The root in lower-case hex, as statements and logs show it. */
  rootHex(): string {
    return Buffer.from(this.root()).toString('hex');
  }

  #replace(index: number, bucket: Bucket): void {
    this.#buckets[index] = bucket;
    this.#dirty.add(index);
  }
}

/** The hash of one entity's place and bytes. */
export function leafHash(kind: string, idBytes: Uint8Array, entity: Uint8Array): Buffer {
  return sha256([LEAF_TAG, Buffer.from(kind, 'utf8'), LEAF_TAG, idBytes, sha256([entity])]);
}

function bucketOf(idBytes: Uint8Array): number {
  return sha256([idBytes]).readUInt16BE(0) >> 4;
}

function sha256(parts: readonly Uint8Array[]): Buffer {
  const [only] = parts;
  return hash('sha256', parts.length === 1 && only !== undefined ? only : Buffer.concat(parts), 'buffer');
}

/** By bytes: kinds are ASCII, and hex text of ids sorts as their bytes do. */
function byKindAndId(a: HashedLeaf, b: HashedLeaf): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
