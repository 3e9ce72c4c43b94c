/**
 * A plugin that a data plane can run: its schema, and what makes instances of a published config. The config is parsed here, at the
 * door, against the schema, so that handlers get typed values. Used by registry.ts and for custom plugins (plugin-kit/plugin-package.ts).
 */
import { HoldfastError } from '../errors.ts';
import type { JsonObject } from '../model/definition.ts';
import type { RecordOf } from '../model/entity-types.ts';
import { parseFields, refuseUnknownFields } from '../model/parse-fields.ts';
import { formatSchemaViolation, ProblemList } from '../model/problems.ts';
import type { PluginFactory, PluginInstance, PluginSchema } from './contract.ts';
import { knownConfig } from './known-config.ts';
import type { PluginServices } from './plugin-services.ts';

export interface RegisteredPlugin {
  readonly schema: PluginSchema;
  /** Throws PLUGIN_CONFIG_INVALID where the config breaks the schema, or whatever the plugin's `create` throws. */
  create(config: JsonObject, services: PluginServices): PluginInstance;
}

/** Ties a handler to its schema; the config type of the one is read off the other. */
export function registerPlugin<const S extends PluginSchema>(schema: S, factory: PluginFactory<RecordOf<S['config']>>): RegisteredPlugin {
  return { schema, create: (config, services) => factory.create(parseConfig(schema, config), services) };
}

function parseConfig<const S extends PluginSchema>(schema: S, config: JsonObject): RecordOf<S['config']> {
  const problems = new ProblemList();
  const known = knownConfig(schema.config, config);
  refuseUnknownFields(known, schema.config.map(({ name }) => name), 'config', problems);
  const parsed = parseFields(schema.config, known, 'config', {
    problems,
    resolved: true,
    newKey: () => '',
    parsePluginConfig: () => undefined,
  });
  if (problems.problems.length > 0) {
    throw new HoldfastError({ code: 'PLUGIN_CONFIG_INVALID', source: 'control-plane', publicMessage: `${schema.name}: ${formatSchemaViolation(problems.problems)}` });
  }
  // The door: every field was just checked against the schema from which the type is read.
  return parsed as RecordOf<S['config']>;
}
