/** The static half of cors: what the control plane checks and `/schemas/plugins/cors` shows. Config as in Kong 3.9. */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { headerNameRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';
import { boundedPatterns, linearPatternRule } from '../../plugin-parts/linear-patterns.ts';
import { isOrigin, isPlainOrigin, withoutSlash } from './origins.ts';

const METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'] as const;

const originRule: StringRule = {
  name: 'origin',
  check: (text) => {
    if (text === '*' || text === 'null' || isOrigin(withoutSlash(text))) return undefined;
    // Browsers send scheme, host and port, nothing else: it would never be the one.
    return isPlainOrigin(text) ? `'${text}' is no origin, nor a regular expression: write scheme, host and port, such as https://app.example:8443` : linearPatternRule.check(text);
  },
};

export const corsSchema = {
  name: 'cors',
  version: '1.0.0',
  priority: 2000,
  scopes: ['global', 'service', 'route'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Answers preflight requests and tells browsers which sites may read responses (CORS).',
  config: [
    { name: 'origins', tag: 1, type: { kind: 'array', of: { kind: 'string', maxLength: 1024, rules: [originRule] } }, description: 'Origins that may read responses: `*`, an origin such as `https://app.example`, or a regular expression (RE2) for a whole origin. All where not set.' },
    { name: 'headers', tag: 2, type: { kind: 'array', of: { kind: 'string', maxLength: 256, rules: [headerNameRule] } }, description: 'Request headers that are allowed; what the preflight asks for where not set.' },
    { name: 'exposed_headers', tag: 3, type: { kind: 'array', of: { kind: 'string', maxLength: 256, rules: [headerNameRule] } }, description: 'Response headers that scripts may read.' },
    { name: 'methods', tag: 4, type: { kind: 'array', of: { kind: 'string', oneOf: METHODS } }, default: METHODS, description: 'Methods that are allowed.' },
    { name: 'max_age', tag: 5, type: { kind: 'number', between: [-1, 2_147_483_647] }, description: 'Seconds for which browsers keep the answer to a preflight.' },
    { name: 'credentials', tag: 6, type: { kind: 'boolean' }, required: true, default: false, description: 'Lets browsers send cookies and the like; together with `*` every site may then act for its visitors.' },
    { name: 'private_network', tag: 7, type: { kind: 'boolean' }, required: true, default: false, description: 'Lets public sites reach this one in a private network, where the preflight asks for it.' },
    { name: 'preflight_continue', tag: 8, type: { kind: 'boolean' }, required: true, default: false, description: 'Leaves preflight requests to the backend.' },
    { name: 'allow_origin_absent', tag: 9, type: { kind: 'boolean' }, required: true, default: true, description: 'Sends Access-Control-Allow-Origin also in answers to requests without Origin.' },
  ],
  checks: [boundedPatterns(['config.origins'])],
} as const satisfies PluginSchema;

export type CorsConfig = RecordOf<(typeof corsSchema)['config']>;
