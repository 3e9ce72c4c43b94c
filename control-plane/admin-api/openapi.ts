/**
 * The OpenAPI 3.1 document, made from the entity definitions and plugin schemas; the paths of entities are in
 * openapi-paths.ts, errors in openapi-errors.ts. Called by the admin API for `/openapi.json`; paths of our own
 * (`/v1/…`, `/status`) are handed in. Deterministic, so that the document can be golden.
 */
import type { EntityDefinition, JsonObject } from '../../shared/model/definition.ts';
import { configSchema, entitySchema, inputSchema } from '../../shared/model/json-schema.ts';
import { typeName } from '../../shared/model/type-name.ts';
import type { PluginSchema } from '../../shared/plugins/contract.ts';
import { errorResponses, errorSchemas } from './openapi-errors.ts';
import { entityPaths, LIST_PARAMETERS } from './openapi-paths.ts';

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
      parameters: LIST_PARAMETERS,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        adminToken: { type: 'apiKey', in: 'header', name: 'Kong-Admin-Token' },
      },
    },
  };
}

/** `Service` as answered, `ServiceCreate` and `ServicePatch` as written, `AclConfig` for what a plugin takes. */
function entitySchemas(definitions: readonly EntityDefinition[], plugins: readonly PluginSchema[]): JsonObject {
  const entities = definitions.flatMap((definition) => {
    const name = typeName(definition);
    const perPlugin = definition.kind === 'plugins' ? { allOf: plugins.map(configByName) } : {};
    return [
      [name, entitySchema(definition)],
      [`${name}Create`, { ...inputSchema(definition, 'create'), ...perPlugin }],
      [`${name}Patch`, inputSchema(definition, 'patch')],
    ];
  });
  const configs = plugins.map((plugin) => [configName(plugin), { description: plugin.description, ...configSchema(plugin.config) }]);
  return Object.fromEntries([...entities, ...configs]);
}

function configName(plugin: PluginSchema): string {
  return `${typeName({ singular: plugin.name })}Config`;
}

function configByName(plugin: PluginSchema): JsonObject {
  return {
    if: { properties: { name: { const: plugin.name } }, required: ['name'] },
    then: { properties: { config: { anyOf: [{ $ref: `#/components/schemas/${configName(plugin)}` }, { type: 'null' }] } } },
  };
}
