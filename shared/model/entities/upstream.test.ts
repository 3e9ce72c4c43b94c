import { test } from 'node:test';
import assert from 'node:assert/strict';
import { accepted, assertHas, refusal } from '../../../test/support/parse-outcome.ts';
import type { JsonObject } from '../definition.ts';

test('a name is all an upstream needs; health checks are there and off', () => {
  const upstream = accepted('upstreams', { name: 'backend.internal' });
  assertHas(upstream, { algorithm: 'round-robin', hash_on: 'none', hash_fallback: 'none', hash_on_cookie_path: '/', slots: 10_000, host_header: null, use_srv_name: false });
  assert.deepEqual(upstream['healthchecks'], {
    active: {
      type: 'http', timeout: 1, concurrency: 10, http_path: '/', https_sni: null, https_verify_certificate: true, headers: null,
      healthy: { interval: 0, http_statuses: [200, 302], successes: 0 },
      unhealthy: { interval: 0, http_statuses: [429, 404, 500, 501, 502, 503, 504, 505], tcp_failures: 0, timeouts: 0, http_failures: 0 },
    },
    passive: {
      type: 'http',
      healthy: { http_statuses: [200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308], successes: 0 },
      unhealthy: { http_statuses: [429, 500, 503], tcp_failures: 0, timeouts: 0, http_failures: 0 },
    },
    threshold: 0,
  });
});

const good: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ['hashing sets the algorithm', { name: 'u', hash_on: 'consumer' }, { algorithm: 'consistent-hashing', hash_on: 'consumer' }],
  ['hashing wins over another algorithm', { name: 'u', algorithm: 'round-robin', hash_on: 'ip' }, { algorithm: 'consistent-hashing', hash_on: 'ip' }],
  ['hashing by header with a fallback', { name: 'u', hash_on: 'header', hash_on_header: 'x-user', hash_fallback: 'ip' }, { hash_on_header: 'x-user', hash_fallback: 'ip' }],
  ['hashing by cookie', { name: 'u', hash_on: 'cookie', hash_on_cookie: 'session' }, { hash_on_cookie_path: '/' }],
  ['an explicit none leaves an explicit algorithm', { name: 'u', algorithm: 'latency', hash_on: 'none' }, { algorithm: 'latency', hash_on: 'none' }],
  ['an explicit none alone', { name: 'u', hash_on: 'none' }, { algorithm: 'round-robin' }],
  ['least connections', { name: 'u', algorithm: 'least-connections' }, { algorithm: 'least-connections', hash_on: 'none' }],
  ['part of the health checks', { name: 'u', healthchecks: { threshold: 55.5 } }, {}],
];
for (const [what, input, expected] of good) test(`accepted: ${what}`, () => assertHas(accepted('upstreams', input), expected));

const depends = (on: string): string => `@entity: failed conditional validation given value of field '${on}'`;

