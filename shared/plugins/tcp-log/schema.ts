/** The static half of tcp-log: what the control plane checks and `/schemas/plugins/tcp-log` shows. Config as in Kong 3.9, with a queue of its own. */
import type { RecordOf } from '../../model/entity-types.ts';
import { hostRule, sniRule } from '../../model/string-rules.ts';
import { customFields, soundCustomFields } from '../../plugin-parts/log-entry.ts';
import { queueField } from '../../plugin-parts/queue-config.ts';
import type { PluginSchema } from '../contract.ts';

const MILLISECONDS = { kind: 'integer', between: [0, 2_147_483_646] } as const;

export const tcpLogSchema = {
  name: 'tcp-log',
  version: '1.0.0',
  priority: 7,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends each request as a line of JSON over a TCP or TLS connection.',
  config: [
    { name: 'host', tag: 1, type: { kind: 'string', rules: [hostRule] }, required: true, description: 'Hostname or address of the receiver.' },
    { name: 'port', tag: 2, type: { kind: 'integer', between: [0, 65_535] }, required: true, description: 'Its port.' },
    { name: 'timeout', tag: 3, type: { kind: 'integer', between: [1, 2_147_483_646] }, required: true, default: 10_000, description: 'Milliseconds to connect, and for each write.' },
    { name: 'keepalive', tag: 4, type: MILLISECONDS, required: true, default: 60_000, description: 'Milliseconds for which an idle connection is kept; 0 closes it after each write.' },
    { name: 'tls', tag: 5, type: { kind: 'boolean' }, required: true, default: false, description: 'Speaks TLS.' },
    { name: 'tls_sni', tag: 6, type: { kind: 'string', rules: [sniRule] }, description: 'Name to ask for and to verify in TLS; the host where none is given.' },
    { name: 'tls_verify', tag: 8, type: { kind: 'boolean' }, required: true, default: true, description: "Verifies the receiver's certificate. Not in Kong." },
    queueField(9),
    ...customFields(10, 7),
  ],
  checks: [soundCustomFields],
} as const satisfies PluginSchema;

export type TcpLogConfig = RecordOf<(typeof tcpLogSchema)['config']>;
