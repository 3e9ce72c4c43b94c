/**
 * request-termination on a data plane: answers in the upstream's place, all requests or those that a header or argument marks. Behind
 * all other plugins, so that what they refuse stays refused. Behaviour and texts as in Kong 3.9; differences are in the README.
 */
import { hostname } from 'node:os';
import type { PluginFactory, RequestContext, Verdict } from '../contract.ts';
import type { RequestTerminationConfig } from './schema.ts';

/** Of a request that is echoed; what is longer is left out. */
const MAX_ECHOED_BODY = 1_048_576;
const JSON_TYPE = 'application/json; charset=utf-8';

const USUAL_MESSAGES: ReadonlyMap<number, string> = new Map([
  [401, 'Unauthorized'], [404, 'Not found'], [405, 'Method not allowed'], [500, 'An unexpected error occurred'], [502, 'Bad Gateway'], [503, 'Service unavailable'],
]);

export const requestTerminationFactory: PluginFactory<RequestTerminationConfig> = {
  name: 'request-termination',
  create: (config) => {
    const { trigger, echo } = config;
    const lowerCaseTrigger = trigger?.toLowerCase() ?? '';
    const fixed = answerOf(config);
    const isMeant = (context: RequestContext): boolean =>
      trigger === null || context.request.header(lowerCaseTrigger) !== undefined || (context.request.query !== '' && context.request.queryValues(trigger).length > 0);
    if (!echo) return { requestHead: (context) => (isMeant(context) ? fixed : undefined) };
    const message = messageOf(config);
    return {
      requestBody: { maxBytes: MAX_ECHOED_BODY },
      requestHead: (context) => (isMeant(context) ? { kind: 'respond', status: config.status_code, body: { contentType: JSON_TYPE, bytes: Buffer.from(echoOf(context, message)) } } : undefined),
    };
  },
};

/** The same for all requests. */
function answerOf(config: RequestTerminationConfig): Verdict {
  const answer = { kind: 'respond', status: config.status_code } as const;
  if (config.body !== null) return { ...answer, body: { contentType: config.content_type ?? JSON_TYPE, bytes: Buffer.from(config.body) } };
  const message = messageOf(config);
  return message === undefined ? { ...answer, body: { contentType: undefined, bytes: new Uint8Array(0) } } : { ...answer, message };
}

function messageOf(config: RequestTerminationConfig): string | undefined {
  return config.message ?? USUAL_MESSAGES.get(config.status_code);
}

function echoOf(context: RequestContext, message: string | undefined): string {
  const { request, body } = context;
  const text = body === undefined ? undefined : Buffer.from(body).toString('utf8');
  return JSON.stringify({
    message,
    kong: { hostname: hostname(), worker_pid: process.pid },
    request: {
      scheme: request.scheme, host: request.host, port: request.port, method: request.method, path: request.path,
      headers: recordOf(context.upstreamHeaderNames().map((name) => [name, context.upstreamHeaderValues(name)])),
      query: recordOf([...Map.groupBy(new URLSearchParams(request.query), ([name]) => name)].map(([name, pairs]) => [name, pairs.map(([, value]) => value)])),
      raw_body: text,
      uri_captures: context.uriCaptures === undefined ? {} : recordOf([...context.uriCaptures].map(([name, value]) => [name, [value]])),
    },
    matched_route: context.route,
    matched_service: context.service,
  });
}

/** One value as text, several as a list. Clients choose the names: no prototype. */
function recordOf(entries: readonly (readonly [name: string, values: readonly string[]])[]): Readonly<Record<string, string | readonly string[]>> {
  const record: Record<string, string | readonly string[]> = Object.create(null);
  for (const [name, values] of entries) record[name] = values.length === 1 ? (values[0] ?? '') : values;
  return record;
}
