/**
 * Definitions in the form of Kong's `/schemas/…` answers, which clients read for types and defaults: one object per
 * field under its name, records nested. Called by the admin API.
 */
import { createdAtField, idField, tagsField, updatedAtField } from './common-fields.ts';
import { defaultOf } from './default-value.ts';
import type { EntityDefinition, Field, FieldType, JsonObject, JsonValue, StringType } from './definition.ts';
import type { PluginSchema } from '../plugins/contract.ts';
import type { VaultSchema } from '../vaults/catalog.ts';

/** `/schemas/{entity}`. */
export function kongSchema(definition: EntityDefinition): JsonObject {
  return {
    name: definition.kind,
    primary_key: ['id'],
    ...(definition.endpointKey === undefined ? {} : { endpoint_key: definition.endpointKey }),
    fields: [
      { id: { ...fieldSchema(idField), uuid: true, auto: true } },
      { created_at: { ...fieldSchema(createdAtField), timestamp: true, auto: true } },
      { updated_at: { ...fieldSchema(updatedAtField), timestamp: true, auto: true } },
      ...definition.fields.map(namedField),
      namedField(tagsField),
    ],
    shorthand_fields: shorthandFields(definition),
    entity_checks: [...(definition.bounds ?? []), ...(definition.checks ?? [])].map(({ description }) => ({ description })),
  };
}

/** `/schemas/plugins/{name}`: what of a plugin entity depends on the plugin. `pluginEntity` is the definition of `plugins`. */
export function kongPluginSchema(plugin: PluginSchema, pluginEntity: EntityDefinition): JsonObject {
  const references = pluginEntity.fields.filter(({ type }) => type.kind === 'reference');
  const scopes: readonly string[] = plugin.scopes;
  return {
    name: plugin.name,
    fields: [
      ...references.map((field) => ({ [field.name]: { ...fieldSchema(field), ...(scopes.includes(field.name) ? {} : { eq: null }) } })),
      { protocols: { type: 'set', required: true, default: plugin.defaultProtocols ?? plugin.protocols, elements: { type: 'string', one_of: plugin.protocols } } },
      { config: { type: 'record', required: true, fields: plugin.config.map(namedField) } },
    ],
    ...(plugin.partials === undefined ? {} : { supported_partials: Object.fromEntries([...Map.groupBy(plugin.partials, ({ type }) => type)].map(([type, places]) => [type, places.map(({ path }) => path)])) }),
    entity_checks: (plugin.checks ?? []).map(({ description }) => ({ description })),
  };
}

/** `/schemas/partials/{type}`: what the config of a partial of this type may hold. */
export function kongPartialSchema(type: string, fields: readonly Field[]): JsonObject {
  return { name: type, fields: [{ config: { type: 'record', required: true, fields: fields.map(namedField) } }] };
}

/** `/schemas/vaults/{name}`: what of a vault entity depends on the kind of vault. */
export function kongVaultSchema(vault: VaultSchema): JsonObject {
  return {
    name: vault.name,
    fields: [{ config: { type: 'record', required: true, fields: vault.config.map(namedField) } }],
    entity_checks: (vault.checks ?? []).map(({ description }) => ({ description })),
  };
}

/** Shorthands that are fields of their own, also a list of names; those that only adjust a real field are not shown. */
function shorthandFields(definition: EntityDefinition): JsonValue {
  const own = new Set(definition.fields.map(({ name }) => name));
  return [...(definition.shorthands ?? []), ...(definition.nameList === undefined ? [] : [definition.nameList])]
    .filter(({ name }) => !own.has(name))
    .map(({ name, type, description }) => ({ [name]: { ...typeSchema(type), description } }));
}

function namedField(field: Field): JsonObject {
  return { [field.name]: fieldSchema(field) };
}

function fieldSchema(field: Field): JsonObject {
  return {
    ...typeSchema(field.type),
    description: field.description,
    ...(field.required === true ? { required: true } : {}),
    ...(field.auto === undefined ? {} : { required: true, auto: true }),
    ...(field.unique === true ? { unique: true } : {}),
    ...(field.default === undefined ? {} : { default: defaultOf(field) }),
    ...(field.secret === undefined ? {} : { encrypted: true }),
    ...(field.referenceable === true ? { referenceable: true } : {}),
  };
}

function typeSchema(type: FieldType): JsonObject {
  switch (type.kind) {
    case 'string':
      return { type: 'string', ...stringLimits(type) };
    case 'integer':
      return { type: 'integer', ...(type.oneOf === undefined ? {} : { one_of: type.oneOf }), ...(type.between === undefined ? {} : { between: type.between }) };
    case 'number':
      return { type: 'number', ...(type.between === undefined ? {} : { between: type.between }) };
    case 'boolean':
      return { type: 'boolean' };
    case 'array':
      return { type: 'array', elements: typeSchema(type.of), ...(type.minLength === undefined ? {} : { len_min: type.minLength }) };
    case 'set':
      return {
        type: 'set',
        elements: typeSchema(type.of),
        ...(type.minLength === undefined ? {} : { len_min: type.minLength }),
        ...(type.mutuallyExclusiveSubsets === undefined ? {} : { mutually_exclusive_subsets: type.mutuallyExclusiveSubsets }),
      };
    case 'map':
      return { type: 'map', keys: typeSchema(type.keys), values: typeSchema(type.values) };
    case 'record':
      return { type: 'record', fields: type.fields.map(namedField) };
    case 'reference':
      if (type.bare === true) return { type: 'string', uuid: true };
      return { type: 'foreign', reference: type.to, ...(type.onDelete === 'cascade' ? { on_delete: 'cascade' } : {}) };
    case 'plugin-config':
      return { type: 'record', abstract: true, fields: [] };
    case 'unavailable':
      return { type: type.shownAs, eq: null };
  }
}

function stringLimits(type: StringType): JsonObject {
  return {
    ...(type.oneOf === undefined ? {} : { one_of: type.oneOf }),
    ...(type.minLength === undefined ? {} : { len_min: type.minLength }),
    ...(type.maxLength === undefined ? {} : { len_max: type.maxLength }),
    ...(type.rules === undefined ? {} : { rules: type.rules.map(({ name }) => name) }),
  };
}
