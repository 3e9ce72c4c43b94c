/** The static half of opentelemetry: what the control plane checks and `/schemas/plugins/opentelemetry` shows. Config as in Kong 3.9, and `metrics`. */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { atLeastOneOf } from '../../model/entity-checks.ts';
import type { PluginSchema } from '../contract.ts';
import { headerProblem } from '../../plugin-parts/editable-header.ts';
import { queueFields } from '../../plugin-parts/queue-config.ts';
import { headerTypeField, propagationField, traceIdHeaderField } from '../../plugin-parts/trace-config.ts';

const urlRule: StringRule = {
  name: 'url',
  check: (text) => {
    const url = /^https?:\/\/[^/?#\\]/i.test(text) ? URL.parse(text) : null;
    if (url === null) return `expected an absolute http or https URL, such as https://collector.example:4318/v1/traces, got '${text}'`;
    return url.username === '' && url.password === '' ? undefined : 'must not contain a user and password: put them in a header';
  },
};
const headerNameRule: StringRule = { name: 'header-name', check: (name) => headerProblem(name, 'write') };
const headerValueRule: StringRule = { name: 'header-value', check: (value) => (/[^\x20-\x7e]/.test(value) ? 'must be printable ASCII' : undefined) };
const headerLineRule: StringRule = {
  name: 'header-line',
  check: (line) => {
    const colon = line.indexOf(':');
    return colon < 1 ? "expected 'Name: value'" : (headerProblem(line.slice(0, colon), 'write') ?? headerValueRule.check(line.slice(colon + 1)));
  },
};
const URL_TEXT = { kind: 'string', maxLength: 4096, rules: [urlRule] } as const;
const MILLISECONDS = { kind: 'integer', between: [0, 2_147_483_646] } as const;

/** Many spans make one request to the collector, where other plugins send one entry each. */
const queue = { name: 'queue', tag: 6, type: { kind: 'record', fields: queueFields }, required: true, default: { max_batch_size: 200 }, description: 'How traced requests and log records wait for being sent.' } as const;

export const opentelemetrySchema = {
  name: 'opentelemetry',
  version: '1.0.0',
  priority: 14,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends traces, access logs and metrics to a collector by OTLP over HTTP, and carries the trace on.',
  config: [
    { name: 'traces_endpoint', tag: 1, type: URL_TEXT, referenceable: true, description: 'Where spans go, as protobuf by POST.' },
    { name: 'logs_endpoint', tag: 2, type: URL_TEXT, referenceable: true, description: 'Where a log record of each request goes, with the ids of its trace.' },
    {
      name: 'metrics', tag: 3, description: 'Durations and numbers of requests, as metrics.',
      type: {
        kind: 'record',
        fields: [
          { name: 'endpoint', tag: 1, type: URL_TEXT, referenceable: true, required: true, description: 'Where they go.' },
          { name: 'push_interval', tag: 2, type: { kind: 'number', between: [1, 3_600] }, required: true, default: 60, description: 'Seconds between two pushes of each proxy thread.' },
        ],
      },
    },
    { name: 'headers', tag: 4, type: { kind: 'map', keys: { kind: 'string', maxLength: 256, rules: [headerNameRule] }, values: { kind: 'string', maxLength: 4096, rules: [headerValueRule] } }, referenceable: true, description: 'Headers of the requests to the collector. Whoever may read the config reads them: a token belongs in a vault (`{vault://…}`) or in `secret_headers`.' },
    { name: 'resource_attributes', tag: 5, type: { kind: 'map', keys: { kind: 'string', maxLength: 256 }, values: { kind: 'string', maxLength: 1024 } }, description: 'Attributes of the resource, beside and before `service.name` (`holdfast`), `service.version`, `service.instance.id` and `host.name`.' },
    queue,
    { name: 'batch_span_count', tag: 7, type: { kind: 'integer', between: [1, 1_000_000] }, description: 'Older name of `queue.max_batch_size`, and before it where set.' },
    { name: 'batch_flush_delay', tag: 8, type: { kind: 'integer', between: [0, 3_600] }, description: 'Older name of `queue.max_coalescing_delay`, and before it where set.' },
    { name: 'connect_timeout', tag: 9, type: MILLISECONDS, required: true, default: 1000, description: 'Milliseconds to connect to the collector.' },
    { name: 'send_timeout', tag: 10, type: MILLISECONDS, required: true, default: 5000, description: 'Milliseconds to send to it.' },
    { name: 'read_timeout', tag: 11, type: MILLISECONDS, required: true, default: 5000, description: 'Milliseconds for its answer. The three together bound one request.' },
    traceIdHeaderField(12),
    headerTypeField(13),
    { name: 'sampling_rate', tag: 14, type: { kind: 'number', between: [0, 1] }, description: 'Share of the traces that are recorded where `sampling_strategy` asks for it; 0.01 where null.' },
    { name: 'sampling_strategy', tag: 15, type: { kind: 'string', oneOf: ['parent_drop_probability_fallback', 'parent_probability_fallback'] }, required: true, default: 'parent_drop_probability_fallback', description: '`parent_probability_fallback` does what the sender of a trace decided, and takes a share of what nobody decided; `parent_drop_probability_fallback` follows a sender who did not record, and takes a share of all others.' },
    propagationField(16),
    { name: 'secret_headers', tag: 17, type: { kind: 'array', of: { kind: 'string', maxLength: 8192, rules: [headerLineRule] } }, secret: 'sealed', referenceable: true, description: 'More headers, as `Name: value`, that nobody gets to see.' },
  ],
  checks: [atLeastOneOf(['config.traces_endpoint', 'config.logs_endpoint', 'config.metrics'])],
} as const satisfies PluginSchema;

export type OpentelemetryConfig = RecordOf<(typeof opentelemetrySchema)['config']>;
