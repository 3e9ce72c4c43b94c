import type { Field, JsonValue } from './definition.ts';

/** What a field is where nothing is given: its default with those of the records inside, else null. */
export function defaultOf(field: Field): JsonValue {
  if (field.type.kind !== 'record' || field.default === undefined) return field.default ?? null;
  return Object.fromEntries(field.type.fields.map((inner) => [inner.name, defaultOf(inner)]));
}
