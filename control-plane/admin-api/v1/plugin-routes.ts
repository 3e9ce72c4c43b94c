/**
 * `/v1/plugins`: the plugins that can be configured, in all their versions, and where custom ones are registered: schema, version and
 * hash. Their code is not here: data planes bring it along (HOLDFAST_PLUGINS). Everybody reads, installation admins register.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { isJsonObject } from '../../../shared/model/entity-checks.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import { isBundled, pluginCatalog, pluginSchemaOf } from '../../../shared/plugins/catalog.ts';
import type { PluginSchema } from '../../../shared/plugins/contract.ts';
import { readSchemaDocument, toSchemaDocument } from '../../../shared/plugins/schema-document.ts';
import type { CustomPlugins } from '../../plugins/custom-plugins.ts';
import type { RegisteredPlugin } from '../../store/plugin-store.ts';
import { created, notFound, ok, Refusal, schemaViolation, unsupportedMediaType, type Answer } from '../answer.ts';
import { param, tenantRoute, type AdminRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { showTime } from './own-values.ts';

const operation = ownOperation<AdminRequest>();
const FIELDS = ['schema', 'hash'] as const;
/** It is read by every instance, and shown whole. */
const MAX_DOCUMENT_CHARACTERS = 262_144;
/** Of all plugins together, which every instance has in memory (R5). */
const MAX_VERSIONS = 5_000;
const SHA_256 = /^[0-9a-f]{64}$/;

export function pluginRoutes(plugins: Pick<CustomPlugins, 'known' | 'register'>): readonly Route[] {
  return [
    tenantRoute('/v1/plugins', {
      GET: operation({
        permission: { on: 'node', verb: 'read' },
        summary: 'List the plugins that can be configured, custom ones in all their versions',
        handle: async () => ok({ data: [...[...pluginCatalog.values()].filter(({ name }) => isBundled(name)).map(showBundled), ...plugins.known.map(showCustom)], next: null }),
      }),
      POST: {
        permission: { on: 'plugin-schemas', verb: 'create' },
        description: { summary: 'Register a version of a custom plugin; what is registered never changes', success: 201, bodySchema: BODY, bodyExample: PLUGIN_EXAMPLE },
        handle: (request) => register(plugins, request),
      },
    }),
    tenantRoute('/v1/plugins/:name/:version', {
      GET: operation({
        permission: { on: 'node', verb: 'read' },
        summary: 'Read a version of a plugin, with the schema of its config',
        handle: async (request) => {
          const [name, version] = [param(request, 'name'), param(request, 'version')];
          const custom = plugins.known.find((plugin) => plugin.name === name && plugin.version === version);
          if (custom !== undefined) return ok({ ...showCustom(custom), schema: custom.schema });
          const bundled = isBundled(name) ? pluginSchemaOf(name) : undefined;
          if (bundled?.version !== version) throw notFound();
          return ok({ ...showBundled(bundled), schema: toSchemaDocument(bundled).document });
        },
      }),
    }),
  ];
}

async function register(plugins: Pick<CustomPlugins, 'known' | 'register'>, { body, actor }: AdminRequest): Promise<Answer> {
  if (body.kind !== 'json') throw unsupportedMediaType();
  const unknown = Object.keys(body.value).filter((name) => !FIELDS.some((known) => known === name));
  if (unknown.length > 0) throw schemaViolation(unknown.map((field) => ({ field, message: `unknown field${didYouMean(field, FIELDS)}` })));
  const { schema: document = null, hash = null } = body.value;
  if (typeof hash !== 'string' || !SHA_256.test(hash)) throw schemaViolation([{ field: 'hash', message: 'expected the SHA-256 over the files of the plugin in lower-case hex; "holdfast plugin register" sends it' }]);
  if (!isJsonObject(document)) throw schemaViolation([{ field: 'schema', message: 'expected a record' }]);
  const read = readSchemaDocument(document);
  if (read.kind === 'refused') throw schemaViolation(read.problems);
  const { name, version } = read.schema;
  if (isBundled(name)) throw schemaViolation([{ field: 'schema.name', message: `'${name}' is a bundled plugin: choose another name` }]);
  const schema = toSchemaDocument(read.schema).document;
  if (JSON.stringify(schema).length > MAX_DOCUMENT_CHARACTERS) throw schemaViolation([{ field: 'schema', message: `at most ${MAX_DOCUMENT_CHARACTERS} characters of JSON` }]);
  if (plugins.known.length >= MAX_VERSIONS && !plugins.known.some((known) => known.name === name && known.version === version)) {
    throw new Refusal({ code: 'ADMIN_PLUGINS_FULL', status: 409, body: { message: `${plugins.known.length} versions of plugins are registered, and ${MAX_VERSIONS} may be: register releases, not builds` } });
  }
  const registered = await plugins.register({ name, version, hash, schema, registeredBy: actor.name });
  if (registered.hash !== hash) {
    throw new Refusal({ code: 'ADMIN_PLUGIN_REGISTERED', status: 409, body: { message: `plugin ${name} ${version} is registered with another hash (${registered.hash}): what is registered never changes; give it a new version` } });
  }
  return created(showCustom(registered));
}

function showBundled({ name, version, priority, scopes, protocols, description }: PluginSchema): JsonObject {
  return { name, version, source: 'bundled', priority, scopes, protocols, description, hash: null, registered_at: null, registered_by: null };
}

function showCustom({ name, version, hash, registeredAt, registeredBy, schema }: RegisteredPlugin): JsonObject {
  const { priority = null, scopes = null, protocols = null, description = null } = schema;
  return { name, version, source: 'custom', priority, scopes, protocols, description, hash, registered_at: showTime(registeredAt), registered_by: registeredBy };
}

/** For the OpenAPI document; test/custom-plugins.test.ts sends it. */
export const PLUGIN_EXAMPLE: JsonObject = {
  hash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  schema: {
    name: 'greeting', version: '1.0.0', priority: 500, scopes: ['global', 'service', 'route'], protocols: ['http', 'https'], description: 'Sends a greeting with every response.',
    config: [{ name: 'text', tag: 1, type: { kind: 'string', maxLength: 100 }, required: true, default: 'hello', description: 'What is sent.' }],
  },
};

const BODY: JsonObject = {
  type: 'object',
  required: [...FIELDS],
  additionalProperties: false,
  properties: {
    schema: { type: 'object', description: 'Name, version, priority, scopes, protocols, description and the fields of the config.' },
    hash: { type: 'string', description: 'SHA-256 over the files of the plugin, lower-case hex.' },
  },
};
