/** The static half of correlation-id: what the control plane checks and `/schemas/plugins/correlation-id` shows. Config as in Kong 3.9. */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import type { PluginSchema } from '../contract.ts';
import { headerProblem } from '../../plugin-parts/editable-header.ts';

const idHeaderRule: StringRule = {
  name: 'header-name',
  check: (name) => (name.toLowerCase() === 'host' ? "cannot be 'host', which says where a request goes" : headerProblem(name, 'write')),
};

export const correlationIdSchema = {
  name: 'correlation-id',
  version: '1.0.0',
  priority: 100_001,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Gives each request an id that the backend, and if wanted the client, gets to see.',
  config: [
    { name: 'header_name', tag: 1, type: { kind: 'string', maxLength: 256, rules: [idHeaderRule] }, required: true, default: 'Kong-Request-ID', description: 'Header that holds the id.' },
    { name: 'generator', tag: 2, type: { kind: 'string', oneOf: ['uuid', 'uuid#counter', 'tracker'] }, required: true, default: 'uuid#counter', description: 'What an id looks like: a UUID each; one UUID and a counter; or address, port, process, client port, counter and time.' },
    { name: 'echo_downstream', tag: 3, type: { kind: 'boolean' }, required: true, default: false, description: 'Sends the id to the client too.' },
  ],
} as const satisfies PluginSchema;

export type CorrelationIdConfig = RecordOf<(typeof correlationIdSchema)['config']>;
