/**
 * The content hash: one root over all entities of a gateway, cheap to keep up to date (changing one entity touches one
 * bucket). The control plane signs the root in the manifest, the data plane compares it with what it received (S3).
 * A format: golden vectors in test/cases/trust/content-hash.json.
 */
import { hash } from 'node:crypto';
import { assert } from '../assert.ts';
import { idToBytes, type EntityId } from '../model/ids.ts';

/*
 * Every level has its own first byte, so that a hash of one level never passes for one of another:
 *   leaf   = SHA-256(0x00 ‖ kind ‖ 0x00 ‖ id (16 bytes) ‖ SHA-256(entity bytes))
 *   bucket = SHA-256(0x01 ‖ its leaves, sorted by (kind, id))     4,096 of them, by the first 12 bits of SHA-256(id)
 *   branch = SHA-256(0x02 ‖ 64 buckets in order)
 *   root   = SHA-256(0x03 ‖ 64 branches in order)
 */
const LEAF_TAG = 0;
const BUCKET_TAG = 1;
const BRANCH_TAG = 2;
const ROOT_TAG = 3;
const BUCKETS = 4096;
const FAN_OUT = 64;
const HASH_BYTES = 32;
const ID_BYTES = 16;
const MOST_KINDS = 256;
/** As proto/sync.proto allows; one byte each. */
const MOST_KIND_BYTES = 64;

/*
 * A bucket is one flat array of rows, sorted: number of the kind (1 byte), id (16), hash of the leaf (32). 100,000 leaves take 5 to
 * 10 MB so; an object for each took 34 (and as much again to collect while they were made).
 */
const ID_AT = 1;
const HASH_AT = ID_AT + ID_BYTES;
const ROW_BYTES = HASH_AT + HASH_BYTES;
const NO_ROWS = new Uint8Array(0);
/** Room for more in a bucket that is being filled. */
const GROWTH = 1.5;

/**
 * The hash tree over (kind, id) → entity bytes. It keeps hashes, not the bytes. A clone shares everything that is
 * unchanged, so trying a delta on a clone and throwing it away costs microseconds.
 */
export class ContentTree {
  /** Rows of each bucket; behind the last one there may be room for more. */
  readonly #buckets: Uint8Array[];
  readonly #counts: Uint32Array;
  /** 1: the bucket is this tree's alone and may be changed in place. */
  readonly #own: Uint8Array;
  readonly #bucketHashes: Buffer;
  readonly #branchHashes: Buffer;
  readonly #dirty: Set<number>;
  /** By their numbers in rows. Only ever grows, so the rows of a clone stay right. */
  #kinds: readonly string[];
  #root: Buffer;
  #size: number;

