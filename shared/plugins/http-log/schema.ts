/** The static half of http-log: what the control plane checks and `/schemas/plugins/http-log` shows. Config as in Kong 3.9. */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { entityRule, fieldAt, isJsonObject } from '../../model/entity-checks.ts';
import { printableRule } from '../../model/string-rules.ts';
import { headerProblem } from '../../plugin-parts/editable-header.ts';
import { customFields, soundCustomFields } from '../../plugin-parts/log-entry.ts';
import { isSecretHeader } from '../../plugin-parts/masked-secrets.ts';
import { legacyQueueFields, queueField } from '../../plugin-parts/queue-config.ts';
import type { PluginSchema } from '../contract.ts';

const MOST_HEADERS = 64;
const REFERENCE = /^\{vault:\/\/[^}]*\}$/;

const endpointRule: StringRule = {
  name: 'http-endpoint',
  check: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) return 'expected a URL such as https://logs.example/requests';
    // The text itself is not repeated: it may hold a password.
    return url.username === '' && url.password === '' ? undefined : 'holds a user or password, which would stand in the open here; say it in `authorization`, which is encrypted';
  },
};
const headerRule: StringRule = {
  name: 'header-name',
  check: (name) => (['host', 'content-type'].includes(name.toLowerCase()) ? `header '${name}' can't be set here; it follows from http_endpoint and content_type` : headerProblem(name, 'write')),
};

const openHeaders = entityRule('Headers that hold secrets are encrypted', (plugin) => {
  const headers = fieldAt(plugin, 'config.headers');
  if (!isJsonObject(headers)) return [];
  const entries = Object.entries(headers);
  if (entries.length > MOST_HEADERS) return [{ field: 'config.headers', message: `has ${entries.length} headers; at most ${MOST_HEADERS}` }];
  return entries.flatMap(([name, value]) => (isSecretHeader(name.toLowerCase()) && typeof value === 'string' && !REFERENCE.test(value)
    ? [{ field: `config.headers.${name}`, message: 'would stand in the open here; use a {vault://…} reference, or for Authorization the field `authorization`, which is encrypted' }]
    : []));
});

export const httpLogSchema = {
  name: 'http-log',
  version: '1.0.0',
  priority: 12,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends each request as JSON to an HTTP server.',
  config: [
    { name: 'http_endpoint', tag: 1, type: { kind: 'string', maxLength: 2_048, rules: [endpointRule] }, required: true, referenceable: true, description: 'Where to; without user and password.' },
    { name: 'method', tag: 2, type: { kind: 'string', oneOf: ['POST', 'PUT', 'PATCH'] }, required: true, default: 'POST', description: 'Method of the requests.' },
    { name: 'content_type', tag: 3, type: { kind: 'string', oneOf: ['application/json', 'application/json; charset=utf-8'] }, required: true, default: 'application/json', description: 'Their Content-Type.' },
    { name: 'timeout', tag: 4, type: { kind: 'integer', between: [1, 2_147_483_646] }, required: true, default: 10_000, description: 'Milliseconds for a request and its answer.' },
    { name: 'keepalive', tag: 5, type: { kind: 'integer', between: [0, 2_147_483_646] }, required: true, default: 60_000, description: 'Without effect: connections are kept for as long as the server allows.' },
    { name: 'headers', tag: 6, type: { kind: 'map', keys: { kind: 'string', maxLength: 256, rules: [headerRule] }, values: { kind: 'string', maxLength: 8_192, rules: [printableRule] } }, referenceable: true, description: 'Headers to send with them.' },
    { name: 'authorization', tag: 7, type: { kind: 'string', maxLength: 8_192, rules: [printableRule] }, secret: 'sealed', referenceable: true, description: 'Their Authorization header, such as `Bearer …`. Not in Kong.' },
    queueField(8),
    ...legacyQueueFields(9),
    ...customFields(12, 13),
  ],
  checks: [openHeaders, soundCustomFields],
} as const satisfies PluginSchema;

export type HttpLogConfig = RecordOf<(typeof httpLogSchema)['config']>;
