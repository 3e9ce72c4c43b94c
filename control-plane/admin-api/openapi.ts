/**
 * The OpenAPI 3.1 document, made from the entity definitions and plugin schemas; the paths of entities are in
 * openapi-paths.ts, errors in openapi-errors.ts. Called by the admin API for `/openapi.json`; paths of our own
 * (`/v1/…`, `/status`) are handed in. Deterministic, so that the document can be golden.
 */
import type { EntityDefinition, JsonObject } from '../../shared/model/definition.ts';
import { configSchema, entitySchema, inputSchema } from '../../shared/model/json-schema.ts';
import { typeName } from '../../shared/model/type-name.ts';
import type { PluginSchema } from '../../shared/plugins/contract.ts';
import { vaultCatalog } from '../../shared/vaults/catalog.ts';
import { errorResponses, errorSchemas } from './openapi-errors.ts';
import { exampleComponents } from './openapi-examples.ts';
import { CONDITION_PARAMETERS, entityPaths, LIST_PARAMETERS, PASSWORD_PARAMETERS } from './openapi-paths.ts';

/** What the generic paths do not cover. */
export interface OpenApiExtras {
  /** Software version, shown as the document's. */
  readonly version: string;
  /** OpenAPI path items by path. */
  readonly paths: JsonObject;
  /** Schemas they refer to, by name. */
  readonly schemas?: JsonObject;
}

/** The whole document, as JSON. */
export function buildOpenApi(definitions: readonly EntityDefinition[], plugins: readonly PluginSchema[], extras: OpenApiExtras): JsonObject {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast admin API',
      version: extras.version,
      description: "Kong's admin API for the entities below, and endpoints of our own under /v1. Every path of an entity also exists under the name of a gateway. Bodies may be JSON or forms (`a.b=`, `list[]=`).",
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      { url: '/', description: 'The default gateway.' },
      { url: '/{gateway}', description: 'A gateway by its name.', variables: { gateway: { default: 'default' } } },
    ],
    security: [{ bearer: [] }, { adminToken: [] }],
    tags: definitions.map(({ kind, description }) => ({ name: kind, description })),
    paths: { ...entityPaths(definitions), ...extras.paths },
    components: {
      schemas: { ...entitySchemas(definitions, plugins), ...errorSchemas, ...extras.schemas },
      responses: errorResponses,
      parameters: { ...LIST_PARAMETERS, ...CONDITION_PARAMETERS, ...PASSWORD_PARAMETERS },
      examples: exampleComponents({ pluginSchemaOf: (name) => plugins.find((plugin) => plugin.name === name), pluginNames: plugins.map(({ name }) => name) }),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        adminToken: { type: 'apiKey', in: 'header', name: 'Kong-Admin-Token' },
      },
    },
  };
}

/** What the `config` of an entity of this name may hold. */
interface NamedConfig {
  readonly name: string;
  readonly schemaName: string;
  readonly schema: JsonObject;
}

/** `Service` as answered, `ServiceCreate` and `ServicePatch` as written, `AclConfig` and `EnvVaultConfig` for what a plugin or vault takes. */
function entitySchemas(definitions: readonly EntityDefinition[], plugins: readonly PluginSchema[]): JsonObject {
  const ofPlugins = plugins.map((plugin) => namedConfig(plugin, ''));
  const ofVaults = [...vaultCatalog.values()].map((vault) => namedConfig(vault, ' vault'));
  const entities = definitions.flatMap((definition) => {
    const name = typeName(definition);
    const configs = definition.kind === 'plugins' ? ofPlugins : definition.kind === 'vaults' ? ofVaults : [];
    return [
      [name, entitySchema(definition)],
      [`${name}Create`, { ...inputSchema(definition, 'create'), ...(configs.length === 0 ? {} : { allOf: configs.map(configByName) }) }],
      [`${name}Patch`, inputSchema(definition, 'patch')],
    ];
  });
  return Object.fromEntries([...entities, ...[...ofPlugins, ...ofVaults].map(({ schemaName, schema }) => [schemaName, schema])]);
}

function namedConfig({ name, description, config }: Pick<PluginSchema, 'name' | 'description' | 'config'>, suffix: string): NamedConfig {
  return { name, schemaName: `${typeName({ singular: `${name}${suffix}` })}Config`, schema: { description, ...configSchema(config) } };
}

function configByName({ name, schemaName }: NamedConfig): JsonObject {
  return {
    if: { properties: { name: { const: name } }, required: ['name'] },
    then: { properties: { config: { anyOf: [{ $ref: `#/components/schemas/${schemaName}` }, { type: 'null' }] } } },
  };
}
