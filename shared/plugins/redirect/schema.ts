/** The static half of redirect: what the control plane checks and `/schemas/plugins/redirect` shows. Config as in Kong 3.9. */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import type { PluginSchema } from '../contract.ts';

/** Absolute, so that no path of a client's can name another host. */
const locationRule: StringRule = {
  name: 'url',
  check: (text) => {
    if (/[^\x21-\x7e]/.test(text)) return 'must not contain blanks, control characters or others beyond ASCII: encode them';
    const url = /^https?:\/\/[^/?#\\]/i.test(text) ? URL.parse(text) : null;
    return url === null ? `expected an absolute URL, such as https://new.example/path, got '${text}'` : undefined;
  },
};

export const redirectSchema = {
  name: 'redirect',
  version: '1.0.0',
  priority: 779,
  scopes: ['global', 'service', 'route', 'consumer', 'consumer_group'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends clients to another URL.',
  config: [
    { name: 'status_code', tag: 1, type: { kind: 'integer', between: [200, 599] }, required: true, default: 301, description: 'Status of the answer: 301, 302, 303, 307 or 308 for a redirect.' },
    { name: 'location', tag: 2, type: { kind: 'string', maxLength: 4096, rules: [locationRule] }, required: true, description: 'Where to: an absolute http or https URL.' },
    { name: 'keep_incoming_path', tag: 3, type: { kind: 'boolean' }, required: true, default: false, description: 'Takes path and query of the request in the place of those of `location`.' },
  ],
} as const satisfies PluginSchema;

export type RedirectConfig = RecordOf<(typeof redirectSchema)['config']>;
