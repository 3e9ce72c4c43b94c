/**
 * Every plugin's handler by name: what a data plane can run. The published config is parsed here, at the door, against
 * the plugin's own schema, so that handlers get typed values. A new plugin adds one line here and one in catalog.ts.
 */
import type { JsonObject } from '../model/definition.ts';
import type { RecordOf } from '../model/entity-types.ts';
import { parseFields, refuseUnknownFields } from '../model/parse-fields.ts';
import { formatSchemaViolation, ProblemList } from '../model/problems.ts';
import { HoldfastError } from '../errors.ts';
import { aclFactory } from './acl/handler.ts';
import { aclSchema } from './acl/schema.ts';
import { basicAuthFactory } from './basic-auth/handler.ts';
import { basicAuthSchema } from './basic-auth/schema.ts';
import type { PluginFactory, PluginInstance, PluginSchema } from './contract.ts';
import type { PluginServices } from './plugin-services.ts';
import { botDetectionFactory } from './bot-detection/handler.ts';
import { botDetectionSchema } from './bot-detection/schema.ts';
import { correlationIdFactory } from './correlation-id/handler.ts';
import { correlationIdSchema } from './correlation-id/schema.ts';
import { corsFactory } from './cors/handler.ts';
import { corsSchema } from './cors/schema.ts';
import { ipRestrictionFactory } from './ip-restriction/handler.ts';
import { ipRestrictionSchema } from './ip-restriction/schema.ts';
import { keyAuthFactory } from './key-auth/handler.ts';
import { keyAuthSchema } from './key-auth/schema.ts';
import { knownConfig } from './known-config.ts';
import { mtlsAuthFactory } from './mtls-auth/handler.ts';
import { mtlsAuthSchema } from './mtls-auth/schema.ts';
import { proxyCacheFactory } from './proxy-cache/handler.ts';
import { proxyCacheSchema } from './proxy-cache/schema.ts';
import { rateLimitingFactory } from './rate-limiting/handler.ts';
import { rateLimitingSchema } from './rate-limiting/schema.ts';
import { rateLimitingAdvancedFactory } from './rate-limiting-advanced/handler.ts';
import { rateLimitingAdvancedSchema } from './rate-limiting-advanced/schema.ts';
import { requestValidatorFactory } from './request-validator/handler.ts';
import { requestValidatorSchema } from './request-validator/schema.ts';
import { responseRatelimitingFactory } from './response-ratelimiting/handler.ts';
import { responseRatelimitingSchema } from './response-ratelimiting/schema.ts';
import { redirectFactory } from './redirect/handler.ts';
import { redirectSchema } from './redirect/schema.ts';
import { requestSizeLimitingFactory } from './request-size-limiting/handler.ts';
import { requestSizeLimitingSchema } from './request-size-limiting/schema.ts';
import { requestTerminationFactory } from './request-termination/handler.ts';
import { requestTerminationSchema } from './request-termination/schema.ts';
import { requestTransformerFactory } from './request-transformer/handler.ts';
import { requestTransformerSchema } from './request-transformer/schema.ts';
import { upstreamTimeoutFactory } from './upstream-timeout/handler.ts';
import { upstreamTimeoutSchema } from './upstream-timeout/schema.ts';
import { routeByHeaderFactory } from './route-by-header/handler.ts';
import { routeByHeaderSchema } from './route-by-header/schema.ts';
import { canaryFactory } from './canary/handler.ts';
import { canarySchema } from './canary/schema.ts';
import { jwtFactory } from './jwt/handler.ts';
import { jwtSchema } from './jwt/schema.ts';
import { responseTransformerFactory } from './response-transformer/handler.ts';
import { responseTransformerSchema } from './response-transformer/schema.ts';
import { exitTransformerFactory } from './exit-transformer/handler.ts';
import { exitTransformerSchema } from './exit-transformer/schema.ts';

export interface RegisteredPlugin {
  readonly schema: PluginSchema;
  /** Throws PLUGIN_CONFIG_INVALID where the config breaks the schema, or whatever the plugin's `create` throws. */
  create(config: JsonObject, services: PluginServices): PluginInstance;
}

const plugins: readonly RegisteredPlugin[] = [
  registerPlugin(aclSchema, aclFactory),
  registerPlugin(basicAuthSchema, basicAuthFactory),
  registerPlugin(botDetectionSchema, botDetectionFactory),
  registerPlugin(canarySchema, canaryFactory),
  registerPlugin(correlationIdSchema, correlationIdFactory),
  registerPlugin(corsSchema, corsFactory),
  registerPlugin(ipRestrictionSchema, ipRestrictionFactory),
  registerPlugin(jwtSchema, jwtFactory),
  registerPlugin(keyAuthSchema, keyAuthFactory),
  registerPlugin(mtlsAuthSchema, mtlsAuthFactory),
  registerPlugin(proxyCacheSchema, proxyCacheFactory),
  registerPlugin(rateLimitingSchema, rateLimitingFactory),
  registerPlugin(rateLimitingAdvancedSchema, rateLimitingAdvancedFactory),
  registerPlugin(requestValidatorSchema, requestValidatorFactory),
  registerPlugin(responseRatelimitingSchema, responseRatelimitingFactory),
  registerPlugin(redirectSchema, redirectFactory),
  registerPlugin(requestSizeLimitingSchema, requestSizeLimitingFactory),
  registerPlugin(requestTerminationSchema, requestTerminationFactory),
  registerPlugin(requestTransformerSchema, requestTransformerFactory),
  registerPlugin(routeByHeaderSchema, routeByHeaderFactory),
  registerPlugin(upstreamTimeoutSchema, upstreamTimeoutFactory),
  registerPlugin(responseTransformerSchema, responseTransformerFactory),
  registerPlugin(exitTransformerSchema, exitTransformerFactory),
];

export const pluginRegistry: ReadonlyMap<string, RegisteredPlugin> = new Map(plugins.map((plugin) => [plugin.schema.name, plugin]));

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
