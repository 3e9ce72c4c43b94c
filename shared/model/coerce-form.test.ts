import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, assertHas, createOptions, OTHER_ID, refusal } from '../../test/support/parse-outcome.ts';
import { coerceForm, type CoerceOptions } from './coerce-form.ts';
import type { EntityKind, JsonObject } from './definition.ts';
import { definitionOf } from './registry.ts';

const cases: readonly (readonly [string, EntityKind, JsonObject, JsonObject, Partial<CoerceOptions>?])[] = [
  ['numbers and booleans', 'services', { port: '81', retries: '-1', enabled: 'false', tls_verify: 'true' }, { port: 81, retries: -1, enabled: false, tls_verify: true }],
  ['text stays text, also where it looks like a number', 'services', { name: '42', host: 'true' }, { name: '42', host: 'true' }],
  ['what does not fit stays for the parser to refuse', 'services', { port: 'abc', enabled: 'yes', retries: '0x10' }, { port: 'abc', enabled: 'yes', retries: '0x10' }],
  ['empty text is null', 'services', { path: '', port: '' }, { path: null, port: null }],
  ['comma lists', 'services', { tags: 'a,b, c' }, { tags: ['a', 'b', 'c'] }],
  ['lists', 'routes', { paths: ['/a', '/b,c'], methods: 'GET' }, { paths: ['/a', '/b,c'], methods: ['GET'] }],
  ['numbers deep inside', 'upstreams', { healthchecks: { threshold: '1.5', active: { healthy: { interval: '5', http_statuses: '200,204' } } } }, { healthchecks: { threshold: 1.5, active: { healthy: { interval: 5, http_statuses: [200, 204] } } } }],
  ['maps of lists', 'routes', { headers: { 'x-a': '1,2' } }, { headers: { 'x-a': ['1', '2'] } }],
  ['lists of records', 'routes', { sources: [{ ip: '10.0.0.1', port: '80' }] }, { sources: [{ ip: '10.0.0.1', port: 80 }] }],
  ['references', 'routes', { service: { id: OTHER_ID } }, { service: { id: OTHER_ID } }],
  ['lists of references', 'services', { ca_certificates: `${OTHER_ID},${OTHER_ID}` }, { ca_certificates: [OTHER_ID, OTHER_ID] }],
  ['a reference taken away', 'routes', { service: '' }, { service: null }],
  ['shorthands', 'keyauth_credentials', { ttl: '60' }, { ttl: 60 }],
  ["a plugin's settings by its name", 'plugins', { name: 'rate-limiting', config: { minute: '100', policy: 'local' } }, { name: 'rate-limiting', config: { minute: 100, policy: 'local' } }],
  ["a plugin's lists", 'plugins', { name: 'acl', config: { allow: 'premium-users' } }, { name: 'acl', config: { allow: ['premium-users'] } }],
  ['the settings of a plugin that the form does not name', 'plugins', { config: { minute: '5' } }, { config: { minute: 5 } }, { pluginName: 'rate-limiting' }],
  ['the settings of nobody', 'plugins', { config: { minute: '5' } }, { config: { minute: '5' } }],
  ['unknown fields', 'services', { unknown: '5' }, { unknown: '5' }],
  ['common fields', 'services', { created_at: '5', id: OTHER_ID }, { created_at: 5, id: OTHER_ID }],
];
for (const [what, kind, form, expected, options] of cases) {
  test(what, () => assert.deepEqual(coerceForm(definitionOf(kind), form, { pluginSchemaOf: createOptions.pluginSchemaOf, ...options }), expected));
}

test('a coerced form is parsed like JSON', () => {
  const coerce = (kind: EntityKind, form: JsonObject): JsonObject => coerceForm(definitionOf(kind), form, createOptions);
  assertHas(accepted('routes', coerce('routes', { paths: ['/example'], strip_path: 'true' })), { paths: ['/example'], strip_path: true });
  assert.equal(refusal('services', coerce('services', { host: 'a', port: 'x' })), 'port: expected an integer, not a string');
});
