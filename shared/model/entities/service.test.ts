import { test } from 'node:test';
import assert from 'node:assert/strict';
import { accepted, assertHas, ID, NOW, OTHER_ID, refusal } from '../../../test/support/parse-outcome.ts';
import type { JsonObject } from '../definition.ts';

test('a host is all a service needs; everything else has its default', () => {
  assert.deepEqual(accepted('services', { host: 'example.com' }), {
    id: ID, created_at: NOW, updated_at: NOW, name: null, protocol: 'http', host: 'example.com', port: 80, path: null, retries: 5,
    connect_timeout: 60_000, write_timeout: 60_000, read_timeout: 60_000, enabled: true, tls_verify: null, tls_verify_depth: null,
    client_certificate: null, ca_certificates: null, proxy_protocol: null, retry_on: ['connect-failure', 'reset', 'timeout'], retry_statuses: [], retry_budget: 20, tags: null,
  });
});

const good: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ['an address', { host: '10.0.0.1' }, { host: '10.0.0.1' }],
  ['an IPv6 address', { host: 'fe80::1' }, { host: 'fe80::1' }],
  ['a name with underscores', { host: 'my_service.internal' }, { host: 'my_service.internal' }],
  ['a name in another script', { host: 'a', name: 'dienst-größe-服务' }, { name: 'dienst-größe-服务' }],
  ['an id of its own, in lower case', { host: 'a', id: OTHER_ID.toUpperCase() }, { id: OTHER_ID }],
  ['port 0', { host: 'a', port: 0 }, { port: 0 }],
  ['an escaped path', { host: 'a', path: '/a%20b/c;d=1' }, { path: '/a%20b/c;d=1' }],
  ['null where there is a default', { host: 'a', retries: null, protocol: null }, { retries: 5, protocol: 'http' }],
  ['certificates with TLS', { host: 'a', protocol: 'https', client_certificate: { id: OTHER_ID }, ca_certificates: [OTHER_ID.toUpperCase(), ID] }, { client_certificate: { id: OTHER_ID }, ca_certificates: [OTHER_ID, ID] }],
  ['TLS settings with gRPC over TLS', { host: 'a', protocol: 'grpcs', tls_verify: false, tls_verify_depth: 2, ca_certificates: [] }, { tls_verify: false, tls_verify_depth: 2, ca_certificates: [] }],
  ['retries of its own', { host: 'a', retry_on: [], retry_statuses: [502, 503], retry_budget: 0.5 }, { retry_on: [], retry_statuses: [502, 503], retry_budget: 0.5 }],
  ['the PROXY protocol', { host: 'a', protocol: 'tcp', proxy_protocol: 'v2' }, { proxy_protocol: 'v2' }],
  ['TLS settings with TLS', { host: 'a', protocol: 'tls', tls_verify: true, tls_verify_depth: 0 }, { tls_verify: true, tls_verify_depth: 0 }],
  ['tags with spaces', { host: 'a', tags: ['two words', 'größe'] }, { tags: ['two words', 'größe'] }],
  ['url with everything', { url: 'https://example.com:8443/base' }, { protocol: 'https', host: 'example.com', port: 8443, path: '/base' }],
  ['url without port: http', { url: 'http://example.com' }, { protocol: 'http', port: 80, path: null }],
  ['url without port: https', { url: 'HTTPS://example.com/' }, { protocol: 'https', port: 443, path: '/' }],
  ['url with an IPv6 address', { url: 'http://[::1]:9000/' }, { host: '::1', port: 9000 }],
  ['url over single fields', { host: 'old', url: 'http://new/' }, { host: 'new' }],
];
for (const [what, input, expected] of good) test(`accepted: ${what}`, () => assertHas(accepted('services', input), expected));

