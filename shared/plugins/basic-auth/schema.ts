/** The static half of basic-auth: what the control plane checks and `/schemas/plugins/basic-auth` shows. The first three as in Kong 3.9. */
import type { RecordOf } from '../../model/entity-types.ts';
import type { PluginSchema } from '../contract.ts';
import { realmRule } from '../../plugin-parts/realm.ts';

export const basicAuthSchema = {
  name: 'basic-auth',
  version: '1.0.0',
  priority: 1100,
  scopes: ['global', 'service', 'route'],
  protocols: ['grpc', 'grpcs', 'http', 'https', 'ws', 'wss'],
  description: 'Recognises a consumer by a user name and a password (RFC 7617).',
  config: [
    { name: 'anonymous', tag: 1, type: { kind: 'string', maxLength: 512 }, description: 'Id or username of the consumer that a request without valid credentials counts as; without it such a request is refused.' },
    { name: 'hide_credentials', tag: 2, type: { kind: 'boolean' }, required: true, default: false, description: 'Takes the credentials off the request before it goes upstream.' },
    { name: 'realm', tag: 3, type: { kind: 'string', maxLength: 256, rules: [realmRule] }, required: true, default: 'service', description: 'Realm named in the WWW-Authenticate header of a refusal.' },
    {
      name: 'max_failures_per_user', tag: 4, type: { kind: 'integer', between: [0, 1_000_000] }, required: true, default: 30,
      description: 'Wrong passwords per user name and minute, from wherever; further attempts are refused until the minute is over, except right ones from a network from which that name was let in before. 0 is without a limit.',
    },
    {
      name: 'max_failures_per_network', tag: 5, type: { kind: 'integer', between: [0, 1_000_000] }, required: true, default: 60,
      description: 'Likewise per client address (the /64 network of an IPv6 address), for whatever names. 0 is without a limit.',
    },
  ],
} as const satisfies PluginSchema;

export type BasicAuthConfig = RecordOf<(typeof basicAuthSchema)['config']>;
