/**
 * The part of a vault entity that depends on which kind of vault it is: its config. Used by parse-entity; schemas come from the
 * vault catalog.
 */
import { partialFieldsOf } from '../plugins/partial-types.ts';
import { vaultCatalog, type VaultSchema } from '../vaults/catalog.ts';
import type { EntityCheck, EntityDefinition, Field, JsonObject, JsonValue } from './definition.ts';
import { isJsonObject } from './entity-checks.ts';
import { parseFields, refuseUnknownFields, wrongKind, type FieldContext } from './parse-fields.ts';

/** The config with the defaults of the kind of vault, or undefined after adding a problem. */
export function parseVaultConfig(name: JsonValue | undefined, value: JsonValue, path: string, context: FieldContext): JsonObject | undefined {
  const schema = vaultSchemaOf(name);
  // A missing or unknown name is reported at the name.
  if (schema === undefined) return undefined;
  if (!isJsonObject(value)) return wrongKind(context, path, 'a record', value);
  refuseUnknownFields(value, schema.config.map((field) => field.name), path, context.problems);
  return parseFields(schema.config, value, path, context);
}

/** The rules of the kind of vault over its config. */
export function vaultChecks(definition: EntityDefinition, entity: JsonObject): readonly EntityCheck[] {
  return definition.kind === 'vaults' ? (vaultSchemaOf(entity['name'])?.checks ?? []) : [];
}

/** The field that says which schema an entity's `config` follows. */
export function configNamedBy({ kind }: EntityDefinition): 'name' | 'type' {
  return kind === 'partials' ? 'type' : 'name';
}

/** What the `config` of an entity may hold, be it a plugin, a vault or a partial; `name` is what stands in `configNamedBy`. Undefined where it has none or nobody knows it. */
export function configFieldsOfEntity(definition: EntityDefinition, name: JsonValue | undefined, pluginSchemaOf: (name: string) => { readonly config: readonly Field[] } | undefined): readonly Field[] | undefined {
  if (definition.kind === 'partials') return typeof name === 'string' ? partialFieldsOf(name) : undefined;
  if (definition.kind === 'vaults') return vaultSchemaOf(name)?.config;
  return definition.kind === 'plugins' && typeof name === 'string' ? pluginSchemaOf(name)?.config : undefined;
}

function vaultSchemaOf(name: JsonValue | undefined): VaultSchema | undefined {
  return typeof name === 'string' ? vaultCatalog.get(name) : undefined;
}
