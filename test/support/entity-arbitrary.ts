/**
 * Random entities for property tests, made from the definitions alone: every type and limit, but not the rules on text
 * or over several fields. What the codec must carry, whether or not the admin API would let it in.
 */
import fc from 'fast-check';
import type { Entity, EntityDefinition, Field, FieldType, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { secretFieldsOf } from '../../shared/model/secret-fields.ts';

const DIGEST_BYTES = 32;

/** Text that survives UTF-8 and JSON; also text that looks like a property of every object. */
const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom('toString', 'hasOwnProperty', 'values', 'entries', '0', '10') },
);

/** An entity of this kind with all its fields. */
export function arbitraryEntity(definition: EntityDefinition): fc.Arbitrary<Entity> {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
  return fc
    .tuple(fc.uuid(), seconds, seconds, fc.option(fc.uniqueArray(text, { maxLength: 3 })), arbitraryFields(definition.fields))
    .map(([id, created_at, updated_at, tags, own]) => ({ id, created_at, updated_at, ...own, tags }));
}

/** What is published of the secret fields of this kind, by path. */
export function arbitrarySecrets(definition: EntityDefinition): fc.Arbitrary<Record<string, Uint8Array>> {
  const digest = fc.uint8Array({ minLength: DIGEST_BYTES, maxLength: DIGEST_BYTES });
  return fc.record(Object.fromEntries(secretFieldsOf(definition).map(({ path }) => [path, digest])));
}

function arbitraryFields(fields: readonly Field[]): fc.Arbitrary<JsonObject> {
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, arbitraryField(field)])), { noNullPrototype: true });
}

function arbitraryField(field: Field): fc.Arbitrary<JsonValue> {
  const value = arbitraryValue(field.type);
  const neverNull = field.required === true || field.default !== undefined || field.auto !== undefined;
  return neverNull ? value : fc.option(value);
}

function arbitraryValue(type: FieldType): fc.Arbitrary<JsonValue> {
  switch (type.kind) {
    case 'string':
      return type.oneOf === undefined ? text : fc.constantFrom(...type.oneOf);
    case 'integer':
      return type.oneOf === undefined ? fc.maxSafeInteger() : fc.constantFrom(...type.oneOf);
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    case 'boolean':
      return fc.boolean();
    case 'array':
    case 'set':
      return fc.array(arbitraryValue(type.of), { maxLength: 4 });
    case 'map':
      return fc.dictionary(text, arbitraryValue(type.values), { maxKeys: 4, noNullPrototype: true });
    case 'record':
      return arbitraryFields(type.fields);
    case 'reference':
      return fc.uuid().map((id) => (type.bare === true ? id : { id }));
    case 'plugin-config':
      return fc.dictionary(text, arbitraryConfigValue, { maxKeys: 5, noNullPrototype: true });
    case 'unavailable':
      return fc.constant(null);
  }
}

const arbitraryConfigValue: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constant(null), fc.boolean(), fc.maxSafeInteger(), text, fc.array(text, { maxLength: 3 }), fc.dictionary(text, fc.maxSafeInteger(), { maxKeys: 3, noNullPrototype: true }),
);
