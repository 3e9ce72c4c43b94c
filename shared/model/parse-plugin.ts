/**
 * The part of a plugin entity that depends on which plugin it is: its config, and where it may be applied. Used by
 * parse-entity; schemas come from the plugin catalog.
 */
import { didYouMean } from '../nearest.ts';
import type { PluginSchema, PluginScope } from '../plugins/contract.ts';
import type { Entity, EntityCheck, EntityDefinition, JsonObject, JsonValue, Problem } from './definition.ts';
import { applyPartials, type PartialOf } from './apply-partials.ts';
import { entityRule, isJsonObject } from './entity-checks.ts';
import { isForRequestsOnly, isStreamProtocol, orderedNames } from './entities/plugin-checks.ts';
import { parseFields, refuseUnknownFields, wrongKind, type FieldContext } from './parse-fields.ts';
import type { ProblemList } from './problems.ts';

/** The schema of a plugin by its name, and of a custom one by its version, the newest where none is said; undefined where no such plugin is enabled. */
export type PluginSchemaOf = (name: string, version?: string | null) => PluginSchema | undefined;

/** The plugins that may be configured. */
export interface PluginSource {
  readonly pluginSchemaOf: PluginSchemaOf;
  /** Names of all of them, for the hint at a mistyped one. */
  readonly pluginNames?: readonly string[];
  /** Versions of a custom plugin, newest first; none of a bundled one. */
  readonly versionsOf?: (name: string) => readonly string[];
}

const REFERENCES = ['service', 'route', 'consumer', 'consumer_group'] as const satisfies readonly PluginScope[];

/** The config with the plugin's defaults, or undefined after adding a problem. */
export function parsePluginConfig({ name, version = null }: JsonObject, value: JsonValue, path: string, context: FieldContext, source: PluginSource): JsonObject | undefined {
  // A missing or malformed name is reported at the name.
  if (typeof name !== 'string' || name === '') return undefined;
  const schema = source.pluginSchemaOf(name);
  if (schema === undefined) {
    const hint = didYouMean(name, source.pluginNames ?? []);
    context.problems.add('name', `plugin '${name}' not enabled; /plugins/enabled lists those that are${hint}`);
    return undefined;
  }
  const ofVersion = typeof version === 'string' ? source.pluginSchemaOf(name, version) : schema;
  if (ofVersion === undefined) return refuseVersion(name, source, context);
  if (!isJsonObject(value)) return wrongKind(context, path, 'a record', value);
  refuseUnknownFields(value, ofVersion.config.map((field) => field.name), path, context.problems);
  return parseFields(ofVersion.config, value, path, context);
}

function refuseVersion(name: string, { versionsOf }: PluginSource, context: FieldContext): undefined {
  const versions = versionsOf?.(name) ?? [];
  context.problems.add('version', versions.length === 0 ? `value must be null: plugin '${name}' has the version of the data plane` : `this version of plugin '${name}' is not registered; registered: ${versions.slice(0, 10).join(', ')}`);
  return undefined;
}

/** Protocols that are not given are those of the plugin, and what its partials say stands in its config. */
export function withPluginDefaults(definition: EntityDefinition, input: JsonObject, schemaOf: PluginSchemaOf, partialOf: PartialOf, problems: ProblemList): JsonObject {
  const schema = schemaOfPlugin(definition, input, schemaOf);
  if (schema === undefined) return input;
  const usual = schema.defaultProtocols ?? schema.protocols;
  const protocols = input['protocols'] ?? (isForRequestsOnly(input) ? usual.filter((protocol) => !isStreamProtocol(protocol)) : usual);
  return applyPartials(schema, { ...input, protocols }, partialOf, problems);
}

/** The rules that hold for this plugin: where it may be applied, over which protocols, and its own over `config`. */
export function pluginChecks(definition: EntityDefinition, entity: Entity, source: PluginSource): readonly EntityCheck[] {
  const schema = schemaOfPlugin(definition, entity, source.pluginSchemaOf);
  return schema === undefined ? [] : [scopeRule(schema), protocolRule(schema), orderRule(source), ...(schema.checks ?? [])];
}

function schemaOfPlugin(definition: EntityDefinition, entity: JsonObject, schemaOf: PluginSchemaOf): PluginSchema | undefined {
  const { name, version } = entity;
  return definition.kind === 'plugins' && typeof name === 'string' ? schemaOf(name, typeof version === 'string' ? version : null) : undefined;
}

function scopeRule(schema: PluginSchema): EntityCheck {
  return entityRule('The plugin must be one that can be applied there.', (plugin) => {
    const set = REFERENCES.filter((scope) => plugin[scope] !== null);
    const wrong: Problem[] = set
      .filter((scope) => !schema.scopes.includes(scope))
      .map((scope) => ({ field: scope, message: `value must be null: plugin '${schema.name}' cannot be applied to a ${scope}` }));
    if (set.length > 0 || schema.scopes.includes('global')) return wrong;
    return [{ field: '@entity', message: `plugin '${schema.name}' must be applied to one of: ${schema.scopes.join(', ')}` }];
  });
}

/** A name that is none would leave the plugin where its priority puts it, and nobody would know. */
function orderRule({ pluginSchemaOf, pluginNames = [] }: PluginSource): EntityCheck {
  return entityRule('A plugin is placed before or after plugins that there are.', (plugin) =>
    (['before', 'after'] as const).flatMap((side) => orderedNames(plugin, side).flatMap((name, index): readonly Problem[] => {
      if (pluginSchemaOf(name) !== undefined) return [];
      return [{ field: `ordering.${side}.access.${index + 1}`, message: `plugin '${name}' not enabled; /plugins/enabled lists those that are${didYouMean(name, pluginNames)}` }];
    })),
  );
}

function protocolRule(schema: PluginSchema): EntityCheck {
  return entityRule('The plugin must know the protocols.', (plugin) => {
    const protocols = plugin['protocols'];
    const known: readonly JsonValue[] = schema.protocols;
    if (!Array.isArray(protocols) || protocols.every((protocol: JsonValue) => known.includes(protocol))) return [];
    return [{ field: 'protocols', message: `expected one of: ${schema.protocols.join(', ')}` }];
  });
}
