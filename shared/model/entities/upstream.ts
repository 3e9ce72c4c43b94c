/**
 * Upstreams: named groups of targets with a way to choose among them. A service uses one by having its name as host.
 * Field numbers are fixed for ever; new fields take the next free one.
 */
import { distinct, requiredWhen, whenField } from '../entity-checks.ts';
import type { EntityCheck, EntityDefinition, Shorthand } from '../definition.ts';
import { cookieNameRule, headerNameRule, hostWithOptionalPortRule, pathRule, upstreamNameRule } from '../string-rules.ts';
import { healthCheckFields } from './health-check-fields.ts';
import { protectionFields } from './protection-fields.ts';

const HASH_INPUTS = ['none', 'consumer', 'ip', 'header', 'cookie', 'path', 'query_arg', 'uri_capture'] as const;
const HASH_INPUT = { kind: 'string', oneOf: HASH_INPUTS } as const;
const HEADER_NAME = { kind: 'string', maxLength: 256, rules: [headerNameRule] } as const;
const PARAMETER_NAME = { kind: 'string', maxLength: 256 } as const;

/** Only consistent hashing hashes: asking for another algorithm turns hashing off. */
const algorithm: Shorthand = {
  name: 'algorithm',
  type: { kind: 'string' },
  description: 'Anything but `consistent-hashing` resets `hash_on` and `hash_fallback` where they are not given.',
  expand: (value, { input }) => {
    const notGiven = ['hash_on', 'hash_fallback'].filter((name) => input[name] === undefined);
    const reset = value === 'consistent-hashing' ? [] : notGiven;
    return { fields: { algorithm: value, ...Object.fromEntries(reset.map((name) => [name, null])) } };
  },
};

/** Hashing and the algorithm go together: asking for one sets the other. */
const hashOn: Shorthand = {
  name: 'hash_on',
  type: { kind: 'string' },
  description: 'Anything but `none` sets `algorithm` to `consistent-hashing`; `none` sets `round-robin` where `algorithm` is not given.',
  expand: (value, { input }) => {
    if (value !== null && value !== 'none') return { fields: { hash_on: value, algorithm: 'consistent-hashing' } };
    return { fields: { hash_on: 'none', ...(input['algorithm'] === undefined ? { algorithm: 'round-robin' } : {}) } };
  },
};

function fallbackMustDiffer(input: (typeof HASH_INPUTS)[number]): EntityCheck {
  const others = HASH_INPUTS.filter((other) => other !== input);
  return whenField({ field: 'hash_on', is: [input] }, 'hash_fallback', (value) => value !== input, `expected one of: ${others.join(', ')}`);
}

const balancingChecks: readonly EntityCheck[] = [
  requiredWhen({ field: 'hash_on', is: ['header'] }, 'hash_on_header'),
  requiredWhen({ field: 'hash_fallback', is: ['header'] }, 'hash_fallback_header'),
  // A client without the cookie is given one, so there is never anything to fall back to.
  whenField({ field: 'hash_on', is: ['cookie'] }, 'hash_fallback', (value) => value === 'none', 'value must be none'),
  requiredWhen({ field: 'hash_on', is: ['cookie'] }, 'hash_on_cookie'),
  requiredWhen({ field: 'hash_fallback', is: ['cookie'] }, 'hash_on_cookie'),
  requiredWhen({ field: 'hash_on', is: ['query_arg'] }, 'hash_on_query_arg'),
  requiredWhen({ field: 'hash_fallback', is: ['query_arg'] }, 'hash_fallback_query_arg'),
  requiredWhen({ field: 'hash_on', is: ['uri_capture'] }, 'hash_on_uri_capture'),
  requiredWhen({ field: 'hash_fallback', is: ['uri_capture'] }, 'hash_fallback_uri_capture'),
  whenField({ field: 'hash_on', is: ['none'] }, 'hash_fallback', (value) => value === 'none', 'value must be none'),
  fallbackMustDiffer('consumer'),
  fallbackMustDiffer('ip'),
  fallbackMustDiffer('path'),
  distinct(['hash_on_header', 'hash_fallback_header']),
  distinct(['hash_on_query_arg', 'hash_fallback_query_arg']),
  distinct(['hash_on_uri_capture', 'hash_fallback_uri_capture']),
  requiredWhen({ field: 'algorithm', is: ['sticky-sessions'] }, 'sticky_sessions_cookie'),
];

