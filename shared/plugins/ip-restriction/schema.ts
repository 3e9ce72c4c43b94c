/** The static half of ip-restriction: what the control plane checks and `/schemas/plugins/ip-restriction` shows. Config as in Kong 3.9. */
import type { RecordOf } from '../../model/entity-types.ts';
import { atLeastOneOf } from '../../model/entity-checks.ts';
import { ipOrCidrRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';

const RANGES = { kind: 'array', of: { kind: 'string', rules: [ipOrCidrRule] } } as const;

export const ipRestrictionSchema = {
  name: 'ip-restriction',
  version: '1.0.0',
  priority: 990,
  scopes: ['global', 'service', 'route', 'consumer', 'consumer_group'],
  protocols: ['grpc', 'grpcs', 'http', 'https', 'tcp', 'tls', 'tls_passthrough'],
  description: 'Lets clients through, or refuses them, by their IP address.',
  config: [
    { name: 'allow', tag: 1, type: RANGES, description: 'Addresses and CIDR ranges that may pass; all others are refused.' },
    { name: 'deny', tag: 2, type: RANGES, description: 'Addresses and CIDR ranges that are refused, also where `allow` has them.' },
    { name: 'status', tag: 3, type: { kind: 'integer', between: [200, 599] }, description: 'Status of a refusal; 403 where not set.' },
    { name: 'message', tag: 4, type: { kind: 'string', maxLength: 4096 }, description: 'Message of a refusal; `IP address not allowed: <address>` where not set.' },
  ],
  checks: [atLeastOneOf(['config.allow', 'config.deny'])],
} as const satisfies PluginSchema;

export type IpRestrictionConfig = RecordOf<(typeof ipRestrictionSchema)['config']>;
