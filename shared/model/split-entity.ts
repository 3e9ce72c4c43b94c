/**
 * The border between what the admin API handles and what is stored and published (T2): secrets and fields that are
 * only for the control plane are taken out before an entity is encoded.
 */
import { assert } from '../assert.ts';
import { putConfigSecrets, readConfigSecrets, takeConfigSecrets, writeConfigSecrets } from './config-secrets.ts';
import { createdAtField, idField, tagsField, updatedAtField } from './common-fields.ts';
import { defaultOf } from './default-value.ts';
import type { Entity, EntityDefinition, Field, JsonObject, JsonValue } from './definition.ts';
import { isJsonObject } from './entity-checks.ts';
import { configFieldsOfEntity, configNamedBy } from './parse-vault.ts';
import { joinPath } from './problems.ts';
import type { ConfigFieldsOf } from './redact.ts';

export interface SplitEntity {
  /** What may be encoded and published; `encodeEntity` adds the digests. */
  readonly published: Entity;
  /** Fields marked `controlPlaneOnly`, for the private document beside the entity's bytes. */
  readonly controlPlaneOnly: JsonObject;
  /** The clear values of secret fields by their paths (secret-fields.ts): to be sealed and digested, never stored or logged as they are. Null values are left out. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Takes an entity apart; nothing is lost: the three parts together are the entity. Of a plugin the schema must be known, or its secrets would be published. */
export function splitEntity(definition: EntityDefinition, entity: Entity, configFieldsOf: ConfigFieldsOf): SplitEntity {
  const controlPlaneOnly: Record<string, JsonValue> = {};
  const secrets: Record<string, string> = {};
  const { published, hidden } = takeSecrets(definition.fields, entity, '', secrets);
  for (const [name, value] of hidden) controlPlaneOnly[name] = value;
  return { published: { ...withoutConfigSecrets(definition, published, configFieldsOf, secrets), id: entity.id }, controlPlaneOnly, secrets };
}

/** All secrets of its config are one of the entity's. */
function withoutConfigSecrets(definition: EntityDefinition, published: JsonObject, configFieldsOf: ConfigFieldsOf, secrets: Record<string, string>): JsonObject {
  const { configSecrets } = definition;
  const config = published['config'];
  if (configSecrets === undefined || !isJsonObject(config)) return published;
  const fields = configFieldsOfEntity(definition, published[configNamedBy(definition)], (name) => {
    const known = configFieldsOf(name);
    return known === undefined ? undefined : { config: known };
  });
  assert(fields !== undefined, 'the config of an entity that was parsed has a schema');
  const taken = takeConfigSecrets(fields, config);
  if (taken.secrets.length > 0) secrets[configSecrets.name] = writeConfigSecrets(taken.secrets);
  return { ...published, config: taken.config };
}

interface Taken {
  readonly published: JsonObject;
  readonly hidden: readonly (readonly [name: string, value: JsonValue])[];
}

function takeSecrets(fields: readonly Field[], values: JsonObject, path: string, secrets: Record<string, string>): Taken {
  const published: Record<string, JsonValue> = {};
  const hidden: (readonly [string, JsonValue])[] = [];
  const fieldOf = new Map(fields.map((field) => [field.name, field]));
  for (const [name, value] of Object.entries(values)) {
    const field = fieldOf.get(name);
    if (field?.secret !== undefined) {
      if (typeof value === 'string') secrets[joinPath(path, name)] = value;
    } else if (field?.controlPlaneOnly === true) hidden.push([name, value]);
    else published[name] = field?.type.kind === 'record' && isJsonObject(value) ? takeSecrets(field.type.fields, value, joinPath(path, name), secrets).published : value;
  }
  return { published, hidden };
}

/**
 * The opposite, for reading: what was published, the private fields and, for who may reveal them, the secrets. In the order
 * of the definition, whatever order a database keeps; a field that is newer than the entity has its default.
 */
export function joinEntity(definition: EntityDefinition, parts: SplitEntity): Entity {
  const fields = [idField, createdAtField, updatedAtField, ...definition.fields, tagsField];
  const values = { ...withConfigSecrets(definition, parts), ...parts.controlPlaneOnly };
  return { id: parts.published.id, ...complete(fields, values, '', parts.secrets) };
}

function withConfigSecrets({ configSecrets }: EntityDefinition, { published, secrets }: SplitEntity): JsonObject {
  const text = configSecrets === undefined ? undefined : secrets[configSecrets.name];
  const config = published['config'];
  return text === undefined || !isJsonObject(config) ? published : { ...published, config: putConfigSecrets(config, readConfigSecrets(text)) };
}

function complete(fields: readonly Field[], values: JsonObject, path: string, secrets: SplitEntity['secrets']): JsonObject {
  return Object.fromEntries(
    fields.map((field) => {
      const here = joinPath(path, field.name);
      const value = field.secret === undefined ? values[field.name] : (secrets[here] ?? null);
      if (value === undefined) return [field.name, defaultOf(field)];
      return [field.name, field.type.kind === 'record' && isJsonObject(value) ? complete(field.type.fields, value, here, secrets) : value];
    }),
  );
}
