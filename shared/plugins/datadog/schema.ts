/** The static half of datadog: what the control plane checks and `/schemas/plugins/datadog` shows. Config as in Kong 3.9. */
import type { RecordOf } from '../../model/entity-types.ts';
import { hostRule } from '../../model/string-rules.ts';
import { queueField } from '../../plugin-parts/queue-config.ts';
import { metricPrefixRule, metricRules, metricTagRule } from '../../plugin-parts/statsd-config.ts';
import type { PluginSchema } from '../contract.ts';

const METRIC_NAMES = ['kong_latency', 'latency', 'request_count', 'request_size', 'response_size', 'upstream_latency'] as const;
const TAG_NAME = { kind: 'string', maxLength: 100, rules: [metricTagRule] } as const;

/** As in Kong. */
const DEFAULT_METRICS = [
  { name: 'request_count', stat_type: 'counter', sample_rate: 1, tags: ['app:kong'], consumer_identifier: 'custom_id' },
  { name: 'latency', stat_type: 'timer', sample_rate: 1, tags: ['app:kong'], consumer_identifier: 'custom_id' },
  { name: 'request_size', stat_type: 'timer', sample_rate: 1, tags: ['app:kong'], consumer_identifier: 'custom_id' },
  { name: 'response_size', stat_type: 'timer', sample_rate: 1, tags: ['app:kong'], consumer_identifier: 'custom_id' },
  { name: 'upstream_latency', stat_type: 'timer', sample_rate: 1, tags: ['app:kong'], consumer_identifier: 'custom_id' },
  { name: 'kong_latency', stat_type: 'timer', sample_rate: 1, tags: ['app:kong'], consumer_identifier: 'custom_id' },
] as const;

export const datadogSchema = {
  name: 'datadog',
  version: '1.0.0',
  priority: 10,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends metrics of each request to a Datadog agent (DogStatsD, UDP).',
  config: [
    { name: 'host', tag: 1, type: { kind: 'string', rules: [hostRule] }, required: true, default: 'localhost', description: 'Hostname or address of the agent.' },
    { name: 'port', tag: 2, type: { kind: 'integer', between: [0, 65_535] }, required: true, default: 8125, description: 'Its port.' },
    { name: 'prefix', tag: 3, type: { kind: 'string', maxLength: 256, rules: [metricPrefixRule] }, required: true, default: 'kong', description: "What every metric's name begins with." },
    { name: 'service_name_tag', tag: 4, type: TAG_NAME, required: true, default: 'name', description: "Name of the tag with the service's name." },
    { name: 'status_tag', tag: 5, type: TAG_NAME, required: true, default: 'status', description: 'Name of the tag with the status.' },
    { name: 'consumer_tag', tag: 6, type: TAG_NAME, required: true, default: 'consumer', description: 'Name of the tag with the consumer.' },
    {
      name: 'metrics', tag: 7, required: true, default: DEFAULT_METRICS, description: 'The metrics that are sent.',
      type: {
        kind: 'array',
        of: {
          kind: 'record',
          fields: [
            { name: 'name', tag: 1, type: { kind: 'string', oneOf: METRIC_NAMES }, required: true, description: 'Which metric.' },
            { name: 'stat_type', tag: 2, type: { kind: 'string', oneOf: ['counter', 'distribution', 'gauge', 'histogram', 'meter', 'set', 'timer'] }, required: true, description: 'What kind of metric it is to the agent.' },
            { name: 'tags', tag: 3, type: { kind: 'array', of: { kind: 'string', maxLength: 200, rules: [metricTagRule] } }, description: 'Tags of its own, such as `app:kong`.' },
            { name: 'sample_rate', tag: 4, type: { kind: 'number', between: [0, 1] }, description: 'Part of the requests of which it is sent; the agent is told.' },
            { name: 'consumer_identifier', tag: 5, type: { kind: 'string', oneOf: ['consumer_id', 'custom_id', 'username'] }, description: 'What stands for the consumer; without one there is no such tag.' },
          ],
        },
      },
    },
    queueField(8),
    { name: 'queue_size', tag: 9, type: { kind: 'integer', between: [1, 1_000_000] }, description: 'Older name of `queue.max_batch_size`; counts where it is given.' },
    { name: 'flush_timeout', tag: 10, type: { kind: 'number', between: [0, 3_600] }, description: 'Older name of `queue.max_coalescing_delay`; counts where it is given.' },
    { name: 'retry_count', tag: 11, type: { kind: 'integer' }, description: 'Without effect: `queue.max_retry_time` says how long a delivery is tried again.' },
  ],
  checks: [metricRules],
} as const satisfies PluginSchema;

export type DatadogConfig = RecordOf<(typeof datadogSchema)['config']>;
