/** The static half of udp-log: what the control plane checks and `/schemas/plugins/udp-log` shows. Config as in Kong 3.9, with a queue of its own. */
import type { RecordOf } from '../../model/entity-types.ts';
import { hostRule } from '../../model/string-rules.ts';
import { customFields, soundCustomFields } from '../../plugin-parts/log-entry.ts';
import { queueField } from '../../plugin-parts/queue-config.ts';
import type { PluginSchema } from '../contract.ts';

export const udpLogSchema = {
  name: 'udp-log',
  version: '1.0.0',
  priority: 8,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends each request as JSON in a UDP datagram.',
  config: [
    { name: 'host', tag: 1, type: { kind: 'string', rules: [hostRule] }, required: true, description: 'Hostname or address of the receiver.' },
    { name: 'port', tag: 2, type: { kind: 'integer', between: [0, 65_535] }, required: true, description: 'Its port.' },
    { name: 'timeout', tag: 3, type: { kind: 'integer', between: [1, 2_147_483_646] }, required: true, default: 10_000, description: 'Without effect: a datagram is sent and forgotten.' },
    queueField(5),
    ...customFields(6, 4),
  ],
  checks: [soundCustomFields],
} as const satisfies PluginSchema;

export type UdpLogConfig = RecordOf<(typeof udpLogSchema)['config']>;
