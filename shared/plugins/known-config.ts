/**
 * A data plane may be older than the control plane: a config field that its version of a plugin does not know is left out
 * where it says nothing (null, false, empty), at every depth. One that says something is kept, so that the schema refuses it and the
 * plugin is quarantined: what it asks for might be what protects (S6). Used by registry.ts before a published config is parsed.
 */
import type { Field, FieldType, JsonObject, JsonValue } from '../model/definition.ts';
import { isJsonObject } from '../model/entity-checks.ts';

export function knownConfig(fields: readonly Field[], config: JsonObject): JsonObject {
  const types = new Map(fields.map(({ name, type }) => [name, type]));
  return Object.fromEntries(Object.entries(config).flatMap(([name, value]) => {
    const type = types.get(name);
    if (type === undefined) return saysNothing(value) ? [] : [[name, value]];
    return [[name, knownPart(type, value)]];
  }));
}

function knownPart(type: FieldType, value: JsonValue): JsonValue {
  if (type.kind === 'record' && isJsonObject(value)) return knownConfig(type.fields, value);
  if ((type.kind === 'array' || type.kind === 'set') && Array.isArray(value)) return value.map((element: JsonValue) => knownPart(type.of, element));
  return value;
}

function saysNothing(value: JsonValue): boolean {
  if (value === null || value === false || value === '') return true;
  return Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.values(value).every(saysNothing);
}
