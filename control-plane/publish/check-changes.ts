/**
 * Looks at what is about to be published: does each changed entity decode, and does what it refers to exist? The store
 * guarantees both, so what is found here was done behind its back. It is logged and published all the same: a data plane
 * quarantines what it can't use (S6), and holding back everything else would help nobody. Called by gateway-publisher.ts.
 */
import { describeThrown } from '../../shared/errors.ts';
import type { EntityKind, FieldType } from '../../shared/model/definition.ts';
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import { definitionOf, isEntityKind } from '../../shared/model/registry.ts';
import { decodeEntity } from '../../shared/wire/entity-codec.ts';
import type { LeafChange } from '../../shared/wire/sync-message.ts';

export interface SuspiciousEntity {
  readonly kind: string;
  readonly id: EntityId;
  readonly reason: string;
}

/** `exists` answers for the content after the changes. Kinds of a newer version are passed over. */
export function checkChanges(changes: readonly LeafChange[], exists: (kind: string, id: EntityId) => boolean): readonly SuspiciousEntity[] {
  return changes.flatMap((change) => {
    const reason = change.op === 'put' ? problemOf(change.kind, change.id, change.entity, exists) : undefined;
    return reason === undefined ? [] : [{ kind: change.kind, id: change.id, reason }];
  });
}

function problemOf(kind: string, id: EntityId, bytes: Uint8Array, exists: (kind: string, id: EntityId) => boolean): string | undefined {
  if (!isEntityKind(kind)) return undefined;
  let fields: ReadonlyMap<string, unknown>;
  try {
    fields = new Map<string, unknown>(Object.entries(decodeEntity(kind, bytes)));
  } catch (thrown) {
    return describeThrown(thrown);
  }
  if (fields.get('id') !== id) return 'its bytes are those of another entity';
  for (const { name, type } of definitionOf(kind).fields) {
    for (const { to, id: referenced } of referencesIn(type, fields.get(name))) if (!exists(to, referenced)) return `its ${name} ${referenced} does not exist`;
  }
  return undefined;
}

/** Of a field that is a reference or a list of them. */
function referencesIn(type: FieldType, value: unknown): readonly { readonly to: EntityKind; readonly id: EntityId }[] {
  if ((type.kind === 'array' || type.kind === 'set') && Array.isArray(value)) return value.flatMap((item: unknown) => referencesIn(type.of, item));
  if (type.kind !== 'reference') return [];
  const id = typeof value === 'string' ? parseId<EntityId>(value) : referencedId(value);
  return id === undefined ? [] : [{ to: type.to, id }];
}

function referencedId(value: unknown): EntityId | undefined {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string' ? parseId<EntityId>(value.id) : undefined;
}