  constructor(from?: ContentTree) {
    this.#own = new Uint8Array(BUCKETS);
    if (from === undefined) {
      const emptyBucket = sha256(Buffer.of(BUCKET_TAG));
      const emptyBranch = sha256(Buffer.concat([Buffer.of(BRANCH_TAG), Buffer.alloc(FAN_OUT * HASH_BYTES, emptyBucket)]));
      this.#buckets = Array<Uint8Array>(BUCKETS).fill(NO_ROWS);
      this.#counts = new Uint32Array(BUCKETS);
      this.#bucketHashes = Buffer.alloc(BUCKETS * HASH_BYTES, emptyBucket);
      this.#branchHashes = Buffer.alloc(FAN_OUT * HASH_BYTES, emptyBranch);
      this.#dirty = new Set();
      this.#kinds = [];
      this.#root = sha256(Buffer.concat([Buffer.of(ROOT_TAG), this.#branchHashes]));
      this.#size = 0;
    } else {
      // From now on both have to copy a bucket before they change it.
      from.#own.fill(0);
      this.#buckets = [...from.#buckets];
      this.#counts = from.#counts.slice();
      this.#bucketHashes = Buffer.from(from.#bucketHashes);
      this.#branchHashes = Buffer.from(from.#branchHashes);
      this.#dirty = new Set(from.#dirty);
      this.#kinds = from.#kinds;
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
    const index = bucketOf(idBytes);
    const place = this.#placeOf(index, kind, idBytes);
    const rows = this.#changeable(index, place.isThere ? 0 : 1);
    const at = place.row * ROW_BYTES;
    if (!place.isThere) {
      const count = this.#counts[index] ?? 0;
      rows.copyWithin(at + ROW_BYTES, at, count * ROW_BYTES);
      rows[at] = this.#numberOf(kind);
      rows.set(idBytes, at + ID_AT);
      this.#counts[index] = count + 1;
      this.#size += 1;
    }
    rows.set(leafHash(kind, idBytes, entity), at + HASH_AT);
    this.#dirty.add(index);
  }

  /** Removes an entity; false where there was none. */
  delete(kind: string, id: EntityId): boolean {
    const idBytes = idToBytes(id);
    const index = bucketOf(idBytes);
    const place = this.#placeOf(index, kind, idBytes);
    if (!place.isThere) return false;
    const count = this.#counts[index] ?? 0;
    this.#changeable(index, 0).copyWithin(place.row * ROW_BYTES, (place.row + 1) * ROW_BYTES, count * ROW_BYTES);
    this.#counts[index] = count - 1;
    this.#size -= 1;
    this.#dirty.add(index);
    return true;
  }

  has(kind: string, id: EntityId): boolean {
    const idBytes = idToBytes(id);
    return this.#placeOf(bucketOf(idBytes), kind, idBytes).isThere;
  }

  /** The root, 32 bytes. Hashes only the buckets changed since the last call and what stands above them. */
  root(): Uint8Array {
    if (this.#dirty.size === 0) return this.#root;
    const branches = new Set<number>();
    for (const index of this.#dirty) {
      this.#bucketHashes.set(this.#hashOfBucket(index), index * HASH_BYTES);
      branches.add(Math.floor(index / FAN_OUT));
    }
    for (const branch of branches) {
      const below = this.#bucketHashes.subarray(branch * FAN_OUT * HASH_BYTES, (branch + 1) * FAN_OUT * HASH_BYTES);
      this.#branchHashes.set(sha256(Buffer.concat([Buffer.of(BRANCH_TAG), below])), branch * HASH_BYTES);
    }
    this.#dirty.clear();
    this.#root = sha256(Buffer.concat([Buffer.of(ROOT_TAG), this.#branchHashes]));
    return this.#root;
  }

  /** The root in lower-case hex, as statements and logs show it. */
  rootHex(): string {
    return Buffer.from(this.root()).toString('hex');
  }

  #hashOfBucket(index: number): Buffer {
    const rows = this.#buckets[index] ?? NO_ROWS;
    const count = this.#counts[index] ?? 0;
    const hashed = Buffer.alloc(1 + count * HASH_BYTES, BUCKET_TAG);
    for (let row = 0; row < count; row += 1) hashed.set(rows.subarray(row * ROW_BYTES + HASH_AT, (row + 1) * ROW_BYTES), 1 + row * HASH_BYTES);
    return sha256(hashed);
  }

  /** The row of an entity, or the one before which it belongs. */
  #placeOf(index: number, kind: string, idBytes: Uint8Array): { readonly row: number; readonly isThere: boolean } {
    const rows = this.#buckets[index] ?? NO_ROWS;
    const count = this.#counts[index] ?? 0;
    for (let row = 0; row < count; row += 1) {
      const order = this.#compareRow(rows, row * ROW_BYTES, kind, idBytes);
      if (order >= 0) return { row, isThere: order === 0 };
    }
    return { row: count, isThere: false };
  }

  /** By bytes: kinds are ASCII. */
  #compareRow(rows: Uint8Array, at: number, kind: string, idBytes: Uint8Array): number {
    const rowKind = this.#kinds[rows[at] ?? 0] ?? '';
    if (rowKind !== kind) return rowKind < kind ? -1 : 1;
    for (let byte = 0; byte < ID_BYTES; byte += 1) {
      const difference = (rows[at + ID_AT + byte] ?? 0) - (idBytes[byte] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** The rows of a bucket, this tree's own, with room for that many more. */
  #changeable(index: number, more: number): Uint8Array {
    const rows = this.#buckets[index] ?? NO_ROWS;
    const bytes = ((this.#counts[index] ?? 0) + more) * ROW_BYTES;
    if (this.#own[index] === 1 && bytes <= rows.length) return rows;
    // A bucket that grows for the second time will grow again.
    const own = new Uint8Array(this.#own[index] === 1 ? Math.ceil(bytes * GROWTH / ROW_BYTES) * ROW_BYTES : bytes);
    own.set(rows.subarray(0, (this.#counts[index] ?? 0) * ROW_BYTES));
    this.#buckets[index] = own;
    this.#own[index] = 1;
    return own;
  }

  #numberOf(kind: string): number {
    const known = this.#kinds.indexOf(kind);
    if (known >= 0) return known;
    assert(this.#kinds.length < MOST_KINDS && kind.length <= MOST_KIND_BYTES, 'a configuration has at most 256 kinds with names of at most 64 bytes');
    this.#kinds = [...this.#kinds, kind];
    return this.#kinds.length - 1;
  }
}

/** Written anew for every leaf: tag, kind, tag, id, hash of the bytes. */
const LEAF = Buffer.alloc(2 + MOST_KIND_BYTES + ID_BYTES + HASH_BYTES, LEAF_TAG);

/** The hash of one entity's place and bytes. */
function leafHash(kind: string, idBytes: Uint8Array, entity: Uint8Array): Buffer {
  const afterKind = 1 + LEAF.write(kind, 1, 'latin1');
  LEAF[afterKind] = LEAF_TAG;
  LEAF.set(idBytes, afterKind + 1);
  LEAF.set(sha256(entity), afterKind + 1 + ID_BYTES);
  return sha256(LEAF.subarray(0, afterKind + 1 + ID_BYTES + HASH_BYTES));
}

function bucketOf(idBytes: Uint8Array): number {
  return sha256(idBytes).readUInt16BE(0) >> 4;
}

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}
