import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, OTHER_ID } from '../../test/support/parse-outcome.ts';
import { testAuthority, testCertificate } from '../../test/support/test-certificates.ts';
import { pluginCatalog } from '../plugins/catalog.ts';
import { defined } from '../assert.ts';
import type { EntityKind, JsonObject, JsonValue } from './definition.ts';
import { isJsonObject } from './entity-checks.ts';
import { kongPluginSchema, kongSchema } from './kong-schema.ts';
import { definitionOf, entityDefinitions } from './registry.ts';

const { cert, key } = await testCertificate();
const authority = await testAuthority();
const NEEDED: Readonly<Record<EntityKind, JsonObject>> = {
  services: { host: 'a' }, routes: { paths: ['/'] }, consumers: { username: 'a' }, upstreams: { name: 'u' }, targets: { upstream: { id: OTHER_ID }, target: 'a' },
  consumer_groups: { name: 'gold' }, consumer_group_consumers: { consumer: { id: OTHER_ID }, consumer_group: { id: OTHER_ID } }, partials: { type: 'redis-ce' },
  plugins: { name: 'key-auth' }, keyauth_credentials: { consumer: { id: OTHER_ID } }, acls: { consumer: { id: OTHER_ID }, group: 'g' },
  basicauth_credentials: { consumer: { id: OTHER_ID }, username: 'a', password: 'b' }, hmacauth_credentials: { consumer: { id: OTHER_ID }, username: 'a' },
  jwt_secrets: { consumer: { id: OTHER_ID } }, oauth2_credentials: { consumer: { id: OTHER_ID }, name: 'a' }, mtls_auth_credentials: { consumer: { id: OTHER_ID }, subject_name: 'a' },
  vaults: { name: 'env', prefix: 'my-env' }, key_sets: { name: 'a' }, keys: { kid: 'a', pem: { private_key: key } },
  certificates: { cert, key }, snis: { name: 'a.test', certificate: { id: OTHER_ID } }, ca_certificates: { cert: authority.cert },
};

for (const definition of entityDefinitions) {
  test(`${definition.kind}: the defaults a client reads are those the parser fills in`, () => {
    const entity = accepted(definition.kind, NEEDED[definition.kind]);
    const fields = byName(kongSchema(definition)['fields']);
    for (const [name, schema] of fields) {
      if (schema['default'] === undefined || name === 'config') continue;
      assert.deepEqual(entity[name], schema['default'], name);
      if (schema['type'] === 'record') assert.deepEqual(defaultsInside(schema), withoutNulls(entity[name]), name);
    }
    assert.deepEqual([...fields.keys()].toSorted(), Object.keys(entity).toSorted());
  });
}

test('a field is an object under its name, with the limits of its type', () => {
  const fields = byName(kongSchema(definitionOf('services'))['fields']);
  assert.deepEqual(pick(fields.get('port'), ['type', 'between', 'default', 'required']), { type: 'integer', between: [0, 65_535], default: 80, required: true });
  assert.deepEqual(pick(fields.get('name'), ['type', 'unique']), { type: 'string', unique: true });
  assert.deepEqual(pick(fields.get('id'), ['type', 'uuid', 'auto']), { type: 'string', uuid: true, auto: true });
  assert.deepEqual(pick(fields.get('client_certificate'), ['type', 'reference']), { type: 'foreign', reference: 'certificates' });
  assert.deepEqual(pick(fields.get('ca_certificates'), ['type', 'elements']), { type: 'set', elements: { type: 'string', uuid: true } });
  const routes = byName(kongSchema(definitionOf('routes'))['fields']);
  assert.deepEqual(pick(routes.get('service'), ['type', 'reference']), { type: 'foreign', reference: 'services' });
  assert.equal(routes.get('headers')?.['type'], 'map');
});

test('shorthands that are no fields are shown apart', () => {
  assert.deepEqual([...byName(kongSchema(definitionOf('services'))['shorthand_fields']).keys()], ['url']);
  assert.deepEqual(kongSchema(definitionOf('upstreams'))['shorthand_fields'], []);
  assert.deepEqual([...byName(kongSchema(definitionOf('certificates'))['shorthand_fields']).keys()], ['snis']);
});

test("a plugin's schema shows its config, its protocols and where it cannot be", () => {
  const schema = kongPluginSchema(defined(pluginCatalog.get('acl'), 'acl'), definitionOf('plugins'));
  const fields = byName(schema['fields']);
  assert.equal(fields.get('consumer')?.['eq'], null);
  assert.equal(fields.get('route')?.['eq'], undefined);
  const config = byName(fields.get('config')?.['fields']);
  assert.deepEqual(pick(config.get('hide_groups_header'), ['type', 'default']), { type: 'boolean', default: false });
});

function byName(fields: JsonValue | undefined): Map<string, JsonObject> {
  assert.ok(Array.isArray(fields));
  return new Map(fields.flatMap((field: JsonValue) => (isJsonObject(field) ? Object.entries(field).flatMap(([name, schema]) => (isJsonObject(schema) ? [[name, schema] as const] : [])) : [])));
}

/** Collected as Go clients do it: from the records' own fields. */
function defaultsInside(schema: JsonObject): JsonObject {
  const entries = [...byName(schema['fields'])].flatMap(([name, inner]): readonly (readonly [string, JsonValue])[] => {
    if (inner['type'] === 'record') return [[name, defaultsInside(inner)]];
    return inner['default'] === undefined ? [] : [[name, inner['default']]];
  });
  return Object.fromEntries(entries);
}

function withoutNulls(value: JsonValue | undefined): JsonValue | undefined {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, withoutNulls(inner) ?? null]])));
}

function pick(schema: JsonObject | undefined, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, defined(schema, 'the schema')[name] ?? null]));
}
