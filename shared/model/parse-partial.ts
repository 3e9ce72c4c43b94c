/**
 * The part of a partial that depends on its type: its config. Used by parse-entity.
 */
import { partialFieldsOf } from '../plugins/partial-types.ts';
import type { JsonObject, JsonValue } from './definition.ts';
import { isJsonObject } from './entity-checks.ts';
import { parseFields, refuseUnknownFields, wrongKind, type FieldContext } from './parse-fields.ts';

/** The config with the defaults of the type, or undefined after adding a problem. */
export function parsePartialConfig(type: JsonValue | undefined, value: JsonValue, path: string, context: FieldContext): JsonObject | undefined {
  const fields = typeof type === 'string' ? partialFieldsOf(type) : undefined;
  // A missing or unknown type is reported at the type.
  if (fields === undefined) return undefined;
  if (!isJsonObject(value)) return wrongKind(context, path, 'a record', value);
  refuseUnknownFields(value, fields.map((field) => field.name), path, context.problems);
  return parseFields(fields, value, path, context);
}
