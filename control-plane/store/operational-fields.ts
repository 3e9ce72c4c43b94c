/**
 * Fields that are published with an entity and are no part of what clients write (EntityDefinition.operational): every write
 * keeps them as they are, also one in bulk, by a file or a rollback; only the operation they belong to sets them. Used by
 * entity-writer.ts and write-plan.ts.
 */
import { canonicalJson } from '../../shared/model/canonical-json.ts';
import type { EntityDefinition, JsonObject } from '../../shared/model/definition.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { decodeEntity, encodeEntity } from '../../shared/wire/entity-codec.ts';
import type { EntityRecord } from './entity-record.ts';

/** The record with these fields as `before` has them: the bytes that it replaces. */
export function keepOperational(record: EntityRecord, before: Uint8Array): EntityRecord {
  const definition = definitionOf(record.kind);
  if (definition.operational === undefined) return record;
  const kept = operationalOf(definition, decodeEntity(record.kind, before));
  return canonicalJson(kept) === canonicalJson(operationalOf(definition, record.published)) ? record : withOperational(record, kept);
}

/** The record with these values in the place of those that it has. */
export function withOperational(record: EntityRecord, values: JsonObject): EntityRecord {
  const definition = definitionOf(record.kind);
  const isOperational = new Set(definition.operational?.map(({ name }) => name));
  const published = { ...Object.fromEntries(Object.entries(record.published).filter(([name]) => !isOperational.has(name))), ...values };
  return { ...record, published, bytes: encodeEntity(definition, { ...published, id: record.id }) };
}

function operationalOf(definition: EntityDefinition, values: JsonObject): JsonObject {
  return Object.fromEntries((definition.operational ?? []).flatMap(({ name }) => {
    const value = values[name];
    return value === undefined ? [] : [[name, value]];
  }));
}
