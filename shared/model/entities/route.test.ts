import { test } from 'node:test';
import assert from 'node:assert/strict';
import { accepted, assertHas, ID, NOW, OTHER_ID, refusal } from '../../../test/support/parse-outcome.ts';
import type { JsonObject } from '../definition.ts';

test('a path is all a route needs; everything else has its default', () => {
  assert.deepEqual(accepted('routes', { paths: ['/example'] }), {
    id: ID, created_at: NOW, updated_at: NOW, name: null, protocols: ['http', 'https'], methods: null, hosts: null, paths: ['/example'],
    headers: null, snis: null, sources: null, destinations: null, https_redirect_status_code: 426, regex_priority: 0, strip_path: true,
    path_handling: 'v0', preserve_host: false, request_buffering: true, response_buffering: true, service: null, expression: null, priority: 0,
    tags: null,
  });
});

const good: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ['methods alone', { methods: ['GET', 'PURGE'] }, { methods: ['GET', 'PURGE'] }],
  ['hosts with wildcards and ports', { hosts: ['*.example.com', 'example.*', 'a.b:8443', '*.c:80', '10.0.0.1'] }, { hosts: ['*.example.com', 'example.*', 'a.b:8443', '*.c:80', '10.0.0.1'] }],
  ['a regular expression with a named group', { paths: ['~/users/(?<id>\\d+)$'] }, { paths: ['~/users/(?<id>\\d+)$'] }],
  ['headers', { headers: { 'x-version': ['1', '2'], 'X-Region': ['~*^eu-'] } }, { headers: { 'x-version': ['1', '2'], 'X-Region': ['~*^eu-'] } }],
  ['an SNI with https', { protocols: ['https'], snis: ['*.example.com'] }, { snis: ['*.example.com'] }],
  ['a service', { paths: ['/'], service: { id: OTHER_ID.toUpperCase() } }, { service: { id: OTHER_ID } }],
  ['gRPC, which does not strip', { protocols: ['grpc', 'grpcs'], paths: ['/'] }, { strip_path: false }],
  ['gRPC with strip_path false', { protocols: ['grpc'], hosts: ['a'], strip_path: false }, { strip_path: false }],
  ['streams', { protocols: ['tcp', 'tls'], sources: [{ ip: '10.0.0.0/8' }, { port: 53 }, { ip: '::1', port: 1 }] }, { sources: [{ ip: '10.0.0.0/8', port: null }, { ip: null, port: 53 }, { ip: '::1', port: 1 }] }],
  ['TLS passed through', { protocols: ['tls_passthrough'], snis: ['a.b'] }, { protocols: ['tls_passthrough'] }],
  ['an expression', { expression: 'http.path ^= "/a" && net.protocol == "https"', priority: 2 ** 46 - 1 }, { paths: null, priority: 70_368_744_177_663 }],
  ['an expression beside empty lists', { expression: 'http.path == "/"', hosts: [], paths: null }, { hosts: [] }],
  ['an expression on connections', { protocols: ['tls'], expression: 'tls.sni == "a.test" && net.dst.port == 9000' }, { protocols: ['tls'] }],
  ['an empty list beside another', { paths: ['/'], hosts: [] }, { hosts: [] }],
];
for (const [what, input, expected] of good) test(`accepted: ${what}`, () => assertHas(accepted('routes', input), expected));

const nothingToMatch = (fields: string, protocols: string): string => `@entity: must set ${fields} when 'protocols' is '${protocols}'`;

