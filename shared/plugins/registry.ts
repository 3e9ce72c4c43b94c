/**
 * Every bundled plugin's handler by name, and with the custom ones what a data plane can run. A new plugin adds one line here and one
 * in catalog.ts.
 */
import { aclFactory } from './acl/handler.ts';
import { accessRecordsFactory } from './access-records/handler.ts';
import { accessRecordsSchema } from './access-records/schema.ts';
import { aclSchema } from './acl/schema.ts';
import { basicAuthFactory } from './basic-auth/handler.ts';
import { basicAuthSchema } from './basic-auth/schema.ts';
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
import { mtlsAuthFactory } from './mtls-auth/handler.ts';
import { mtlsAuthSchema } from './mtls-auth/schema.ts';
import { opentelemetryFactory } from './opentelemetry/handler.ts';
import { opentelemetrySchema } from './opentelemetry/schema.ts';
import { zipkinFactory } from './zipkin/handler.ts';
import { zipkinSchema } from './zipkin/schema.ts';
import { prometheusFactory } from './prometheus/handler.ts';
import { prometheusSchema } from './prometheus/schema.ts';
import { proxyCacheFactory } from './proxy-cache/handler.ts';
import { proxyCacheSchema } from './proxy-cache/schema.ts';
import { registerPlugin, type RegisteredPlugin } from './registered-plugin.ts';
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
import { compareSemanticVersions } from './schema-document.ts';
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
import { fileLogFactory } from './file-log/handler.ts';
import { fileLogSchema } from './file-log/schema.ts';
import { hmacAuthFactory } from './hmac-auth/handler.ts';
import { hmacAuthSchema } from './hmac-auth/schema.ts';
import { httpLogFactory } from './http-log/handler.ts';
import { httpLogSchema } from './http-log/schema.ts';
import { datadogFactory } from './datadog/handler.ts';
import { datadogSchema } from './datadog/schema.ts';
import { kafkaLogFactory } from './kafka-log/handler.ts';
import { kafkaLogSchema } from './kafka-log/schema.ts';
import { logglyFactory } from './loggly/handler.ts';
import { logglySchema } from './loggly/schema.ts';
import { splunkFactory } from './splunk/handler.ts';
import { splunkSchema } from './splunk/schema.ts';
import { statsdFactory } from './statsd/handler.ts';
import { statsdSchema } from './statsd/schema.ts';
import { syslogFactory } from './syslog/handler.ts';
import { syslogSchema } from './syslog/schema.ts';
import { tcpLogFactory } from './tcp-log/handler.ts';
import { tcpLogSchema } from './tcp-log/schema.ts';
import { udpLogFactory } from './udp-log/handler.ts';
import { udpLogSchema } from './udp-log/schema.ts';

const plugins: readonly RegisteredPlugin[] = [
  registerPlugin(accessRecordsSchema, accessRecordsFactory),
  registerPlugin(aclSchema, aclFactory),
  registerPlugin(basicAuthSchema, basicAuthFactory),
  registerPlugin(botDetectionSchema, botDetectionFactory),
  registerPlugin(canarySchema, canaryFactory),
  registerPlugin(correlationIdSchema, correlationIdFactory),
  registerPlugin(corsSchema, corsFactory),
  registerPlugin(datadogSchema, datadogFactory),
  registerPlugin(exitTransformerSchema, exitTransformerFactory),
  registerPlugin(fileLogSchema, fileLogFactory),
  registerPlugin(hmacAuthSchema, hmacAuthFactory),
  registerPlugin(httpLogSchema, httpLogFactory),
  registerPlugin(ipRestrictionSchema, ipRestrictionFactory),
  registerPlugin(jwtSchema, jwtFactory),
  registerPlugin(kafkaLogSchema, kafkaLogFactory),
  registerPlugin(keyAuthSchema, keyAuthFactory),
  registerPlugin(logglySchema, logglyFactory),
  registerPlugin(mtlsAuthSchema, mtlsAuthFactory),
  registerPlugin(opentelemetrySchema, opentelemetryFactory),
  registerPlugin(prometheusSchema, prometheusFactory),
  registerPlugin(proxyCacheSchema, proxyCacheFactory),
  registerPlugin(rateLimitingAdvancedSchema, rateLimitingAdvancedFactory),
  registerPlugin(rateLimitingSchema, rateLimitingFactory),
  registerPlugin(redirectSchema, redirectFactory),
  registerPlugin(requestSizeLimitingSchema, requestSizeLimitingFactory),
  registerPlugin(requestTerminationSchema, requestTerminationFactory),
  registerPlugin(requestTransformerSchema, requestTransformerFactory),
  registerPlugin(requestValidatorSchema, requestValidatorFactory),
  registerPlugin(responseRatelimitingSchema, responseRatelimitingFactory),
  registerPlugin(responseTransformerSchema, responseTransformerFactory),
  registerPlugin(routeByHeaderSchema, routeByHeaderFactory),
  registerPlugin(splunkSchema, splunkFactory),
  registerPlugin(statsdSchema, statsdFactory),
  registerPlugin(syslogSchema, syslogFactory),
  registerPlugin(tcpLogSchema, tcpLogFactory),
  registerPlugin(udpLogSchema, udpLogFactory),
  registerPlugin(upstreamTimeoutSchema, upstreamTimeoutFactory),
  registerPlugin(zipkinSchema, zipkinFactory),
];

export const pluginRegistry: ReadonlyMap<string, RegisteredPlugin> = new Map(plugins.map((plugin) => [plugin.schema.name, plugin]));

/** With custom plugins: by name in the newest version, and in each as `name@version`. */
export function registryWith(custom: readonly RegisteredPlugin[]): ReadonlyMap<string, RegisteredPlugin> {
  if (custom.length === 0) return pluginRegistry;
  const oldestFirst = custom.toSorted((a, b) => compareSemanticVersions(a.schema.version, b.schema.version));
  return new Map([...oldestFirst.flatMap((plugin) => [[plugin.schema.name, plugin] as const, [`${plugin.schema.name}@${plugin.schema.version}`, plugin] as const]), ...pluginRegistry]);
}
