/** The static half of splunk: what the control plane checks and `/schemas/plugins/splunk` shows. Kong has no such plugin; fields are named in its manner. */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { printableRule } from '../../model/string-rules.ts';
import { customFields, soundCustomFields } from '../../plugin-parts/log-entry.ts';
import { queueField } from '../../plugin-parts/queue-config.ts';
import type { PluginSchema } from '../contract.ts';

const NAME = { kind: 'string', maxLength: 256, rules: [printableRule] } as const;

const endpointRule: StringRule = {
  name: 'http-url',
  check: (text) => {
    const url = /^https?:\/\/[^/?#\\]/i.test(text) ? URL.parse(text) : null;
    if (url === null) return 'expected an http or https URL, such as https://splunk.example:8088';
    return url.username === '' && url.password === '' && url.search === '' && url.hash === '' ? undefined : 'must not have a user, a password, a query or a fragment: the token goes into `token`';
  },
};

/** It goes into a header. The text itself is not repeated: it is secret. */
const tokenRule: StringRule = { name: 'hec-token', check: (text) => (/^[\x21-\x7e]+$/.test(text) ? undefined : 'expected printable ASCII without blanks: the token as Splunk shows it') };

export const splunkSchema = {
  name: 'splunk',
  version: '1.0.0',
  // Beside http-log, which it is like.
  priority: 12,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends each request as an event to the HTTP Event Collector of Splunk.',
  config: [
    { name: 'endpoint', tag: 1, type: { kind: 'string', maxLength: 2_048, rules: [endpointRule] }, required: true, description: 'URL of the collector. Without a path, `/services/collector/event` is asked.' },
    { name: 'token', tag: 2, type: { kind: 'string', maxLength: 256, rules: [tokenRule] }, required: true, secret: 'sealed', referenceable: true, description: 'Token of the collector.' },
    { name: 'index', tag: 3, type: NAME, description: 'Index of the events; that of the token where none is given.' },
    { name: 'source', tag: 4, type: NAME, description: 'Their source; that of the token where none is given.' },
    { name: 'sourcetype', tag: 5, type: NAME, required: true, default: '_json', description: 'Their source type.' },
    { name: 'host', tag: 6, type: NAME, description: "Their host; the data plane's hostname where none is given." },
    { name: 'timeout', tag: 7, type: { kind: 'integer', between: [1, 2_147_483_646] }, required: true, default: 10_000, description: 'Milliseconds for each delivery.' },
    { name: 'ssl_verify', tag: 8, type: { kind: 'boolean' }, required: true, default: true, description: "Verifies the collector's certificate." },
    queueField(9),
    ...customFields(11, 10),
  ],
  checks: [soundCustomFields],
} as const satisfies PluginSchema;

export type SplunkConfig = RecordOf<(typeof splunkSchema)['config']>;