const bad: readonly (readonly [string, unknown, string])[] = [
  ['nothing to match', {}, nothingToMatch("one of 'methods', 'hosts', 'headers', 'paths', 'snis'", 'https')],
  ['only empty lists', { protocols: ['http'], paths: [], headers: {} }, nothingToMatch("one of 'methods', 'hosts', 'headers', 'paths'", 'http')],
  ['a gRPC route with nothing', { protocols: ['grpc'] }, nothingToMatch("one of 'hosts', 'headers', 'paths'", 'grpc')],
  ['a stream route with nothing', { protocols: ['tls'] }, nothingToMatch("one of 'sources', 'destinations', 'snis'", 'tcp, tls or udp')],
  ['a passthrough without SNIs', { protocols: ['tls_passthrough'] }, nothingToMatch('snis', 'tls_passthrough')],
  ['a relative path', { paths: ['/ok', 'x'] }, 'paths.2: should start with: / (fixed path) or ~/ (regex path)'],
  ['a path that is not normal', { paths: ['/a/../b%7e%2f'] }, "paths.1: non-normalized path, consider use '/b~%2F' instead"],
  ['empty segments', { paths: ['/a//b'] }, 'paths.1: must not have empty segments'],
  ['empty segments in a regular expression', { paths: ['~/a//b'] }, 'paths.1: must not have empty segments'],
  ['a broken regular expression', { paths: ['~/a['] }, "paths.1: invalid regex: '/a[' (RE2: error parsing regexp: missing closing ]: `[`)"],
  ['a back reference, which cannot run in linear time', { paths: ['~/(a)\\1'] }, "paths.1: invalid regex: '/(a)\\1' (RE2: error parsing regexp: invalid escape sequence: `\\1`)"],
  ['paths as text', { paths: '/a' }, 'paths: expected an array, not a string'],
  ['methods in lower case', { methods: ['get'] }, 'methods.1: invalid value: get'],
  ['a method twice', { methods: ['GET', 'GET'] }, 'methods.2: values must be distinct: "GET" appears twice'],
  ['two wildcards', { hosts: ['*.a.*'] }, 'hosts.1: invalid wildcard: must have at most one wildcard'],
  ['a wildcard in the middle', { hosts: ['a.*.b'] }, 'hosts.1: invalid wildcard: must be placed at leftmost or rightmost label'],
  ['half a label', { hosts: ['a*.b'] }, 'hosts.1: invalid wildcard: must be placed at leftmost or rightmost label'],
  ['port 0', { hosts: ['a:0'] }, 'hosts.1: invalid hostname: a:0'],
  ['the host among headers', { headers: { Host: ['a'] } }, "headers.Host: cannot contain 'host' header, which must be specified in the 'hosts' attribute"],
  ['a header without values', { headers: { 'x-a': [] } }, 'headers.x-a: length must be at least 1'],
  ['a header name with a space', { headers: { 'x a': ['1'] } }, "headers.x a: bad header name 'x a', allowed characters are A-Z, a-z, 0-9, '_', and '-'"],
  ['a pattern among values', { headers: { 'x-a': ['1', '~*2'] } }, 'headers.x-a: a regular expression (~*…) must be the only value of its header'],
  ['a broken header pattern', { headers: { 'x-a': ['~*('] } }, "headers.x-a.1: invalid regex: '(' (RE2: error parsing regexp: missing closing ): `(`)"],
  ['protocols that do not mix', { paths: ['/'], protocols: ['http', 'grpc'] }, "protocols: these sets are mutually exclusive: ('http', 'https'), ('grpc', 'grpcs')"],
  ['no protocol', { paths: ['/'], protocols: [] }, 'protocols: length must be at least 1'],
  ['an unknown protocol', { paths: ['/'], protocols: ['htpp'] }, 'protocols.1: expected one of: grpc, grpcs, http, https, tcp, tls, tls_passthrough, udp (did you mean "http"?)'],
  ['SNIs without TLS', { protocols: ['http'], paths: ['/'], snis: ['a'] }, "snis: 'snis' can only be set when 'protocols' is 'grpcs', 'https', 'tls' or 'tls_passthrough'"],
  ['sources with HTTP', { paths: ['/'], sources: [{ port: 1 }] }, "sources: cannot set 'sources' when 'protocols' is 'http' or 'https'"],
  ['methods with gRPC', { protocols: ['grpc'], paths: ['/'], methods: ['POST'] }, "methods: cannot set 'methods' when 'protocols' is 'grpc' or 'grpcs'"],
  ['stripping with gRPC', { protocols: ['grpc'], paths: ['/'], strip_path: true }, "strip_path: cannot set 'strip_path' when 'protocols' is 'grpc' or 'grpcs'"],
  ['paths with streams', { protocols: ['tcp'], sources: [{ port: 1 }], paths: ['/'] }, "paths: cannot set 'paths' when 'protocols' is 'tcp', 'tls', 'tls_passthrough' or 'udp'"],
  ['an empty source', { protocols: ['tcp'], sources: [{ port: 1 }, {}] }, "sources.2: at least one of these fields must be non-empty: 'ip', 'port'"],
  ['a range that is none', { protocols: ['tcp'], sources: [{ ip: '10.0.0.0/33' }] }, "sources.1.ip: invalid ip or cidr range: '10.0.0.0/33'"],
  ['an unknown field in a source', { protocols: ['tcp'], sources: [{ prt: 1 }] }, 'sources.1.prt: unknown field (did you mean "port"?)'],
  ['another redirect status', { paths: ['/'], https_redirect_status_code: 303 }, 'https_redirect_status_code: expected one of: 426, 301, 302, 307, 308'],
  ['a service by text', { paths: ['/'], service: ID }, 'service: expected a record, not a string: { "id": "<id of one of the services>" }'],
  ['a service without id', { paths: ['/'], service: {} }, 'service.id: missing primary key'],
  ['a service with a bad id', { paths: ['/'], service: { id: '1' } }, 'service.id: expected a valid UUID'],
  ['both flavours', { expression: 'http.path == "/"', paths: ['/'], regex_priority: 1 }, "paths: cannot be set together with 'expression': say it in the expression; regex_priority: cannot be set together with 'expression': use 'priority'"],
  ['a priority without expression', { paths: ['/'], priority: 1 }, "priority: can only be set with 'expression': paths that are regular expressions have 'regex_priority'"],
  ['a priority beyond 46 bits', { expression: 'http.path == "/"', priority: 2 ** 46 }, 'priority: value should be between 0 and 70368744177663'],
  ['UDP', { protocols: ['udp'], sources: [{ port: 53 }] }, 'protocols: udp is not served by this gateway: use tcp, tls or tls_passthrough, or leave the route out'],
];
for (const [what, input, message] of bad) test(`refused: ${what}`, () => assert.equal(refusal('routes', input), message));

