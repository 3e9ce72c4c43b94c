/** The static half of loggly: what the control plane checks and `/schemas/plugins/loggly` shows. Config as in Kong 3.9, and TLS. */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { hostRule, printableRule } from '../../model/string-rules.ts';
import { customFields, soundCustomFields } from '../../plugin-parts/log-entry.ts';
import { queueField } from '../../plugin-parts/queue-config.ts';
import { SEVERITY_NAMES } from '../../plugin-parts/syslog-message.ts';
import type { PluginSchema } from '../contract.ts';

const SEVERITY = { kind: 'string', oneOf: SEVERITY_NAMES } as const;

/** It is part of the name of a structured data element, where nothing can be escaped (RFC 5424 §6.3.2). The text itself is not repeated: it is secret. */
const keyRule: StringRule = { name: 'loggly-key', check: (text) => (/^[A-Za-z0-9-]+$/.test(text) ? undefined : 'expected letters, digits and hyphens: the customer token as Loggly shows it') };

export const logglySchema = {
  name: 'loggly',
  version: '1.0.0',
  priority: 6,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends each request as JSON to Loggly, as syslog messages by UDP, TCP or TLS.',
  config: [
    { name: 'key', tag: 1, type: { kind: 'string', maxLength: 128, rules: [keyRule] }, required: true, secret: 'sealed', referenceable: true, description: 'Customer token.' },
    { name: 'host', tag: 2, type: { kind: 'string', rules: [hostRule] }, required: true, default: 'logs-01.loggly.com', description: 'Where Loggly takes messages.' },
    { name: 'port', tag: 3, type: { kind: 'integer', between: [0, 65_535] }, required: true, default: 514, description: 'Its port; Loggly has TLS at 6514.' },
    { name: 'tags', tag: 4, type: { kind: 'set', of: { kind: 'string', maxLength: 64, rules: [printableRule] } }, required: true, default: ['kong'], description: 'Tags of all messages.' },
    { name: 'log_level', tag: 5, type: SEVERITY, required: true, default: 'info', description: 'Requests of a lower severity than this are not sent.' },
    { name: 'successful_severity', tag: 6, type: SEVERITY, required: true, default: 'info', description: 'Severity of requests with a status below 400.' },
    { name: 'client_errors_severity', tag: 7, type: SEVERITY, required: true, default: 'info', description: 'Of those with 4xx.' },
    { name: 'server_errors_severity', tag: 8, type: SEVERITY, required: true, default: 'info', description: 'Of those with 5xx.' },
    { name: 'timeout', tag: 9, type: { kind: 'integer', between: [1, 2_147_483_646] }, required: true, default: 10_000, description: 'Milliseconds to connect, and for each write, by TCP and TLS.' },
    { name: 'protocol', tag: 11, type: { kind: 'string', oneOf: ['udp', 'tcp', 'tls'] }, required: true, default: 'udp', description: 'How messages are sent: by UDP and TCP the key can be read on the way. Not in Kong.' },
    { name: 'tls_verify', tag: 12, type: { kind: 'boolean' }, required: true, default: true, description: "Verifies Loggly's certificate. Not in Kong." },
    queueField(13),
    ...customFields(14, 10),
  ],
  checks: [soundCustomFields],
} as const satisfies PluginSchema;

export type LogglyConfig = RecordOf<(typeof logglySchema)['config']>;
