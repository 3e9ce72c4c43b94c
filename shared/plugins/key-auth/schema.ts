/** The static half of key-auth: what the control plane checks and `/schemas/plugins/key-auth` shows. Config as in Kong 3.9. */
import type { RecordOf } from '../../model/entity-types.ts';
import { headerNameRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';
import { realmRule } from '../../plugin-parts/realm.ts';

export const keyAuthSchema = {
  name: 'key-auth',
  version: '1.0.0',
  priority: 1250,
  scopes: ['global', 'service', 'route'],
  protocols: ['grpc', 'grpcs', 'http', 'https', 'ws', 'wss'],
  defaultProtocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Recognises a consumer by an API key in a header, the query string or the body.',
  config: [
    {
      name: 'key_names', tag: 1, required: true, default: ['apikey'],
      type: { kind: 'array', minLength: 1, of: { kind: 'string', maxLength: 256, rules: [headerNameRule] } },
      description: 'Names under which the key is looked for, in this order; in headers without regard to case.',
    },
    { name: 'hide_credentials', tag: 2, type: { kind: 'boolean' }, required: true, default: false, description: 'Takes the key off the request before it goes upstream.' },
    { name: 'anonymous', tag: 3, type: { kind: 'string', maxLength: 512 }, description: 'Id or username of the consumer that a request without a valid key counts as; without it such a request is refused.' },
    { name: 'key_in_header', tag: 4, type: { kind: 'boolean' }, required: true, default: true, description: 'Looks in the headers.' },
    { name: 'key_in_query', tag: 5, type: { kind: 'boolean' }, required: true, default: true, description: 'Looks in the query string.' },
    { name: 'key_in_body', tag: 6, type: { kind: 'boolean' }, required: true, default: false, description: 'Looks in the body (form, multipart form or JSON object of at most 1 MiB), which is then collected before it is forwarded.' },
    { name: 'run_on_preflight', tag: 7, type: { kind: 'boolean' }, required: true, default: true, description: 'Asks for a key on OPTIONS requests too.' },
    { name: 'realm', tag: 8, type: { kind: 'string', maxLength: 256, rules: [realmRule] }, description: 'Realm named in the WWW-Authenticate header of a refusal.' },
  ],
} as const satisfies PluginSchema;

export type KeyAuthConfig = RecordOf<(typeof keyAuthSchema)['config']>;
