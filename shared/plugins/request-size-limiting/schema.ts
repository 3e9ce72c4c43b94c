/** The static half of request-size-limiting: what the control plane checks and `/schemas/plugins/request-size-limiting` shows. Config as in Kong 3.9. */
import type { RecordOf } from '../../model/entity-types.ts';
import type { PluginSchema } from '../contract.ts';

export const requestSizeLimitingSchema = {
  name: 'request-size-limiting',
  version: '1.0.0',
  priority: 951,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Refuses requests with a larger body.',
  config: [
    { name: 'allowed_payload_size', tag: 1, type: { kind: 'integer', between: [0, 2 ** 31 - 1] }, default: 128, description: 'Largest body that passes, in units of `size_unit`.' },
    { name: 'size_unit', tag: 2, type: { kind: 'string', oneOf: ['megabytes', 'kilobytes', 'bytes'] }, required: true, default: 'megabytes', description: 'Unit of `allowed_payload_size`: 1,048,576 bytes, 1,024 bytes, or one.' },
    { name: 'require_content_length', tag: 3, type: { kind: 'boolean' }, required: true, default: false, description: 'Refuses bodies whose length is not told in advance.' },
  ],
} as const satisfies PluginSchema;

export type RequestSizeLimitingConfig = RecordOf<(typeof requestSizeLimitingSchema)['config']>;
