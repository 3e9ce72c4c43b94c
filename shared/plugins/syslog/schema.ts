/** The static half of syslog: what the control plane checks and `/schemas/plugins/syslog` shows. Config as in Kong 3.9, and where the syslog server is. */
import type { RecordOf } from '../../model/entity-types.ts';
import { hostRule, printableRule, sniRule } from '../../model/string-rules.ts';
import { customFields, soundCustomFields } from '../../plugin-parts/log-entry.ts';
import { queueField } from '../../plugin-parts/queue-config.ts';
import { SEVERITY_NAMES } from '../../plugin-parts/syslog-message.ts';
import type { PluginSchema } from '../contract.ts';

const SEVERITY = { kind: 'string', oneOf: SEVERITY_NAMES } as const;
/** In the order of Kong's schema. */
const FACILITIES = ['auth', 'authpriv', 'cron', 'daemon', 'ftp', 'kern', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7', 'lpr', 'mail', 'news', 'syslog', 'user', 'uucp'] as const;

export const syslogSchema = {
  name: 'syslog',
  version: '1.0.0',
  priority: 4,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends each request as JSON to a syslog server (RFC 5424), by UDP, TCP or TLS.',
  config: [
    { name: 'successful_severity', tag: 1, type: SEVERITY, required: true, default: 'info', description: 'Severity of requests with a status below 400.' },
    { name: 'client_errors_severity', tag: 2, type: SEVERITY, required: true, default: 'info', description: 'Of those with 4xx.' },
    { name: 'server_errors_severity', tag: 3, type: SEVERITY, required: true, default: 'info', description: 'Of those with 5xx.' },
    { name: 'log_level', tag: 4, type: SEVERITY, required: true, default: 'info', description: 'Requests of a lower severity than this are not sent.' },
    { name: 'facility', tag: 5, type: { kind: 'string', oneOf: FACILITIES }, required: true, default: 'user', description: 'Facility of the messages.' },
    { name: 'host', tag: 7, type: { kind: 'string', rules: [hostRule] }, required: true, default: '127.0.0.1', description: 'Hostname or address of the syslog server. Not in Kong.' },
    { name: 'port', tag: 8, type: { kind: 'integer', between: [0, 65_535] }, required: true, default: 514, description: 'Its port. Not in Kong.' },
    { name: 'protocol', tag: 9, type: { kind: 'string', oneOf: ['udp', 'tcp', 'tls'] }, required: true, default: 'udp', description: 'How messages are sent; by TCP and TLS with their length in front (RFC 6587, RFC 5425). Not in Kong.' },
    { name: 'app_name', tag: 10, type: { kind: 'string', maxLength: 48, rules: [printableRule] }, required: true, default: 'kong', description: 'APP-NAME of the messages. Not in Kong, where it is always this.' },
    { name: 'timeout', tag: 11, type: { kind: 'integer', between: [1, 2_147_483_646] }, required: true, default: 10_000, description: 'Milliseconds to connect, and for each write, by TCP and TLS. Not in Kong.' },
    { name: 'tls_sni', tag: 12, type: { kind: 'string', rules: [sniRule] }, description: 'Name to ask for and to verify in TLS; the host where none is given. Not in Kong.' },
    { name: 'tls_verify', tag: 13, type: { kind: 'boolean' }, required: true, default: true, description: "Verifies the server's certificate. Not in Kong." },
    queueField(14),
    ...customFields(15, 6),
  ],
  checks: [soundCustomFields],
} as const satisfies PluginSchema;

export type SyslogConfig = RecordOf<(typeof syslogSchema)['config']>;
