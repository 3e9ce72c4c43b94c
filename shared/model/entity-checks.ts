/**
 * Builders for the rules over several fields that entity and plugin definitions list under `checks`. Messages and
 * their double reporting (once for the entity, once at the field) are Kong's. Field names may be dotted paths from the
 * entity: a plugin's rules say `config.minute`.
 */
import type { EntityCheck, JsonObject, JsonValue } from './definition.ts';

/** Neither absent, null, nor an empty list, map or text. */
export function isFilled(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

export interface Condition {
  readonly field: string;
  readonly is: readonly JsonValue[] | ((value: JsonValue) => boolean);
}

/** Where the condition holds, `field` must satisfy `holds`; otherwise Kong's pair of problems, the second with `message`. */
export function whenField(condition: Condition, field: string, holds: (value: JsonValue) => boolean, message: string): EntityCheck {
  return {
    description: `Depends on ${condition.field}: ${field} ${message}`,
    check: (entity) => {
      if (!conditionHolds(condition, entity) || holds(fieldAt(entity, field))) return [];
      return [
        { field: '@entity', message: `failed conditional validation given value of field '${condition.field}'` },
        { field, message },
      ];
    },
  };
}

export function requiredWhen(condition: Condition, field: string): EntityCheck {
  return whenField(condition, field, (value) => value !== null, 'required field missing');
}

export function nullWhen(condition: Condition, field: string): EntityCheck {
  return whenField(condition, field, (value) => value === null, 'value must be null');
}

export function atLeastOneOf(fields: readonly string[]): EntityCheck {
  const names = fields.map((field) => `'${field}'`).join(', ');
  return {
    description: `At least one of ${names} must be set`,
    check: (entity) =>
      fields.some((field) => isFilled(fieldAt(entity, field)))
        ? []
        : [{ field: '@entity', message: `at least one of these fields must be non-empty: ${names}` }],
  };
}

export function distinct(fields: readonly string[]): EntityCheck {
  const names = fields.map((field) => `'${field}'`).join(', ');
  return {
    description: `The values of ${names} must differ`,
    check: (entity) => {
      const values = fields.map((field) => fieldAt(entity, field)).filter((value) => value !== null);
      return new Set(values).size === values.length ? [] : [{ field: '@entity', message: `values of these fields must be distinct: ${names}` }];
    },
  };
}

/** A rule that says everything at one place. */
export function entityRule(description: string, check: EntityCheck['check']): EntityCheck {
  return { description, check };
}

/** The value at a dotted path, null where anything on the way is absent. */
export function fieldAt(entity: JsonObject, path: string): JsonValue {
  let value: JsonValue = entity;
  for (const name of path.split('.')) {
    if (!isJsonObject(value)) return null;
    value = value[name] ?? null;
  }
  return value;
}

/** Narrows a JSON value to an object (neither null nor a list). */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function conditionHolds(condition: Condition, entity: JsonObject): boolean {
  const value = fieldAt(entity, condition.field);
  return typeof condition.is === 'function' ? condition.is(value) : condition.is.includes(value);
}
