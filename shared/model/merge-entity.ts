/**
 * What PATCH means: records merge field by field, also inside a plugin's config; lists, maps and single values are
 * replaced. Called by parse-entity, which checks the result as a whole afterwards.
 */
import type { Entity, EntityDefinition, Field, JsonObject, JsonValue } from './definition.ts';
import { isJsonObject } from './entity-checks.ts';
import type { PluginSchemaOf } from './parse-plugin.ts';
import { configFieldsOfEntity, configNamedBy } from './parse-vault.ts';

/** `input` over `previous`. A config of another plugin than before is not merged: the two have nothing in common. */
export function mergeEntity(definition: EntityDefinition, previous: Entity, input: JsonObject, pluginSchemaOf: PluginSchemaOf): JsonObject {
  const naming = configNamedBy(definition);
  const name = input[naming] ?? previous[naming];
  const samePlugin = name === previous[naming];
  const configFields = configFieldsOfEntity(definition, name, pluginSchemaOf) ?? [];
  if (!samePlugin && definition.fields.some((field) => field.type.kind === 'plugin-config')) {
    return { ...previous, config: null, protocols: null, ...input };
  }
  return mergeRecord(definition.fields, previous, input, configFields);
}

function mergeRecord(fields: readonly Field[], previous: JsonObject, input: JsonObject, configFields: readonly Field[]): JsonObject {
  const merged: Record<string, JsonValue> = { ...previous, ...input };
  for (const field of fields) {
    const inner = field.type.kind === 'plugin-config' ? configFields : field.type.kind === 'record' ? field.type.fields : undefined;
    const before = previous[field.name];
    const now = input[field.name];
    if (inner !== undefined && isJsonObject(before) && isJsonObject(now)) merged[field.name] = mergeRecord(inner, before, now, configFields);
  }
  return merged;
}
