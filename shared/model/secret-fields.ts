/**
 * The secret fields of an entity, wherever they stand in it: its own and those of records inside (`pem.private_key`). Asked by
 * everything that takes secrets out of entities and puts them back.
 */
import type { Entity, EntityDefinition, Field, JsonObject, JsonValue } from './definition.ts';
import { isJsonObject } from './entity-checks.ts';
import { joinPath } from './problems.ts';

/** Stands where a secret is set, for who may not see it; null where none is. */
export const HIDDEN = '(secret)';

export interface SecretField {
  /** Dotted, from the entity: its name among an entity's secrets, and part of the place that its envelopes are bound to. */
  readonly path: string;
  /** The path under which its digest or envelope is published. */
  readonly publishedPath: string;
  readonly field: Field;
}

const known = new WeakMap<EntityDefinition, readonly SecretField[]>();

/** In the order of the definition; those of a config are one. */
export function secretFieldsOf(definition: EntityDefinition): readonly SecretField[] {
  const found = known.get(definition) ?? secretsIn(wireFieldsOf(definition), '');
  known.set(definition, found);
  return found;
}

const onWire = new WeakMap<EntityDefinition, readonly Field[]>();

/** The fields of an entity as it is published: its own, and the envelope of its config's secrets. The same list at every call. */
export function wireFieldsOf(definition: EntityDefinition): readonly Field[] {
  const { fields, configSecrets } = definition;
  if (configSecrets === undefined) return fields;
  const all = onWire.get(definition) ?? [...fields, configSecrets];
  onWire.set(definition, all);
  return all;
}

/** An entity for an answer: what nobody is to see again is null. */
export function withoutWriteOnly(definition: EntityDefinition, entity: Entity): Entity {
  const hidden = secretFieldsOf(definition).filter(({ field }) => field.writeOnly === true);
  return hidden.length === 0 ? entity : { ...entity, ...Object.fromEntries(hidden.map(({ path }) => [path, null])) };
}

/** An entity in its published form without the digests and envelopes of its secrets. */
export function withoutSecrets(definition: EntityDefinition, published: JsonObject): JsonObject {
  return secretFieldsOf(definition).reduce((entity, { publishedPath }) => withoutPath(entity, publishedPath.split('.')), published);
}

function withoutPath(values: JsonObject, [name, ...deeper]: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]): readonly (readonly [string, JsonValue])[] => {
    if (key !== name) return [[key, value]];
    return deeper.length === 0 ? [] : [[key, isJsonObject(value) ? withoutPath(value, deeper) : value]];
  }));
}

function secretsIn(fields: readonly Field[], path: string): readonly SecretField[] {
  return fields.flatMap((field): readonly SecretField[] => {
    const here = joinPath(path, field.name);
    if (field.secret !== undefined) return [{ path: here, publishedPath: `${here}_${field.secret}`, field }];
    return field.type.kind === 'record' ? secretsIn(field.type.fields, here) : [];
  });
}
