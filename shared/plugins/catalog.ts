/**
 * Every plugin's schema by name: what the control plane accepts, shows under `/schemas/plugins` and reports as enabled.
 * A new plugin adds one line here and one in registry.ts; contract.test.ts fails until both and its folder are complete.
 */
import { aclSchema } from './acl/schema.ts';
import type { Field } from '../model/definition.ts';
import { basicAuthSchema } from './basic-auth/schema.ts';
import type { PluginSchema } from './contract.ts';
import { botDetectionSchema } from './bot-detection/schema.ts';
import { correlationIdSchema } from './correlation-id/schema.ts';
import { corsSchema } from './cors/schema.ts';
import { ipRestrictionSchema } from './ip-restriction/schema.ts';
import { keyAuthSchema } from './key-auth/schema.ts';
import { rateLimitingSchema } from './rate-limiting/schema.ts';
import { redirectSchema } from './redirect/schema.ts';
import { requestSizeLimitingSchema } from './request-size-limiting/schema.ts';
import { requestTerminationSchema } from './request-termination/schema.ts';
import { requestTransformerSchema } from './request-transformer/schema.ts';
import { upstreamTimeoutSchema } from './upstream-timeout/schema.ts';
import { routeByHeaderSchema } from './route-by-header/schema.ts';

const schemas: readonly PluginSchema[] = [
  aclSchema,
  basicAuthSchema,
  botDetectionSchema,
  correlationIdSchema,
  corsSchema,
  ipRestrictionSchema,
  keyAuthSchema,
  rateLimitingSchema,
  redirectSchema,
  requestSizeLimitingSchema,
  requestTerminationSchema,
  requestTransformerSchema,
  upstreamTimeoutSchema,
  routeByHeaderSchema,
];

export const pluginCatalog: ReadonlyMap<string, PluginSchema> = new Map(schemas.map((schema) => [schema.name, schema]));

/** For redact.ts: which fields of a plugin's config there are, and which of them are secret. */
export function configFieldsOf(pluginName: string): readonly Field[] | undefined {
  return pluginCatalog.get(pluginName)?.config;
}