const bad: readonly (readonly [string, unknown, string])[] = [
  ['no host', {}, 'host: required field missing'],
  ['host null', { host: null }, 'host: required field missing'],
  ['host of another type', { host: 5 }, 'host: expected a string, not a number'],
  ['empty host', { host: '' }, 'host: length must be at least 1'],
  ['host with a port', { host: 'example.com:80' }, 'host: must not have a port'],
  ['host with a path', { host: 'example.com/x' }, 'host: invalid value: example.com/x'],
  ['host that is nearly an address', { host: '10.0.0.256' }, 'host: invalid value: 10.0.0.256'],
  ['host in brackets', { host: '[::1]' }, 'host: invalid value: [::1]; an IPv6 address stands here without brackets'],
  ['a line feed in the host', { host: 'a\nb' }, 'host: invalid value: a\nb'],
  ['port too high', { host: 'a', port: 65_536 }, 'port: value should be between 0 and 65535'],
  ['port as text', { host: 'a', port: '80' }, 'port: expected an integer, not a string'],
  ['a broken number', { host: 'a', port: 80.5 }, 'port: expected an integer, not a fraction'],
  ['retries below zero', { host: 'a', retries: -1 }, 'retries: value should be between 0 and 32767'],
  ['no time at all', { host: 'a', connect_timeout: 0 }, 'connect_timeout: value should be between 1 and 2147483646'],
  ['unknown protocol', { host: 'a', protocol: 'htp' }, 'protocol: expected one of: grpc, grpcs, http, https, tcp, tls, tls_passthrough, udp (did you mean "http"?)'],
  ['enabled as text', { host: 'a', enabled: 'yes' }, 'enabled: expected a boolean, not a string'],
  ['space in the name', { host: 'a', name: 'my service' }, "name: invalid value 'my service': the only accepted ascii characters are alphanumerics or ., -, _, and ~"],
  ['name too long', { host: 'a', name: 'x'.repeat(513) }, 'name: length must be at most 512'],
  ['path without a slash', { host: 'a', path: 'x' }, 'path: should start with: /'],
  ['empty segments', { host: 'a', path: '/a//b' }, 'path: must not have empty segments'],
  ['characters beyond RFC 3986', { host: 'a', path: '/ä' }, "path: invalid path: '/ä' (characters outside of the reserved list of RFC 3986 found)"],
  ['half an escape', { host: 'a', path: '/a%2' }, "path: invalid url-encoded value: '%2'"],
  ['a path without HTTP', { host: 'a', protocol: 'tcp', path: '/' }, "@entity: failed conditional validation given value of field 'protocol'; path: value must be null"],
  ['verification without TLS', { host: 'a', tls_verify: true }, "@entity: failed conditional validation given value of field 'protocol'; tls_verify: value must be null"],
  ['a client certificate without TLS', { host: 'a', client_certificate: { id: ID } }, "@entity: failed conditional validation given value of field 'protocol'; client_certificate: value must be null"],
  ['authorities without TLS', { host: 'a', protocol: 'tcp', ca_certificates: [ID] }, "@entity: failed conditional validation given value of field 'protocol'; ca_certificates: value must be null"],
  ['an authority that is no id', { host: 'a', protocol: 'https', ca_certificates: [{ id: ID }] }, 'ca_certificates.1: expected the id of one of the ca_certificates'],
  ['an authority twice', { host: 'a', protocol: 'https', ca_certificates: [ID, ID.toUpperCase()] }, `ca_certificates.2: values must be distinct: "${ID}" appears twice`],
  ['an unknown cause of retries', { host: 'a', retry_on: ['5xx'] }, 'retry_on.1: expected one of: connect-failure, reset, timeout'],
  ['retries of what went well', { host: 'a', retry_statuses: [200] }, 'retry_statuses.1: value should be between 400 and 599'],
  ['another PROXY protocol', { host: 'a', proxy_protocol: 'v3' }, 'proxy_protocol: expected one of: v1, v2 (did you mean "v1"?)'],
  ['UDP', { host: 'a', protocol: 'udp' }, 'protocol: udp is not served by this gateway: use tcp, tls or tls_passthrough, or leave the service out'],
  ['a mistyped field', { host: 'a', conect_timeout: 5 }, 'conect_timeout: unknown field (did you mean "connect_timeout"?)'],
  ['an unknown field', { host: 'a', quite_different: 5 }, 'quite_different: unknown field'],
  ['a comma in a tag', { host: 'a', tags: ['a,b'] }, "tags.1: invalid tag 'a,b': expected printable ascii (except `,` and `/`) or valid utf-8 sequences"],
  ['a tag twice', { host: 'a', tags: ['x', 'y', 'x'] }, 'tags.3: values must be distinct: "x" appears twice'],
  ['tags as text', { host: 'a', tags: 'x' }, 'tags: expected a set, not a string'],
  ['an id that is none', { host: 'a', id: '42' }, 'id: expected a valid UUID'],
  ['url without a scheme', { url: 'example.com' }, 'url: missing host in url: expected <protocol>://<host>[:<port>][/<path>]; host: required field missing'],
  ['url with another scheme', { url: 'ftp://example.com' }, 'protocol: expected one of: grpc, grpcs, http, https, tcp, tls, tls_passthrough, udp (did you mean "http"?)'],
  ['url with a password', { url: 'http://me:secret@example.com/' }, 'url: must not contain user or password: use a plugin that sets the Authorization header; host: required field missing'],
  ['url with a query', { url: 'http://example.com/?a=1' }, 'url: must not have a query or fragment; host: required field missing'],
  ['url with a huge port', { url: 'http://example.com:99999/' }, 'port: value should be between 0 and 65535'],
  ['a wrong value beside a url that replaces it', { url: 'http://a', port: 'x' }, 'port: expected an integer, not a string'],
  ['url of another type', { url: 5 }, 'url: expected a string, not a number; host: required field missing'],
];
for (const [what, input, message] of bad) test(`refused: ${what}`, () => assert.equal(refusal('services', input), message));
