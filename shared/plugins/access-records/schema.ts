/** The static half of access-records: what the control plane checks and `/schemas/plugins/access-records` shows. A plugin of our own. */
import type { RecordOf } from '../../model/entity-types.ts';
import type { PluginSchema } from '../contract.ts';
import { boundedPatterns, linearPatternRule } from '../../plugin-parts/linear-patterns.ts';

const HEADER_NAMES = { kind: 'set', of: { kind: 'string', maxLength: 100 } } as const;
const SECRET_NAMES = { kind: 'set', of: { kind: 'string', maxLength: 100 } } as const;

export const accessRecordsSchema = {
  name: 'access-records',
  version: '1.0.0',
  // Only shows where it stands among others: records are made after every plugin's log phase.
  priority: 1,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Chooses the requests of which a record is kept, and what stands in it: errors and slow ones, of the others a part.',
  config: [
    { name: 'sample_rate', tag: 1, type: { kind: 'number', between: [0, 1] }, required: true, default: 0, description: 'Part of all requests that is recorded, besides errors and slow ones.' },
    { name: 'slow_ms', tag: 2, type: { kind: 'integer', between: [0, 3_600_000] }, required: true, default: 1_000, description: 'Requests that took at least so many milliseconds are recorded; 0: none for being slow. A WebSocket is never slow.' },
    { name: 'errors', tag: 3, type: { kind: 'boolean' }, required: true, default: true, description: 'Whether requests are recorded that were answered 5xx, by whomever, or broken off by the gateway or the upstream.' },
    { name: 'max_per_second', tag: 4, type: { kind: 'integer', between: [1, 100_000] }, required: true, default: 100, description: 'Records per second of one proxy thread, at most. Samples leave half of it to errors and slow requests. What is over is dropped and counted.' },
    {
      name: 'fields', tag: 5, type: { kind: 'set', of: { kind: 'string', oneOf: ['consumer', 'host', 'path', 'target', 'tls', 'trace_id'] } }, required: true, default: ['consumer', 'host', 'path', 'target', 'tls', 'trace_id'],
      description: 'What stands in a record besides route, service, version, status, times and sizes.',
    },
    { name: 'query', tag: 6, type: { kind: 'string', oneOf: ['none', 'names', 'masked'] }, required: true, default: 'none', description: 'Whether the query is recorded: not at all, the names of its arguments, or with those values that are not masked.' },
    { name: 'client_address', tag: 7, type: { kind: 'string', oneOf: ['none', 'truncated', 'full'] }, required: true, default: 'truncated', description: 'Whether the address of the client is recorded; `truncated` shows its network, /24 or /48.' },
    { name: 'user_agent', tag: 8, type: { kind: 'boolean' }, required: true, default: true, description: 'Whether User-Agent is recorded.' },
    { name: 'request_headers', tag: 9, type: HEADER_NAMES, required: true, default: [], description: 'Headers of the request to record, the first 16.' },
    { name: 'response_headers', tag: 10, type: HEADER_NAMES, required: true, default: [], description: 'Headers of the response to record, the first 16.' },
    { name: 'mask_names', tag: 11, type: SECRET_NAMES, required: true, default: [], description: 'Names of headers and arguments whose values are masked, besides those that look like secrets (password, token, code and so on), which always are.' },
    { name: 'mask_patterns', tag: 12, type: { kind: 'set', of: { kind: 'string', oneOf: ['email', 'card', 'jwt'] } }, required: true, default: ['email', 'card', 'jwt'], description: 'Personal data to mask in paths, arguments and headers: e-mail addresses, numbers of payment cards, signed tokens.' },
    { name: 'mask_expressions', tag: 13, type: { kind: 'array', of: { kind: 'string', maxLength: 1_024, rules: [linearPatternRule] } }, required: true, default: [], description: 'Regular expressions (RE2): what has a match is masked, a segment of a path, an argument or a word of a header at a time.' },
  ],
  checks: [boundedPatterns(['config.mask_expressions'])],
} as const satisfies PluginSchema;

export type AccessRecordsConfig = RecordOf<(typeof accessRecordsSchema)['config']>;

/** What holds where no instance is in force (HOLDFAST_ACCESS_RECORDS): the defaults of the fields. */
export const DEFAULT_ACCESS_RECORDS: AccessRecordsConfig = {
  sample_rate: 0, slow_ms: 1_000, errors: true, max_per_second: 100, fields: ['consumer', 'host', 'path', 'target', 'tls', 'trace_id'], query: 'none', client_address: 'truncated', user_agent: true,
  request_headers: [], response_headers: [], mask_names: [], mask_patterns: ['email', 'card', 'jwt'], mask_expressions: [],
};
