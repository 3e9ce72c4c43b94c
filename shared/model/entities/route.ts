/**
 * Routes: which requests belong to which service (by attributes, Kong's default flavour, or by an expression). Field numbers
 * are fixed for ever; new fields take the next free one.
 */
import type { EntityDefinition, Field, Shorthand } from '../definition.ts';
import { ipOrCidrRule, matchedHeaderNameRule, matchedHeaderValueRule, methodRule, nameRule, routePathRule, wildcardHostRule, wildcardSniRule } from '../string-rules.ts';
import { MAX_EXPRESSION, routeBounds } from './route-bounds.ts';
import { routeChecks, speaksOneOf } from './route-checks.ts';

const ENDPOINT_FIELDS = [
  { name: 'ip', tag: 1, type: { kind: 'string', rules: [ipOrCidrRule] }, description: 'IP address or CIDR range.' },
  { name: 'port', tag: 2, type: { kind: 'integer', between: [0, 65_535] }, description: 'Port.' },
] as const satisfies readonly Field[];

/** Stripping a path makes no sense for gRPC, whose paths name methods: there the default is false. */
const protocols: Shorthand = {
  name: 'protocols',
  type: { kind: 'array', of: { kind: 'string' } },
  description: 'With `grpc` or `grpcs`, `strip_path` is false where it is not given.',
  expand: (value, { input }) => {
    const grpc = speaksOneOf({ protocols: value }, ['grpc', 'grpcs']);
    return { fields: { protocols: value, ...(grpc && input['strip_path'] === undefined ? { strip_path: false } : {}) } };
  },
};

export const routeDefinition = {
  kind: 'routes',
  singular: 'route',
  path: 'routes',
  nestedPath: 'routes',
  topLevel: true,
  endpointKey: 'name',
  description: 'A rule that requests must match, and the service they then go to.',
  fields: [
    { name: 'name', tag: 10, type: { kind: 'string', maxLength: 512, rules: [nameRule] }, unique: true, description: 'Unique name.' },
    {
      name: 'protocols', tag: 11, required: true, default: ['http', 'https'],
      type: {
        kind: 'set', minLength: 1,
        of: { kind: 'string', oneOf: ['grpc', 'grpcs', 'http', 'https', 'tcp', 'tls', 'tls_passthrough', 'udp'] },
        mutuallyExclusiveSubsets: [['http', 'https'], ['tcp', 'tls', 'udp'], ['tls_passthrough'], ['grpc', 'grpcs']],
      },
      description: 'Protocols the route serves. A route for `https` alone answers plain requests with `https_redirect_status_code`.',
    },
    { name: 'methods', tag: 12, type: { kind: 'set', of: { kind: 'string', maxLength: 64, rules: [methodRule] } }, description: 'Methods to match, in upper case.' },
    { name: 'hosts', tag: 13, type: { kind: 'array', of: { kind: 'string', maxLength: 260, rules: [wildcardHostRule] } }, description: 'Hosts to match: exact, or with `*` as the first or last label; an optional port.' },
    { name: 'paths', tag: 14, type: { kind: 'array', of: { kind: 'string', maxLength: 8192, rules: [routePathRule] } }, description: 'Paths to match: prefixes, or regular expressions behind `~`.' },
    {
      name: 'headers', tag: 15,
      type: { kind: 'map', keys: { kind: 'string', maxLength: 256, rules: [matchedHeaderNameRule] }, values: { kind: 'array', minLength: 1, of: { kind: 'string', maxLength: 8192, rules: [matchedHeaderValueRule] } } },
      description: 'Headers to match, each with its accepted values or one regular expression behind `~*`.',
    },
    { name: 'snis', tag: 16, type: { kind: 'set', of: { kind: 'string', maxLength: 253, rules: [wildcardSniRule] } }, description: 'Server names to match on TLS connections.' },
    { name: 'sources', tag: 17, type: { kind: 'set', of: { kind: 'record', fields: ENDPOINT_FIELDS } }, description: 'Where stream connections come from.' },
    { name: 'destinations', tag: 18, type: { kind: 'set', of: { kind: 'record', fields: ENDPOINT_FIELDS } }, description: 'Where stream connections go to.' },
    { name: 'https_redirect_status_code', tag: 19, type: { kind: 'integer', oneOf: [426, 301, 302, 307, 308] }, required: true, default: 426, description: 'Answer to a plain request that only matches but for its protocol.' },
    { name: 'regex_priority', tag: 20, type: { kind: 'integer', between: [-2_147_483_648, 2_147_483_647] }, required: true, default: 0, description: 'Among regular expressions that match, the route with the higher number wins.' },
    { name: 'strip_path', tag: 21, type: { kind: 'boolean' }, required: true, default: true, description: 'Takes the matched prefix off before forwarding.' },
    { name: 'path_handling', tag: 22, type: { kind: 'string', oneOf: ['v0', 'v1'] }, required: true, default: 'v0', description: "How the service's path and the request's are joined." },
    { name: 'preserve_host', tag: 23, type: { kind: 'boolean' }, required: true, default: false, description: "Forwards the client's Host header instead of the backend's." },
    { name: 'request_buffering', tag: 24, type: { kind: 'boolean' }, required: true, default: true, description: "Collects a request's body before it takes a connection to the backend, up to a bound of the data plane; beyond it, and where false, bodies stream." },
    { name: 'response_buffering', tag: 25, type: { kind: 'boolean' }, required: true, default: true, description: 'Holds what a slow client has not taken yet, up to a bound of the data plane, so that the backend is free; where false, the backend waits for the client.' },
    { name: 'service', tag: 26, type: { kind: 'reference', to: 'services', onDelete: 'restrict' }, description: 'Where matching requests go; without one, a plugin must answer them.' },
    { name: 'expression', tag: 27, type: { kind: 'string', maxLength: MAX_EXPRESSION }, description: 'A condition in the language of expressions, instead of `methods`, `hosts`, `paths`, `headers`, `snis`, `sources` and `destinations`.' },
    { name: 'priority', tag: 28, type: { kind: 'integer', between: [0, 2 ** 46 - 1] }, required: true, default: 0, description: 'Among expressions that match, the route with the higher number wins.' },
  ],
  checks: routeChecks,
  bounds: routeBounds,
  shorthands: [protocols],
} as const satisfies EntityDefinition;
