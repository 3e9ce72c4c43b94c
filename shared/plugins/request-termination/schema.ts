/** The static half of request-termination: what the control plane checks and `/schemas/plugins/request-termination` shows. Config as in Kong 3.9. */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { entityRule, fieldAt } from '../../model/entity-checks.ts';
import { printableRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';

const headerValueRule: StringRule = {
  name: 'header-value',
  check: (text) => (/^[\x20-\x7e]+$/.test(text) ? undefined : 'must be printable ASCII: it stands in a header'),
};

const messageOrBody = entityRule('A message stands alone; content_type needs a body', (plugin) => {
  const [message, body, contentType] = ['message', 'body', 'content_type'].map((name) => fieldAt(plugin, `config.${name}`));
  if (message !== null && (body !== null || contentType !== null)) return [{ field: 'config', message: 'message cannot be used with content_type or body' }];
  return contentType !== null && body === null ? [{ field: 'config', message: 'content_type requires a body' }] : [];
});

export const requestTerminationSchema = {
  name: 'request-termination',
  version: '1.0.0',
  priority: 2,
  scopes: ['global', 'service', 'route', 'consumer', 'consumer_group'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Answers requests with a given status and text instead of sending them upstream.',
  config: [
    { name: 'status_code', tag: 1, type: { kind: 'integer', between: [200, 599] }, required: true, default: 503, description: 'Status of the answer.' },
    { name: 'message', tag: 2, type: { kind: 'string', maxLength: 4096 }, description: 'Message of the answer, in the usual format; a usual one for the status where neither this nor `body` is set.' },
    { name: 'content_type', tag: 3, type: { kind: 'string', maxLength: 256, rules: [headerValueRule] }, description: 'Content-Type of `body`; `application/json; charset=utf-8` where not set.' },
    { name: 'body', tag: 4, type: { kind: 'string', maxLength: 1_048_576 }, description: 'The whole body of the answer, as it is.' },
    { name: 'echo', tag: 5, type: { kind: 'boolean' }, required: true, default: false, description: 'Answers with a copy of the request, for debugging.' },
    { name: 'trigger', tag: 6, type: { kind: 'string', maxLength: 256, rules: [printableRule] }, description: 'Header or query argument that a request must have to be answered here; all where not set.' },
  ],
  checks: [messageOrBody],
} as const satisfies PluginSchema;

export type RequestTerminationConfig = RecordOf<(typeof requestTerminationSchema)['config']>;