test('a route that would take data planes long to compile is refused before it is compiled here', () => {
  const [pattern, combinations] = [/^@entity: the regular expressions of a route may take 50000 steps .* make them smaller, or make several routes$/, /^@entity: hosts times paths times values of a header may be 100000 in one route, got (\d+): make several routes$/];
  const begunMs = performance.now();
  assert.match(refusal('routes', { paths: [`~/${'(a{1000})'.repeat(800)}`] }), pattern);
  assert.match(refusal('routes', { paths: Array.from({ length: 2000 }, (_, index) => `~/(a{900})${index}`) }), pattern);
  assert.match(refusal('routes', { headers: { 'x-a': [`~*${'([0-9a-f]{500}){2}'.repeat(60)}`] } }), pattern);
  const hosts = Array.from({ length: 400 }, (_, index) => `h${index}.test`);
  const paths = Array.from({ length: 300 }, (_, index) => `/p${index}`);
  assert.equal(combinations.exec(refusal('routes', { hosts, paths }))?.[1], '120000');
  assert.equal(combinations.exec(refusal('routes', { hosts, headers: { 'x-a': paths, 'x-b': ['1'] } }))?.[1], '120000');
  assert.ok(performance.now() - begunMs < 2_000, 'compiling them would take longer');
  assertHas(accepted('routes', { paths: Array.from({ length: 100 }, (_, index) => `~/${index}/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`) }), { hosts: null });
  assertHas(accepted('routes', { hosts, paths: paths.slice(0, 250) }), { hosts });
});

test('a change to gRPC stops stripping, unless the same change asks for it', () => {
  const previous = accepted('routes', { paths: ['/'] });
  assertHas(accepted('routes', { protocols: ['grpc'] }, { mode: 'merge', previous }), { protocols: ['grpc'], strip_path: false });
  assert.match(refusal('routes', { protocols: ['grpc'], strip_path: true }, { mode: 'merge', previous }), /cannot set 'strip_path'/);
});

test('an expression that cannot be read is refused with the place of the mistake', () => {
  const problem = refusal('routes', { expression: 'http.path == "/" && htp.host == "a"' });
  assert.match(problem, /^expression: .*21/);
  assert.match(refusal('routes', { protocols: ['tcp'], expression: 'http.path == "/"' }), /^expression: .*http\.path/);
  assert.match(refusal('routes', { expression: 'net.dst.port == ' }), /^expression: /);
});

test('the regular expressions of an expression count like those of paths, whichever way they are quoted', () => {
  const tooMuch = /^@entity: the regular expressions of a route may take 50000 steps/;
  assert.match(refusal('routes', { expression: 'http.path ~ "/(?:a{1000}){100}"' }), tooMuch);
  assert.match(refusal('routes', { expression: 'http.path == "a\\"b" || http.path ~ r#"/(?:\\d{1000}){100}"#' }), tooMuch);
  assert.match(refusal('routes', { expression: 'http.path ~ "/(?:\\\\d{1000}){100}"' }), tooMuch);
  assert.match(refusal('routes', { expression: `http.path == "${'r#"'.repeat(4_000)}` }), /^expression: /);
});
