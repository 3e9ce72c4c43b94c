/**
 * Definitions as JSON Schema (2020-12), as OpenAPI 3.1 uses it. Called by control-plane/admin-api/openapi.ts. Rules on
 * text appear as `format`; rules over several fields are beyond it and stand in the descriptions.
 */
import { commonFields, createdAtField, idField, tagsField, updatedAtField } from './common-fields.ts';
import { defaultOf } from './default-value.ts';
import { MAX_ENTRIES, MAX_ITEMS, type EntityDefinition, type Field, type FieldType, type JsonObject, type NameList } from './definition.ts';

/** The control plane fills these in where they are not given (and `updated_at` in any case). */
const GIVEN_IF_WANTED: readonly Field[] = [idField, createdAtField, updatedAtField].map((field) => ({ ...field, required: false }));

/** An entity as it is answered: every field there, null where unset. */
export function entitySchema(definition: EntityDefinition): JsonObject {
  const fields = [...commonFields, ...definition.fields];
  const { nameList } = definition;
  return {
    type: 'object',
    description: definition.description,
    properties: { ...properties(fields, 'output'), ...(nameList === undefined ? {} : { [nameList.name]: nameListSchema(nameList) }) },
    required: [...fields.map(({ name }) => name), ...(nameList === undefined ? [] : [nameList.name])],
  };
}

/**
 * What a write takes. `create` is for POST and PUT; in `patch` nothing is required. References are never required here,
 * because a nested path supplies them.
 */
export function inputSchema(definition: EntityDefinition, mode: 'create' | 'patch'): JsonObject {
  const own = new Set(definition.fields.map(({ name }) => name));
  const shorthands = (definition.shorthands ?? []).filter(({ name }) => !own.has(name));
  const supplied = new Set(shorthands.flatMap(({ supplies }) => supplies ?? []));
  const needed = definition.fields.filter((field) => field.required === true && field.default === undefined && field.auto === undefined && field.type.kind !== 'reference').map(({ name }) => name);
  const required = mode === 'patch' ? [] : needed.filter((name) => !supplied.has(name));
  const alternatives = mode === 'patch' ? [] : needed.filter((name) => supplied.has(name)).map((name) => eitherOr(name, shorthands));
  return {
    type: 'object',
    properties: {
      ...properties([...GIVEN_IF_WANTED, ...definition.fields, tagsField], 'input'),
      ...Object.fromEntries(shorthands.map(({ name, type, description }) => [name, nullable({ ...typeSchema(type), writeOnly: true, description })])),
      ...(definition.nameList === undefined ? {} : { [definition.nameList.name]: nullable(nameListSchema(definition.nameList)) }),
    },
    ...(required.length === 0 ? {} : { required }),
    ...(alternatives.length === 0 ? {} : { allOf: alternatives }),
    additionalProperties: false,
  };
}

/** A plugin's `config`. Everything may be left out that has a default. */
export function configSchema(fields: readonly Field[]): JsonObject {
  const required = fields.filter((field) => field.required === true && field.default === undefined).map(({ name }) => name);
  return { type: 'object', properties: properties(fields, 'input'), ...(required.length === 0 ? {} : { required }), additionalProperties: false };
}

function nameListSchema({ type, description }: NameList): JsonObject {
  return { ...typeSchema(type), description };
}

function eitherOr(field: string, shorthands: readonly { readonly name: string; readonly supplies?: readonly string[] }[]): JsonObject {
  const ways = [field, ...shorthands.filter(({ supplies }) => supplies?.includes(field)).map(({ name }) => name)];
  return { anyOf: ways.map((name) => ({ required: [name] })) };
}

function properties(fields: readonly Field[], direction: 'input' | 'output'): JsonObject {
  return Object.fromEntries(fields.map((field) => [field.name, property(field, direction)]));
}

function property(field: Field, direction: 'input' | 'output'): JsonObject {
  const schema: JsonObject = {
    ...typeSchema(field.type),
    description: field.description,
    ...(field.writeOnly === true ? { writeOnly: true } : {}),
    ...(field.default === undefined || direction === 'output' ? {} : { default: defaultOf(field) }),
  };
  return isNeverNull(field, direction) ? schema : nullable(schema);
}

/** Null may be written wherever there is something to fall back to, and is answered where there is not or it is not shown. */
function isNeverNull(field: Field, direction: 'input' | 'output'): boolean {
  if (direction === 'output' && field.secret !== undefined) return false;
  const hasDefault = field.default !== undefined && field.nullable !== true;
  return direction === 'input' ? field.required === true && !hasDefault && field.auto === undefined : field.required === true || hasDefault;
}

function nullable(schema: JsonObject): JsonObject {
  const { type, enum: values } = schema;
  return {
    ...schema,
    ...(typeof type === 'string' && type !== 'null' ? { type: [type, 'null'] } : {}),
    ...(Array.isArray(values) ? { enum: [...values, null] } : {}),
  };
}

function typeSchema(type: FieldType): JsonObject {
  switch (type.kind) {
    case 'string': {
      const format = type.rules?.[0]?.name;
      if (type.oneOf !== undefined) return { type: 'string', enum: type.oneOf };
      return { type: 'string', minLength: type.minLength ?? 1, ...(type.maxLength === undefined ? {} : { maxLength: type.maxLength }), ...(format === undefined ? {} : { format }) };
    }
    case 'integer':
      return { type: 'integer', ...(type.oneOf === undefined ? {} : { enum: type.oneOf }), ...range(type.between) };
    case 'number':
      return { type: 'number', ...range(type.between) };
    case 'boolean':
      return { type: 'boolean' };
    case 'array':
    case 'set':
      return { type: 'array', items: typeSchema(type.of), ...(type.minLength === undefined ? {} : { minItems: type.minLength }), maxItems: MAX_ITEMS, ...(type.kind === 'set' ? { uniqueItems: true } : {}) };
    case 'map':
      return { type: 'object', propertyNames: typeSchema(type.keys), additionalProperties: typeSchema(type.values), maxProperties: MAX_ENTRIES };
    case 'record':
      return { type: 'object', properties: properties(type.fields, 'input'), additionalProperties: false };
    case 'reference':
      if (type.bare === true) return { type: 'string', format: 'uuid' };
      return { type: 'object', properties: { id: { type: 'string', format: 'uuid' } }, required: ['id'], additionalProperties: false };
    case 'plugin-config':
      return { type: 'object' };
    case 'unavailable':
      return { type: 'null' };
  }
}

function range(between: readonly [number, number] | undefined): JsonObject {
  return between === undefined ? {} : { minimum: between[0], maximum: between[1] };
}
