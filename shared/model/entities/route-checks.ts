/**
 * The rules over several fields of a route: what it may and must match on follows from its protocols. Used by
 * route.ts only; messages are Kong's.
 */
import { parseExpression } from '../expression/parse-expression.ts';
import { entityRule, isFilled, isJsonObject } from '../entity-checks.ts';
import type { EntityCheck, JsonObject, JsonValue, Problem } from '../definition.ts';

interface ProtocolRule {
  readonly protocols: readonly string[];
  /** One of these must be set. */
  readonly mustSetOneOf: readonly string[];
  readonly shown: string;
}

/** The first rule of which the route has a protocol applies, so the secure variant with its extra fields stands first. */
const MUST_SET: readonly ProtocolRule[] = [
  { protocols: ['https'], mustSetOneOf: ['methods', 'hosts', 'headers', 'paths', 'snis'], shown: 'https' },
  { protocols: ['http'], mustSetOneOf: ['methods', 'hosts', 'headers', 'paths'], shown: 'http' },
  { protocols: ['grpcs'], mustSetOneOf: ['hosts', 'headers', 'paths', 'snis'], shown: 'grpcs' },
  { protocols: ['grpc'], mustSetOneOf: ['hosts', 'headers', 'paths'], shown: 'grpc' },
  { protocols: ['tcp', 'tls', 'udp'], mustSetOneOf: ['sources', 'destinations', 'snis'], shown: 'tcp, tls or udp' },
  { protocols: ['tls_passthrough'], mustSetOneOf: ['snis'], shown: 'tls_passthrough' },
];

interface ForbiddenRule {
  readonly protocols: readonly string[];
  readonly fields: readonly string[];
  readonly shown: string;
}

const MUST_NOT_SET: readonly ForbiddenRule[] = [
  { protocols: ['http', 'https'], fields: ['sources', 'destinations'], shown: "'http' or 'https'" },
  { protocols: ['grpc', 'grpcs'], fields: ['methods', 'sources', 'destinations', 'strip_path'], shown: "'grpc' or 'grpcs'" },
  { protocols: ['tcp', 'tls', 'udp', 'tls_passthrough'], fields: ['methods', 'paths', 'headers'], shown: "'tcp', 'tls', 'tls_passthrough' or 'udp'" },
];

/** What an expression says itself. */
const SAID_BY_EXPRESSION = ['methods', 'hosts', 'paths', 'headers', 'snis', 'sources', 'destinations'] as const;
const STREAM_PROTOCOLS: readonly JsonValue[] = ['tcp', 'tls', 'tls_passthrough', 'udp'];

const SNI_PROTOCOLS: readonly JsonValue[] = ['grpcs', 'https', 'tls', 'tls_passthrough'];

const somethingToMatch = entityRule('A route must match on something that its protocols have.', (route) => {
  const rule = MUST_SET.find((candidate) => speaksOneOf(route, candidate.protocols));
  if (rule === undefined || isFilled(route['expression']) || rule.mustSetOneOf.some((field) => isFilled(route[field]))) return [];
  const [only, ...others] = rule.mustSetOneOf;
  const fields = others.length === 0 ? String(only) : `one of ${rule.mustSetOneOf.map((field) => `'${field}'`).join(', ')}`;
  return [{ field: '@entity', message: `must set ${fields} when 'protocols' is '${rule.shown}'` }];
});

const nothingForeign = entityRule('A route must not match on what its protocols do not have.', (route) => {
  const rule = MUST_NOT_SET.find((candidate) => speaksOneOf(route, candidate.protocols));
  const wrong = rule?.fields.filter((field) => (field === 'strip_path' ? route[field] === true : isFilled(route[field]))) ?? [];
  return wrong.map((field) => ({ field, message: `cannot set '${field}' when 'protocols' is ${rule?.shown}` }));
});

const snisNeedTls = entityRule('SNIs exist only with TLS.', (route) =>
  isFilled(route['snis']) && !speaksOneOf(route, SNI_PROTOCOLS)
    ? [{ field: 'snis', message: "'snis' can only be set when 'protocols' is 'grpcs', 'https', 'tls' or 'tls_passthrough'" }]
    : [],
);

const endpointsSaySomething = entityRule('Each source and destination needs an ip or a port.', (route) => [
  ...emptyEndpoints(route, 'sources'),
  ...emptyEndpoints(route, 'destinations'),
]);

const oneRegexPerHeader = entityRule('A header matches a list of values or one regular expression.', (route) => {
  const headers = route['headers'];
  if (!isJsonObject(headers)) return [];
  return Object.entries(headers)
    .filter(([, values]) => Array.isArray(values) && values.length > 1 && values.some((value) => typeof value === 'string' && value.startsWith('~*')))
    .map(([name]) => ({ field: `headers.${name}`, message: 'a regular expression (~*…) must be the only value of its header' }));
});

const expressionOrFields = entityRule('An expression stands alone: with it, no other field says what to match; `priority` is for expressions and `regex_priority` for paths.', (route) => {
  if (!isFilled(route['expression'])) return route['priority'] === 0 ? [] : [{ field: 'priority', message: "can only be set with 'expression': paths that are regular expressions have 'regex_priority'" }];
  const beside = SAID_BY_EXPRESSION.filter((field) => isFilled(route[field])).map((field) => ({ field, message: "cannot be set together with 'expression': say it in the expression" }));
  return route['regex_priority'] === 0 ? beside : [...beside, { field: 'regex_priority', message: "cannot be set together with 'expression': use 'priority'" }];
});

const readableExpression = entityRule('An expression is one in the language of expressions, over what its protocols have.', (route) => {
  const { expression } = route;
  if (typeof expression !== 'string') return [];
  const parsed = parseExpression(expression, speaksOneOf(route, STREAM_PROTOCOLS) ? 'stream' : 'http');
  return parsed.kind === 'parsed' ? [] : [{ field: 'expression', message: parsed.problem }];
});

const noUdp = entityRule('udp is not served.', (route) =>
  speaksOneOf(route, ['udp']) ? [{ field: 'protocols', message: 'udp is not served by this gateway: use tcp, tls or tls_passthrough, or leave the route out' }] : [],
);

export const routeChecks: readonly EntityCheck[] = [
  somethingToMatch, nothingForeign, snisNeedTls, endpointsSaySomething, oneRegexPerHeader, expressionOrFields, readableExpression, noUdp,
];

/** True where the route's protocols contain one of these. */
export function speaksOneOf(route: JsonObject, protocols: readonly JsonValue[]): boolean {
  const own = route['protocols'];
  return Array.isArray(own) && own.some((protocol) => protocols.includes(protocol));
}

function emptyEndpoints(route: JsonObject, field: string): readonly Problem[] {
  const list = route[field];
  if (!Array.isArray(list)) return [];
  return list.flatMap((endpoint: JsonValue, index) =>
    isJsonObject(endpoint) && endpoint['ip'] === null && endpoint['port'] === null
      ? [{ field: `${field}.${index + 1}`, message: "at least one of these fields must be non-empty: 'ip', 'port'" }]
      : [],
  );
}
