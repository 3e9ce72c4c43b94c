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

const HEADER_BYTES = 8;
const ROW_BYTES = 28;
const DELETED = 0xffff_ffff;

/** Packs changes in order. Throws where they need 4 GiB or more, or name more than 255 kinds. */
export function packChanges(changes: readonly LeafChange[]): SharedArrayBuffer {
  const kinds = [...new Set(changes.map((change) => change.kind))];
  const kindBytes = kinds.map((kind) => Buffer.from(kind, 'latin1'));
  const rowsAt = HEADER_BYTES + kindBytes.reduce((sum, kind) => sum + 1 + kind.length, 0);
  const entitiesAt = rowsAt + changes.length * ROW_BYTES;
  const total = changes.reduce((sum, change) => sum + (change.op === 'put' ? change.entity.length : 0), entitiesAt);
  assert(total < DELETED && kinds.length <= 0xff, 'a configuration has less than 4 GiB and at most 255 kinds');
  const packed = new SharedArrayBuffer(total);
  const bytes = Buffer.from(packed);
  bytes.writeUInt32LE(changes.length, 0);
  bytes.writeUInt32LE(kinds.length, 4);
  let at = HEADER_BYTES;
  for (const kind of kindBytes) {
    bytes[at] = kind.length;
    bytes.set(kind, at + 1);
    at += 1 + kind.length;
  }
  const kindIndex = new Map(kinds.map((kind, index) => [kind, index]));
  let entityAt = entitiesAt;
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
  }
  return packed;
}

/** Packs a whole configuration. */
export function packLeaves(leaves: Iterable<Leaf>): SharedArrayBuffer {
  return packChanges(Array.from(leaves, (leaf) => ({ op: 'put', ...leaf })));
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
