/**
 * Every plugin's schema by name: what the control plane accepts, shows under `/schemas/plugins` and reports as enabled.
 * A new plugin adds one line here and one in registry.ts; contract.test.ts fails until both and its folder are complete.
 */
import { accessRecordsSchema } from './access-records/schema.ts';
import { aclSchema } from './acl/schema.ts';
import { defined } from '../assert.ts';
import type { Field } from '../model/definition.ts';
import { basicAuthSchema } from './basic-auth/schema.ts';
import type { PluginSchema } from './contract.ts';
import { compareSemanticVersions } from './schema-document.ts';
import { botDetectionSchema } from './bot-detection/schema.ts';
import { correlationIdSchema } from './correlation-id/schema.ts';
import { corsSchema } from './cors/schema.ts';
import { ipRestrictionSchema } from './ip-restriction/schema.ts';
import { keyAuthSchema } from './key-auth/schema.ts';
import { mtlsAuthSchema } from './mtls-auth/schema.ts';
import { opentelemetrySchema } from './opentelemetry/schema.ts';
import { zipkinSchema } from './zipkin/schema.ts';
import { prometheusSchema } from './prometheus/schema.ts';
import { proxyCacheSchema } from './proxy-cache/schema.ts';
import { rateLimitingSchema } from './rate-limiting/schema.ts';
import { rateLimitingAdvancedSchema } from './rate-limiting-advanced/schema.ts';
import { requestValidatorSchema } from './request-validator/schema.ts';
import { responseRatelimitingSchema } from './response-ratelimiting/schema.ts';
import { redirectSchema } from './redirect/schema.ts';
import { requestSizeLimitingSchema } from './request-size-limiting/schema.ts';
import { requestTerminationSchema } from './request-termination/schema.ts';
import { requestTransformerSchema } from './request-transformer/schema.ts';
import { upstreamTimeoutSchema } from './upstream-timeout/schema.ts';
import { routeByHeaderSchema } from './route-by-header/schema.ts';
import { canarySchema } from './canary/schema.ts';
import { jwtSchema } from './jwt/schema.ts';
import { responseTransformerSchema } from './response-transformer/schema.ts';
import { exitTransformerSchema } from './exit-transformer/schema.ts';
import { fileLogSchema } from './file-log/schema.ts';
import { hmacAuthSchema } from './hmac-auth/schema.ts';
import { httpLogSchema } from './http-log/schema.ts';
import { datadogSchema } from './datadog/schema.ts';
import { kafkaLogSchema } from './kafka-log/schema.ts';
import { logglySchema } from './loggly/schema.ts';
import { splunkSchema } from './splunk/schema.ts';
import { statsdSchema } from './statsd/schema.ts';
import { syslogSchema } from './syslog/schema.ts';
import { tcpLogSchema } from './tcp-log/schema.ts';
import { udpLogSchema } from './udp-log/schema.ts';

const schemas = [
  accessRecordsSchema,
  aclSchema,
  basicAuthSchema,
  botDetectionSchema,
  canarySchema,
  correlationIdSchema,
  corsSchema,
  datadogSchema,
  exitTransformerSchema,
  fileLogSchema,
  hmacAuthSchema,
  httpLogSchema,
  ipRestrictionSchema,
  jwtSchema,
  kafkaLogSchema,
  keyAuthSchema,
  logglySchema,
  mtlsAuthSchema,
  opentelemetrySchema,
  prometheusSchema,
  proxyCacheSchema,
  rateLimitingAdvancedSchema,
  rateLimitingSchema,
  redirectSchema,
  requestSizeLimitingSchema,
  requestTerminationSchema,
  requestTransformerSchema,
  requestValidatorSchema,
  responseRatelimitingSchema,
  responseTransformerSchema,
  routeByHeaderSchema,
  splunkSchema,
  statsdSchema,
  syslogSchema,
  tcpLogSchema,
  udpLogSchema,
  upstreamTimeoutSchema,
  zipkinSchema,
] as const satisfies readonly PluginSchema[];

/** The names of the bundled plugins. */
export type PluginName = (typeof schemas)[number]['name'];

const catalog = new Map<string, PluginSchema>(schemas.map((schema) => [schema.name, schema]));
/** Versions of each custom plugin, newest first. Of the process: what is registered counts for all gateways alike. */
const customVersions = new Map<string, readonly PluginSchema[]>();

/** Bundled plugins, and custom ones in their newest version. */
export const pluginCatalog: ReadonlyMap<string, PluginSchema> = catalog;

export function isBundled(pluginName: string): boolean {
  return catalog.has(pluginName) && !customVersions.has(pluginName);
}

/** The custom plugins from now on, in place of those before; several versions of one may be among them. A name of a bundled plugin is passed over. */
export function setCustomSchemas(custom: readonly PluginSchema[]): void {
  for (const name of customVersions.keys()) catalog.delete(name);
  customVersions.clear();
  for (const [name, versions] of Map.groupBy(custom.filter((schema) => !catalog.has(schema.name)), (schema) => schema.name)) {
    const newestFirst = versions.toSorted((a, b) => compareSemanticVersions(b.version, a.version));
    customVersions.set(name, newestFirst);
    catalog.set(name, defined(newestFirst[0], 'a version of a group'));
  }
}

/** The schema of one version of a plugin; of the newest where none is named. Undefined where there is none. */
export function pluginSchemaOf(pluginName: string, version: string | null = null): PluginSchema | undefined {
  return version === null ? catalog.get(pluginName) : (customVersions.get(pluginName) ?? []).find((schema) => schema.version === version);
}

/** Of a custom plugin, newest first. */
export function versionsOf(pluginName: string): readonly string[] {
  return (customVersions.get(pluginName) ?? []).map(({ version }) => version);
}

/** For redact.ts: which fields of a plugin's config there are, and which of them are secret. */
export function configFieldsOf(pluginName: string): readonly Field[] | undefined {
  const versions = customVersions.get(pluginName) ?? [];
  return versions.length < 2 ? catalog.get(pluginName)?.config : fieldsOfAll(versions.map(({ config }) => config));
}

/** What is a secret in any version stays one, in records too: configs of all of them are in use. */
function fieldsOfAll(newestFirst: readonly (readonly Field[])[]): readonly Field[] {
  const fields = new Map<string, Field>();
  for (const field of newestFirst.flat()) fields.set(field.name, together(fields.get(field.name), field));
  return [...fields.values()];
}

function together(newer: Field | undefined, older: Field): Field {
  if (newer === undefined) return older;
  if (newer.secret !== undefined) return newer;
  if (newer.type.kind === 'record' && older.type.kind === 'record') return { ...newer, type: { kind: 'record', fields: fieldsOfAll([newer.type.fields, older.type.fields]) } };
  return older.secret === undefined ? newer : older;
}
