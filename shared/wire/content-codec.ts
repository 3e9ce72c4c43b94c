/**
 * The content of a transfer between bytes and types (SnapshotContent and DeltaContent in proto/sync.proto). Encoded once
 * by the publisher and by the data plane's cache; decoded only after the bytes' hash held. Entity bytes pass through untouched.
 */
import { holdfast } from '../../proto/gen/sync.js';
import { describeThrown, HoldfastError } from '../errors.ts';
import { bytesToId, idToBytes, type EntityId } from '../model/ids.ts';
import type { Leaf, LeafChange } from './sync-message.ts';

const { DeltaContent, SnapshotContent } = holdfast.sync.v1;
const KIND = /^[a-z][a-z0-9_]{0,63}$/;
const ID_BYTES = 16;

/** Encodes a whole configuration. The order of leaves is the caller's; the content hash does not depend on it. */
export function encodeSnapshotContent(leaves: Iterable<Leaf>): Uint8Array {
  return SnapshotContent.encode({ leaves: Array.from(leaves, (leaf) => ({ kind: leaf.kind, id: idToBytes(leaf.id), entity: leaf.entity })) }).finish();
}

/** Decodes a whole configuration; throws WIRE_CONTENT_MALFORMED, also where an entity comes twice. */
export function decodeSnapshotContent(bytes: Uint8Array): readonly Leaf[] {
  const leaves = parse(() => SnapshotContent.decode(bytes)).leaves.map(decodeLeaf);
  const seen = new Set(leaves.map((leaf) => `${leaf.kind}/${leaf.id}`));
  if (seen.size !== leaves.length) throw malformed('an entity comes twice');
  return leaves;
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
  if (kind === null || !KIND.test(kind)) throw malformed('a kind is not a lower-case word');
  if (id?.length !== ID_BYTES) throw malformed(`an id does not have ${ID_BYTES} bytes`);
  return { kind, id: bytesToId<EntityId>(id), entity: entity ?? new Uint8Array() };
}

function parse<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw malformed(describeThrown(cause), cause);
  }
}

function malformed(what: string, cause?: unknown): HoldfastError {
  return new HoldfastError({ code: 'WIRE_CONTENT_MALFORMED', source: 'gateway', publicMessage: `the content of a transfer is not in its form: ${what}`, cause });
}
