/**
 * A data plane may be older than the control plane: it takes the config fields that its version of a plugin knows and
 * leaves the others, at every depth. Used by registry.ts before a published config is parsed.
 */
import type { Field, FieldType, JsonObject, JsonValue } from '../model/definition.ts';
import { isJsonObject } from '../model/entity-checks.ts';

export function knownConfig(fields: readonly Field[], config: JsonObject): JsonObject {
  const known: Record<string, JsonValue> = {};
  for (const field of fields) {
    const value = config[field.name];
    if (value !== undefined) known[field.name] = knownPart(field.type, value);
  }
  return known;
}

function knownPart(type: FieldType, value: JsonValue): JsonValue {
  if (type.kind === 'record' && isJsonObject(value)) return knownConfig(type.fields, value);
  if ((type.kind === 'array' || type.kind === 'set') && Array.isArray(value)) return value.map((element: JsonValue) => knownPart(type.of, element));
  return value;
}
