/**
 * Whether two states of an entity are the same, where order in a set says nothing and the times neither; and what a plan tells of
 * a difference. Secrets are named and never shown (shared/model/redact.ts). Used by plan-changes.ts.
 */
import { canonicalJson } from '../../shared/model/canonical-json.ts';
import { tagsField } from '../../shared/model/common-fields.ts';
import { defaultOf } from '../../shared/model/default-value.ts';
import type { Entity, EntityDefinition, Field, FieldType, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import type { PluginSource } from '../../shared/model/parse-plugin.ts';
import { configFieldsOfEntity, configNamedBy } from '../../shared/model/parse-vault.ts';
import { changedFields, type FieldChange } from '../../shared/model/redact.ts';

const NOT_TOLD: ReadonlySet<string> = new Set(['id', 'created_at', 'updated_at']);

/** The entity's own fields, with those of the config of the plugin, vault or partial that it is. */
export function fieldsOf(definition: EntityDefinition, entity: JsonObject, plugins: PluginSource): readonly Field[] {
  const config = configFieldsOfEntity(definition, entity[configNamedBy(definition)], plugins.pluginSchemaOf);
  const own = definition.fields.map((field: Field): Field => (field.type.kind === 'plugin-config' && config !== undefined ? { ...field, type: { kind: 'record', fields: config } } : field));
  return [...own, tagsField];
}

export function isSameEntity(definition: EntityDefinition, before: Entity, after: Entity, plugins: PluginSource): boolean {
  return fieldsOf(definition, after, plugins).every(({ name, type }) => isSame(type, told(name, before[name]), told(name, after[name])));
}

/** No tags and an empty list of them say the same. */
function told(name: string, value: JsonValue | undefined): JsonValue {
  return value === undefined || (name === tagsField.name && Array.isArray(value) && value.length === 0) ? null : value;
}

/** Of what was not there, and of what is gone, only what differs from its default. */
export function shownChanges(definition: EntityDefinition, before: Entity | undefined, after: Entity | undefined, plugins: PluginSource): readonly FieldChange[] {
  const changes = changedFields(definition, before, after, (name) => plugins.pluginSchemaOf(name)?.config).filter(({ field }) => !NOT_TOLD.has(field));
  if (before !== undefined && after !== undefined) return changes;
  const defaults = new Map(fieldsOf(definition, after ?? before ?? {}, plugins).map((field) => [field.name, { type: field.type, value: defaultOf(field) }]));
  return changes.filter(({ field, before: old, after: now }) => {
    const known = defaults.get(field);
    return known === undefined || !isSame(known.type, old ?? now, known.value);
  });
}

function isSame(type: FieldType, one: JsonValue, other: JsonValue): boolean {
  return one === other || canonicalJson(unordered(type, one)) === canonicalJson(unordered(type, other));
}

/** Sets in one order. */
function unordered(type: FieldType, value: JsonValue): JsonValue {
  if ((type.kind === 'set' || type.kind === 'array') && Array.isArray(value)) {
    const items = value.map((item: JsonValue) => unordered(type.of, item));
    return type.kind === 'array' ? items : items.toSorted((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1));
  }
  if (type.kind !== 'record' || !isJsonObject(value)) return value;
  const typeOf = new Map(type.fields.map((field) => [field.name, field.type]));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => {
    const known = typeOf.get(name);
    return [name, known === undefined ? inner : unordered(known, inner)];
  }));
}
