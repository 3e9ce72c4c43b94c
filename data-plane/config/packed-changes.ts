/**
 * Entities packed into one shared, immutable buffer: the agent thread packs once, every proxy thread reads the same
 * memory lazily while it compiles in slices. Nothing is cloned per thread and no protobuf frame is parsed on a proxy thread.
 *
 * Layout, little-endian: count u32 | number of kinds u32 | kinds, each length u8 and ASCII | rows | entity bytes.
 * A row: offset u32 | length u32, or DELETED | id (16 bytes) | kind u8 | 3 unused.
 */
import { assert, defined } from '../../shared/assert.ts';
import { bytesToId, idToBytes, type EntityId } from '../../shared/model/ids.ts';
import type { Leaf, LeafChange } from '../../shared/wire/sync-message.ts';
import type { EntityChange } from './compile-contract.ts';
import { runAtOnce } from './run-in-slices.ts';

const HEADER_BYTES = 8;
const ROW_BYTES = 28;
const DELETED = 0xffff_ffff;

/** Rows that are counted or written between two pauses: some two milliseconds. */
const ROWS_PER_STEP = 1_024;

/** Packs changes in order. Throws where they need 4 GiB or more, or name more than 255 kinds. */
export function packChanges(changes: Iterable<LeafChange>): SharedArrayBuffer {
  return runAtOnce(packing(changes));
}

/** Packs a whole configuration. */
export function packLeaves(leaves: Iterable<Leaf>): SharedArrayBuffer {
  return packChanges(putsOf(leaves));
}

/** The changes that put these leaves; iterated as often as it is. */
export function putsOf(leaves: Iterable<Leaf>): Iterable<LeafChange> {
  return {
    *[Symbol.iterator]() {
      for (const { kind, id, entity } of leaves) yield { op: 'put', kind, id, entity };
    },
  };
}

/** The same in steps. Iterates twice, so that nothing is held but what is packed: first for the size, then for the bytes. */
export function* packing(changes: Iterable<LeafChange>): Generator<void, SharedArrayBuffer> {
  const kindIndex = new Map<string, number>();
  let [count, entityBytes] = [0, 0];
  for (const change of changes) {
    if (!kindIndex.has(change.kind)) kindIndex.set(change.kind, kindIndex.size);
    if (change.op === 'put') entityBytes += change.entity.length;
    count += 1;
    if (count % ROWS_PER_STEP === 0) yield;
  }
  const kindBytes = [...kindIndex.keys()].map((kind) => Buffer.from(kind, 'latin1'));
  const rowsAt = HEADER_BYTES + kindBytes.reduce((sum, kind) => sum + 1 + kind.length, 0);
  let entityAt = rowsAt + count * ROW_BYTES;
  const total = entityAt + entityBytes;
  assert(total < DELETED && kindIndex.size <= 0xff, 'a configuration has less than 4 GiB and at most 255 kinds');
  const packed = new SharedArrayBuffer(total);
  const bytes = Buffer.from(packed);
  bytes.writeUInt32LE(count, 0);
  bytes.writeUInt32LE(kindIndex.size, 4);
  let at = HEADER_BYTES;
  for (const kind of kindBytes) {
    bytes[at] = kind.length;
    bytes.set(kind, at + 1);
    at += 1 + kind.length;
  }
  for (const change of changes) {
    bytes.writeUInt32LE(entityAt, at);
    bytes.writeUInt32LE(change.op === 'put' ? change.entity.length : DELETED, at + 4);
    bytes.set(idToBytes(change.id), at + 8);
    bytes[at + 24] = defined(kindIndex.get(change.kind), 'the index of a kind');
    if (change.op === 'put') {
      bytes.set(change.entity, entityAt);
      entityAt += change.entity.length;
    }
    at += ROW_BYTES;
    if ((at - rowsAt) / ROW_BYTES % ROWS_PER_STEP === 0) yield;
  }
  return packed;
}

/** The changes in a packed buffer, in order; their bytes are views of it. Lazy: stopping early costs nothing. */
export function* readPacked(packed: SharedArrayBuffer): Generator<EntityChange> {
  const bytes = Buffer.from(packed);
  const count = bytes.readUInt32LE(0);
  const kinds: string[] = [];
  let at = HEADER_BYTES;
  for (let left = bytes.readUInt32LE(4); left > 0; left--) {
    const length = bytes.readUInt8(at);
    kinds.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  for (let row = 0; row < count; row++, at += ROW_BYTES) {
    const offset = bytes.readUInt32LE(at);
    const length = bytes.readUInt32LE(at + 4);
    yield {
      kind: defined(kinds[bytes.readUInt8(at + 24)], 'the kind of a packed row'),
      id: bytesToId<EntityId>(bytes.subarray(at + 8, at + 24)),
      bytes: length === DELETED ? undefined : new Uint8Array(packed, offset, length),
    };
  }
}

/**
 * What a whole configuration and the changes after it come to: each entity once, deleted ones left out. Costs memory
 * for the changes, not for the whole.
 */
export function* mergePacked(parts: readonly SharedArrayBuffer[]): Generator<EntityChange> {
  const [whole, ...later] = parts;
  if (whole === undefined) return;
  const latest = new Map<string, EntityChange>();
  for (const part of later) for (const change of readPacked(part)) latest.set(`${change.kind}/${change.id}`, change);
  for (const change of readPacked(whole)) if (later.length === 0 || !latest.has(`${change.kind}/${change.id}`)) yield change;
  for (const change of latest.values()) if (change.bytes !== undefined) yield change;
}
