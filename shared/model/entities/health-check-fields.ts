/**
 * The `healthchecks` record of an upstream with Kong's defaults: everything is off until an interval or a count is
 * set. Used by upstream.ts only. Each record numbers its fields from 1; the numbers are fixed for ever.
 */
import type { Field } from '../definition.ts';
import { headerNameRule, pathRule, printableRule, sniRule } from '../string-rules.ts';

const SECONDS = { kind: 'number', between: [0, 65_535] } as const;
const COUNT = { kind: 'integer', between: [0, 255] } as const;
const STATUSES = { kind: 'array', of: { kind: 'integer', between: [100, 999] } } as const;
const CHECK_TYPE = { kind: 'string', oneOf: ['tcp', 'http', 'https', 'grpc', 'grpcs'] } as const;

const ACTIVE_HEALTHY = [
  { name: 'interval', tag: 1, type: SECONDS, default: 0, description: 'Seconds between two probes of a healthy target; 0 turns them off.' },
  { name: 'http_statuses', tag: 2, type: STATUSES, default: [200, 302], description: 'Statuses that count as a success.' },
  { name: 'successes', tag: 3, type: COUNT, default: 0, description: 'Successes in a row that make a target healthy; 0 turns this off.' },
] as const satisfies readonly Field[];

const ACTIVE_UNHEALTHY = [
  { name: 'interval', tag: 1, type: SECONDS, default: 0, description: 'Seconds between two probes of an unhealthy target; 0 turns them off.' },
  { name: 'http_statuses', tag: 2, type: STATUSES, default: [429, 404, 500, 501, 502, 503, 504, 505], description: 'Statuses that count as a failure.' },
  { name: 'tcp_failures', tag: 3, type: COUNT, default: 0, description: 'Failed connections in a row that make a target unhealthy; 0 turns this off.' },
  { name: 'timeouts', tag: 4, type: COUNT, default: 0, description: 'Timeouts in a row that make a target unhealthy; 0 turns this off.' },
  { name: 'http_failures', tag: 5, type: COUNT, default: 0, description: 'Failure statuses in a row that make a target unhealthy; 0 turns this off.' },
] as const satisfies readonly Field[];

const PASSIVE_HEALTHY = [
  { name: 'http_statuses', tag: 1, type: STATUSES, default: [200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308], description: 'Statuses of proxied requests that count as a success.' },
  { name: 'successes', tag: 2, type: COUNT, default: 0, description: 'Successes in a row that make a target healthy; 0 turns this off.' },
] as const satisfies readonly Field[];

const PASSIVE_UNHEALTHY = [
  { name: 'http_statuses', tag: 1, type: STATUSES, default: [429, 500, 503], description: 'Statuses of proxied requests that count as a failure.' },
  { name: 'tcp_failures', tag: 2, type: COUNT, default: 0, description: 'Failed connections in a row that make a target unhealthy; 0 turns this off.' },
  { name: 'timeouts', tag: 3, type: COUNT, default: 0, description: 'Timeouts in a row that make a target unhealthy; 0 turns this off.' },
  { name: 'http_failures', tag: 4, type: COUNT, default: 0, description: 'Failure statuses in a row that make a target unhealthy; 0 turns this off.' },
] as const satisfies readonly Field[];

const ACTIVE = [
  { name: 'type', tag: 1, type: CHECK_TYPE, default: 'http', description: 'What a probe is.' },
  { name: 'timeout', tag: 2, type: SECONDS, default: 1, description: 'Seconds after which a probe has failed.' },
  { name: 'concurrency', tag: 3, type: { kind: 'integer', between: [1, 2_147_483_648] }, default: 10, description: 'Probes that run at once.' },
  { name: 'http_path', tag: 4, type: { kind: 'string', rules: [pathRule] }, default: '/', description: 'Path that a probe asks for.' },
  { name: 'https_sni', tag: 5, type: { kind: 'string', rules: [sniRule] }, description: 'Server name in a TLS probe.' },
  { name: 'https_verify_certificate', tag: 6, type: { kind: 'boolean' }, required: true, default: true, description: "Whether a probe verifies the target's certificate." },
  {
    name: 'headers', tag: 7,
    type: { kind: 'map', keys: { kind: 'string', rules: [headerNameRule] }, values: { kind: 'array', of: { kind: 'string', rules: [printableRule] } } },
    description: 'Headers of a probe.',
  },
  { name: 'healthy', tag: 8, type: { kind: 'record', fields: ACTIVE_HEALTHY }, required: true, default: {}, description: 'When a probed target becomes healthy.' },
  { name: 'unhealthy', tag: 9, type: { kind: 'record', fields: ACTIVE_UNHEALTHY }, required: true, default: {}, description: 'When a probed target becomes unhealthy.' },
] as const satisfies readonly Field[];

const PASSIVE = [
  { name: 'type', tag: 1, type: CHECK_TYPE, default: 'http', description: 'What is watched in proxied traffic.' },
  { name: 'healthy', tag: 2, type: { kind: 'record', fields: PASSIVE_HEALTHY }, required: true, default: {}, description: 'When proxied traffic makes a target healthy.' },
  { name: 'unhealthy', tag: 3, type: { kind: 'record', fields: PASSIVE_UNHEALTHY }, required: true, default: {}, description: 'When proxied traffic makes a target unhealthy.' },
] as const satisfies readonly Field[];

export const healthCheckFields = [
  { name: 'active', tag: 1, type: { kind: 'record', fields: ACTIVE }, required: true, default: {}, description: 'Probes sent by the data plane.' },
  { name: 'passive', tag: 2, type: { kind: 'record', fields: PASSIVE }, required: true, default: {}, description: 'Conclusions from proxied traffic.' },
  { name: 'threshold', tag: 3, type: { kind: 'number', between: [0, 100] }, default: 0, description: "Percentage of the upstream's weight that must be available; below it the upstream counts as unhealthy." },
] as const satisfies readonly Field[];