export const upstreamDefinition = {
  kind: 'upstreams',
  singular: 'upstream',
  path: 'upstreams',
  nestedPath: 'upstreams',
  topLevel: true,
  endpointKey: 'name',
  description: 'A group of targets behind one name, and how requests are spread over them.',
  fields: [
    { name: 'name', tag: 10, type: { kind: 'string', maxLength: 253, rules: [upstreamNameRule] }, required: true, unique: true, description: 'Unique name, in the form of a hostname.' },
    { name: 'algorithm', tag: 11, type: { kind: 'string', oneOf: ['consistent-hashing', 'least-connections', 'round-robin', 'latency', 'sticky-sessions'] }, required: true, default: 'round-robin', description: 'How a target is chosen.' },
    { name: 'hash_on', tag: 12, type: HASH_INPUT, required: true, default: 'none', description: 'What to hash for consistent hashing.' },
    { name: 'hash_fallback', tag: 13, type: HASH_INPUT, required: true, default: 'none', description: 'What to hash where a request lacks the first.' },
    { name: 'hash_on_header', tag: 14, type: HEADER_NAME, description: 'Header to hash.' },
    { name: 'hash_fallback_header', tag: 15, type: HEADER_NAME, description: 'Header to hash as fallback.' },
    { name: 'hash_on_cookie', tag: 16, type: { kind: 'string', maxLength: 256, rules: [cookieNameRule] }, description: 'Cookie to hash; a client without it is given one.' },
    { name: 'hash_on_cookie_path', tag: 17, type: { kind: 'string', maxLength: 8192, rules: [pathRule] }, default: '/', description: 'Path of the cookie that is given out.' },
    { name: 'hash_on_query_arg', tag: 18, type: PARAMETER_NAME, description: 'Query argument to hash.' },
    { name: 'hash_fallback_query_arg', tag: 19, type: PARAMETER_NAME, description: 'Query argument to hash as fallback.' },
    { name: 'hash_on_uri_capture', tag: 20, type: PARAMETER_NAME, description: "Named or numbered group of the route's regular expression to hash." },
    { name: 'hash_fallback_uri_capture', tag: 21, type: PARAMETER_NAME, description: "Group of the route's regular expression to hash as fallback." },
    { name: 'slots', tag: 22, type: { kind: 'integer', between: [10, 65_536] }, required: true, default: 10_000, description: 'Size of the hash ring.' },
    { name: 'healthchecks', tag: 23, type: { kind: 'record', fields: healthCheckFields }, required: true, default: {}, description: 'When targets count as healthy.' },
    { name: 'host_header', tag: 24, type: { kind: 'string', maxLength: 260, rules: [hostWithOptionalPortRule] }, description: "Host header sent to targets instead of the target's own name; over TLS its name is also the one that is asked for (SNI) and verified." },
    { name: 'client_certificate', tag: 25, type: { kind: 'reference', to: 'certificates', onDelete: 'restrict' }, description: 'Certificate shown to targets by services that have none of their own.' },
    { name: 'use_srv_name', tag: 26, type: { kind: 'boolean' }, default: false, description: 'Uses the name from an SRV record as Host header.' },
    { name: 'sticky_sessions_cookie', tag: 27, type: { kind: 'string', maxLength: 256, rules: [cookieNameRule] }, description: 'Cookie that keeps a client on its target, for `sticky-sessions`.' },
    { name: 'sticky_sessions_cookie_path', tag: 28, type: { kind: 'string', maxLength: 8192, rules: [pathRule] }, default: '/', description: 'Path of that cookie.' },
    ...protectionFields,
  ],
  checks: balancingChecks,
  shorthands: [algorithm, hashOn],
} as const satisfies EntityDefinition;
