/** The static half of statsd: what the control plane checks and `/schemas/plugins/statsd` shows. Config as in Kong 3.9. */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { hostRule } from '../../model/string-rules.ts';
import { queueField } from '../../plugin-parts/queue-config.ts';
import { metricPrefixRule, metricRules } from '../../plugin-parts/statsd-config.ts';
import type { PluginSchema } from '../contract.ts';

const CONSUMER_IDENTIFIER = { kind: 'string', oneOf: ['consumer_id', 'custom_id', 'username'] } as const;
const SERVICE_IDENTIFIER = { kind: 'string', oneOf: ['service_host', 'service_id', 'service_name', 'service_name_or_host'] } as const;
const WORKSPACE_IDENTIFIER = { kind: 'string', oneOf: ['workspace_id', 'workspace_name'] } as const;

const METRIC_NAMES = [
  'cache_datastore_hits_total', 'cache_datastore_misses_total', 'kong_latency', 'latency', 'request_count', 'request_per_user', 'request_size', 'response_size', 'shdict_usage',
  'status_count', 'status_count_per_user', 'status_count_per_user_per_route', 'status_count_per_workspace', 'unique_users', 'upstream_latency',
] as const;

/** As in Kong, also those that there is nothing to tell about here. */
const DEFAULT_METRICS = [
  { name: 'request_count', stat_type: 'counter', sample_rate: 1 },
  { name: 'latency', stat_type: 'timer' },
  { name: 'request_size', stat_type: 'counter', sample_rate: 1 },
  { name: 'status_count', stat_type: 'counter', sample_rate: 1 },
  { name: 'response_size', stat_type: 'counter', sample_rate: 1 },
  { name: 'unique_users', stat_type: 'set' },
  { name: 'request_per_user', stat_type: 'counter', sample_rate: 1 },
  { name: 'upstream_latency', stat_type: 'timer' },
  { name: 'kong_latency', stat_type: 'timer' },
  { name: 'status_count_per_user', stat_type: 'counter', sample_rate: 1 },
  { name: 'status_count_per_workspace', stat_type: 'counter', sample_rate: 1 },
  { name: 'status_count_per_user_per_route', stat_type: 'counter', sample_rate: 1 },
  { name: 'shdict_usage', stat_type: 'gauge', sample_rate: 1 },
  { name: 'cache_datastore_hits_total', stat_type: 'counter', sample_rate: 1 },
  { name: 'cache_datastore_misses_total', stat_type: 'counter', sample_rate: 1 },
] as const;

const statusRangeRule: StringRule = {
  name: 'status-range',
  check: (text) => {
    const [, from, to] = /^([1-9][0-9]{2})-([1-9][0-9]{2})$/.exec(text) ?? [];
    return from !== undefined && to !== undefined && from <= to ? undefined : `expected two statuses with a hyphen, such as 200-299, got '${text}'`;
  },
};

export const statsdSchema = {
  name: 'statsd',
  version: '1.0.0',
  priority: 11,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends metrics of each request to a statsd server, by UDP or TCP, with the tags of four dialects.',
  config: [
    { name: 'host', tag: 1, type: { kind: 'string', rules: [hostRule] }, required: true, default: 'localhost', description: 'Hostname or address of the statsd server.' },
    { name: 'port', tag: 2, type: { kind: 'integer', between: [0, 65_535] }, required: true, default: 8125, description: 'Its port.' },
    { name: 'prefix', tag: 3, type: { kind: 'string', maxLength: 256, rules: [metricPrefixRule] }, required: true, default: 'kong', description: "What every metric's name begins with." },
    {
      name: 'metrics', tag: 4, required: true, default: DEFAULT_METRICS, description: 'The metrics that are sent.',
      type: {
        kind: 'array',
        of: {
          kind: 'record',
          fields: [
            { name: 'name', tag: 1, type: { kind: 'string', oneOf: METRIC_NAMES }, required: true, description: 'Which metric; `shdict_usage` and `cache_datastore_*` are without effect.' },
            { name: 'stat_type', tag: 2, type: { kind: 'string', oneOf: ['counter', 'gauge', 'histogram', 'meter', 'set', 'timer'] }, required: true, description: 'What kind of metric it is to the server.' },
            { name: 'sample_rate', tag: 3, type: { kind: 'number', between: [0, 1] }, description: 'Part of the requests of which it is sent; the server is told.' },
            { name: 'consumer_identifier', tag: 4, type: CONSUMER_IDENTIFIER, description: 'What stands for the consumer; `consumer_identifier_default` where none is given.' },
            { name: 'service_identifier', tag: 5, type: SERVICE_IDENTIFIER, description: 'What stands for the service; `service_identifier_default` where none is given.' },
            { name: 'workspace_identifier', tag: 6, type: WORKSPACE_IDENTIFIER, description: 'What stands for the gateway; `workspace_identifier_default` where none is given.' },
          ],
        },
      },
    },
    { name: 'allow_status_codes', tag: 5, type: { kind: 'array', of: { kind: 'string', rules: [statusRangeRule] } }, description: 'Ranges of statuses, such as `200-299`: of other requests nothing is sent.' },
    { name: 'udp_packet_size', tag: 6, type: { kind: 'integer', between: [0, 65_507] }, required: true, default: 0, description: 'Bytes up to which metrics share a datagram; 0 sends each by itself.' },
    { name: 'use_tcp', tag: 7, type: { kind: 'boolean' }, required: true, default: false, description: 'Sends lines over a TCP connection instead of datagrams.' },
    { name: 'hostname_in_prefix', tag: 8, type: { kind: 'boolean' }, required: true, default: false, description: "Puts `node.` and the data plane's hostname behind the prefix; without effect with `tag_style`." },
    { name: 'consumer_identifier_default', tag: 9, type: CONSUMER_IDENTIFIER, required: true, default: 'custom_id', description: 'What stands for the consumer.' },
    { name: 'service_identifier_default', tag: 10, type: SERVICE_IDENTIFIER, required: true, default: 'service_name_or_host', description: 'What stands for the service.' },
    { name: 'workspace_identifier_default', tag: 11, type: WORKSPACE_IDENTIFIER, required: true, default: 'workspace_id', description: 'What stands for the gateway: its id, whichever is chosen.' },
    { name: 'tag_style', tag: 12, type: { kind: 'string', oneOf: ['dogstatsd', 'influxdb', 'librato', 'signalfx'] }, description: 'Names are plain, and tags in that dialect say of which service, route and so on.' },
    queueField(13),
    { name: 'queue_size', tag: 14, type: { kind: 'integer', between: [1, 1_000_000] }, description: 'Older name of `queue.max_batch_size`; counts where it is given.' },
    { name: 'flush_timeout', tag: 15, type: { kind: 'number', between: [0, 3_600] }, description: 'Older name of `queue.max_coalescing_delay`; counts where it is given.' },
    { name: 'retry_count', tag: 16, type: { kind: 'integer' }, description: 'Without effect: `queue.max_retry_time` says how long a delivery is tried again.' },
  ],
  checks: [metricRules],
} as const satisfies PluginSchema;

export type StatsdConfig = RecordOf<(typeof statsdSchema)['config']>;
