/**
 * The content of a transfer between bytes and types (SnapshotContent and DeltaContent in proto/sync.proto). Encoded once
 * by the publisher and by the data plane's cache; decoded only after the bytes' hash held. Entity bytes pass through untouched.
 * Whole configurations are large, so they are written in pieces and read one entity at a time: nothing is held twice.
 */
import protobuf from 'protobufjs/minimal.js';
import { holdfast } from '../../proto/gen/sync.js';
import { describeThrown, HoldfastError } from '../errors.ts';
import { bytesToId, idToBytes, type EntityId } from '../model/ids.ts';
import type { Leaf, LeafChange } from './sync-message.ts';

const { DeltaContent, Leaf: WireLeaf, SnapshotContent } = holdfast.sync.v1;
const KIND = /^[a-z][a-z0-9_]{0,63}$/;
const ID_BYTES = 16;

/** What `SnapshotContent.leaves` looks like on the wire: field 1, with a length before it. */
const LEAVES_TAG = (1 << 3) | 2;
const LEAVES_PER_PIECE = 256;

/** Encodes a whole configuration. The order of leaves is the caller's; the content hash does not depend on it. */
export function encodeSnapshotContent(leaves: Iterable<Leaf>): Uint8Array {
  return Buffer.concat([...snapshotPieces(leaves)]);
}

/** The same in pieces of some ten kilobytes, made one after another: each is a message with some of the leaves, and one behind the other they are one. */
export function* snapshotPieces(leaves: Iterable<Leaf>): Generator<Uint8Array> {
  let piece: { kind: string; id: Uint8Array; entity: Uint8Array }[] = [];
  for (const { kind, id, entity } of leaves) {
    piece.push({ kind, id: idToBytes(id), entity });
    if (piece.length < LEAVES_PER_PIECE) continue;
    yield SnapshotContent.encode({ leaves: piece }).finish();
    piece = [];
  }
  yield SnapshotContent.encode({ leaves: piece }).finish();
}

/**
 * A whole configuration, decoded while it is iterated and anew each time; entities are views of the bytes. Iterating throws
 * WIRE_CONTENT_MALFORMED at the first leaf that is not in its form. Whether an entity comes twice is for the reader to see.
 */
export function decodeSnapshotContent(bytes: Uint8Array): Iterable<Leaf> {
  return { [Symbol.iterator]: () => decodeLeaves(bytes) };
}

function* decodeLeaves(bytes: Uint8Array): Generator<Leaf> {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const leaf = parse(() => {
      const tag = reader.uint32();
      if (tag === LEAVES_TAG) return WireLeaf.decode(reader, reader.uint32());
      // A field that this version does not know.
      reader.skipType(tag & 7);
      return undefined;
    });
    if (leaf !== undefined) yield decodeLeaf(leaf);
  }
}

/** Encodes changes in order; a later change of an entity replaces an earlier one. */
export function encodeDeltaContent(changes: Iterable<LeafChange>): Uint8Array {
  return DeltaContent.encode({
    changes: Array.from(changes, (change) => ({
      kind: change.kind,
      id: idToBytes(change.id),
      ...(change.op === 'put' ? { entity: change.entity } : { deleted: true }),
    })),
  }).finish();
}

/** Decodes changes in order; throws WIRE_CONTENT_MALFORMED. */
export function decodeDeltaContent(bytes: Uint8Array): readonly LeafChange[] {
  return parse(() => DeltaContent.decode(bytes)).changes.map((change): LeafChange => {
    const leaf = decodeLeaf(change);
    return change.deleted === true ? { op: 'delete', kind: leaf.kind, id: leaf.id } : { op: 'put', ...leaf };
  });
}

function decodeLeaf(leaf: holdfast.sync.v1.Leaf.$Properties): Leaf {
  const { kind = '', id, entity } = leaf;
  if (kind === null || !KIND.test(kind)) throw malformedContent('a kind is not a lower-case word');
  if (id?.length !== ID_BYTES) throw malformedContent(`an id does not have ${ID_BYTES} bytes`);
  return { kind, id: bytesToId<EntityId>(id), entity: entity ?? new Uint8Array() };
}

function parse<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw malformedContent(describeThrown(cause), cause);
  }
}

/** Also for what only a reader of the whole can see. */
export function malformedContent(what: string, cause?: unknown): HoldfastError {
  return new HoldfastError({ code: 'WIRE_CONTENT_MALFORMED', source: 'gateway', publicMessage: `the content of a transfer is not in its form: ${what}`, cause });
}