const bad: readonly (readonly [string, unknown, string])[] = [
  ['no name', {}, 'name: required field missing'],
  ['an address as name', { name: '10.0.0.1' }, 'name: Invalid name; no ip addresses allowed'],
  ['an address with port as name', { name: '10.0.0.1:80' }, 'name: Invalid name; no ip addresses allowed'],
  ['a port in the name', { name: 'a:80' }, 'name: Invalid name; no port allowed'],
  ['a space in the name', { name: 'a b' }, 'name: Invalid name; must be a valid hostname'],
  ['an unknown algorithm', { name: 'u', algorithm: 'random' }, 'algorithm: expected one of: consistent-hashing, least-connections, round-robin, latency, sticky-sessions'],
  ['a hash input of another type', { name: 'u', algorithm: 'latency', hash_on: true }, 'hash_on: expected a string, not a boolean'],
  ['too few slots', { name: 'u', slots: 9 }, 'slots: value should be between 10 and 65536'],
  ['a header hash without header', { name: 'u', hash_on: 'header' }, `${depends('hash_on')}; hash_on_header: required field missing`],
  ['a fallback header without header', { name: 'u', hash_on: 'ip', hash_fallback: 'header' }, `${depends('hash_fallback')}; hash_fallback_header: required field missing`],
  ['a fallback behind a cookie', { name: 'u', hash_on: 'cookie', hash_on_cookie: 'c', hash_fallback: 'ip' }, `${depends('hash_on')}; hash_fallback: value must be none`],
  ['a fallback cookie without cookie', { name: 'u', hash_on: 'ip', hash_fallback: 'cookie' }, `${depends('hash_fallback')}; hash_on_cookie: required field missing`],
  ['a fallback without hashing', { name: 'u', hash_fallback: 'ip' }, `${depends('hash_on')}; hash_fallback: value must be none`],
  ['a fallback that is the same', { name: 'u', hash_on: 'ip', hash_fallback: 'ip' }, `${depends('hash_on')}; hash_fallback: expected one of: none, consumer, header, cookie, path, query_arg, uri_capture`],
  ['the same header twice', { name: 'u', hash_on: 'header', hash_fallback: 'header', hash_on_header: 'a', hash_fallback_header: 'a' }, "@entity: values of these fields must be distinct: 'hash_on_header', 'hash_fallback_header'"],
  ['a query hash without argument', { name: 'u', hash_on: 'query_arg' }, `${depends('hash_on')}; hash_on_query_arg: required field missing`],
  ['a capture hash without capture', { name: 'u', hash_on: 'uri_capture' }, `${depends('hash_on')}; hash_on_uri_capture: required field missing`],
  ['a cookie name with a semicolon', { name: 'u', hash_on: 'cookie', hash_on_cookie: 'a;b' }, "hash_on_cookie: bad cookie name 'a;b', allowed characters are A-Z, a-z, 0-9, '_', and '-'"],
  ['a deep range', { name: 'u', healthchecks: { active: { healthy: { interval: 70_000 } } } }, 'healthchecks.active.healthy.interval: value should be between 0 and 65535'],
  ['a deep unknown field', { name: 'u', healthchecks: { active: { healthy: { intervall: 1 } } } }, 'healthchecks.active.healthy.intervall: unknown field (did you mean "interval"?)'],
  ['a status that is none', { name: 'u', healthchecks: { passive: { unhealthy: { http_statuses: [500, 42] } } } }, 'healthchecks.passive.unhealthy.http_statuses.2: value should be between 100 and 999'],
  ['health checks as a list', { name: 'u', healthchecks: [] }, 'healthchecks: expected a record, not a list'],
  ['a probe path without slash', { name: 'u', healthchecks: { active: { http_path: 'x' } } }, 'healthchecks.active.http_path: should start with: /'],
  ['a host header with spaces', { name: 'u', host_header: 'a b' }, 'host_header: invalid value: a b'],
];
for (const [what, input, message] of bad) test(`refused: ${what}`, () => assert.equal(refusal('upstreams', input), message));

test('a patch of one health check leaves the others, and lists are replaced', () => {
  const previous = accepted('upstreams', { name: 'u', healthchecks: { active: { timeout: 3, healthy: { http_statuses: [200, 201] } } } });
  const patched = accepted('upstreams', { healthchecks: { active: { healthy: { interval: 5, http_statuses: [204] } } } }, { mode: 'merge', previous });
  const expected = structuredClone(previous['healthchecks']);
  assert.deepEqual(patched['healthchecks'], mergedInto(expected, { interval: 5, http_statuses: [204], successes: 0 }));
});

test('going back from hashing forgets what was hashed on', () => {
  const previous = accepted('upstreams', { name: 'u', hash_on: 'ip', hash_fallback: 'consumer' });
  assertHas(accepted('upstreams', { algorithm: 'least-connections' }, { mode: 'merge', previous }), { algorithm: 'least-connections', hash_on: 'none', hash_fallback: 'none' });
});

function mergedInto(healthchecks: unknown, healthy: JsonObject): unknown {
  assert.ok(typeof healthchecks === 'object' && healthchecks !== null && 'active' in healthchecks);
  assert.ok(typeof healthchecks.active === 'object' && healthchecks.active !== null);
  return { ...healthchecks, active: { ...healthchecks.active, healthy } };
}
