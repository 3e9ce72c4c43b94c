/** The static half of upstream-timeout: what the control plane checks and `/schemas/plugins/upstream-timeout` shows. Config as in Kong 3.9. */
import type { RecordOf } from '../../model/entity-types.ts';
import type { PluginSchema } from '../contract.ts';

/** None of 0: it would end every request. */
const MILLISECONDS = { kind: 'integer', between: [1, 2_147_483_646] } as const;

export const upstreamTimeoutSchema = {
  name: 'upstream-timeout',
  version: '1.0.0',
  priority: 400,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: "Sets other timeouts towards the upstream than the service's, for a route or a consumer.",
  config: [
    { name: 'connect_timeout', tag: 1, type: MILLISECONDS, description: "Milliseconds to connect; the service's where not set." },
    { name: 'send_timeout', tag: 2, type: MILLISECONDS, description: "Milliseconds between two writes; the service's where not set." },
    { name: 'read_timeout', tag: 3, type: MILLISECONDS, description: "Milliseconds between two reads; the service's where not set." },
  ],
} as const satisfies PluginSchema;

export type UpstreamTimeoutConfig = RecordOf<(typeof upstreamTimeoutSchema)['config']>;
