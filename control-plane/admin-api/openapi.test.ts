import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import type { EntityDefinition, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { parseEntity } from '../../shared/model/parse-entity.ts';
import { entityDefinitions } from '../../shared/model/registry.ts';
import { typeName } from '../../shared/model/type-name.ts';
import { pluginCatalog } from '../../shared/plugins/catalog.ts';
import { arbitraryInput } from '../../test/support/entity-input.ts';
import { createOptions } from '../../test/support/parse-outcome.ts';
import { buildOpenApi } from './openapi.ts';

const OWN_PATHS: JsonObject = { '/status': { get: { operationId: 'getStatus', responses: { 200: { description: 'Up.' } } } } };
const document = buildOpenApi(entityDefinitions, [...pluginCatalog.values()], { version: '1.2.3', paths: OWN_PATHS, schemas: { Extra: { type: 'object' } } });
// Formats are the parser's to check.
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ ...document, $id: 'openapi' });

test('it is OpenAPI 3.1 with the given version, paths and schemas of its own', () => {
  assert.equal(document['openapi'], '3.1.0');
  assert.equal(member(document, 'info')['version'], '1.2.3');
  assert.deepEqual(member(document, 'paths')['/status'], OWN_PATHS['/status']);
  assert.deepEqual(member(member(document, 'components'), 'schemas')['Extra'], { type: 'object' });
});

test('every reference leads somewhere', () => {
  const references = everyValue(document).flatMap((value) => (isJsonObject(value) && typeof value['$ref'] === 'string' ? [value['$ref']] : []));
  assert.ok(references.length > 100);
  for (const reference of references) assert.ok(resolve(reference) !== undefined, reference);
});

test('every operation has a name of its own, and every parameter of a path is declared', () => {
  const names = new Set<string>();
  for (const [path, item] of Object.entries(member(document, 'paths'))) {
    assert.ok(isJsonObject(item));
    for (const method of ['get', 'post', 'put', 'patch', 'delete'].filter((word) => word in item)) {
      const name = member(item, method)['operationId'];
      assert.ok(typeof name === 'string' && !names.has(name), `${method} ${path}`);
      names.add(name);
    }
    const declared = Array.isArray(item['parameters']) ? item['parameters'].map((parameter: JsonValue) => (isJsonObject(parameter) ? parameter['name'] : undefined)) : [];
    assert.deepEqual(declared, [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]), path);
  }
});

test('the paths are those of Kong: nested below what an entity refers to, targets only there', () => {
  const paths = Object.keys(member(document, 'paths'));
  for (const path of ['/services', '/services/{service}', '/services/{service}/routes', '/services/{service}/routes/{route}', '/routes/{route}/service', '/consumers/{consumer}/key-auth', '/key-auths', '/consumers/{consumer}/acls/{acl}', '/upstreams/{upstream}/targets/{target}', '/routes/{route}/plugins']) {
    assert.ok(paths.includes(path), path);
  }
  assert.equal(paths.includes('/targets'), false);
  assert.deepEqual(Object.keys(member(member(document, 'paths'), '/routes/{route}/service')), ['parameters', 'get', 'put', 'patch']);
});

for (const definition of entityDefinitions) {
  const answered = validator(typeName(definition));
  const written = validator(`${typeName(definition)}Create`);
  const patched = validator(`${typeName(definition)}Patch`);

  test(`${definition.kind}: what the parser accepts and answers fits the schemas`, () => {
    fc.assert(
      fc.property(arbitraryInput(definition.kind), (input) => {
        const result = parseEntity(definition, input, createOptions);
        if (result.kind !== 'entity') return;
        assertFits(written, input);
        assertFits(patched, input);
        const { nameList } = definition;
        assertFits(answered, { ...result.entity, ...(nameList === undefined ? {} : { [nameList.name]: result.names ?? [] }) });
        assertFits(written, result.entity);
      }),
      { numRuns: 100 },
    );
  });

  test(`${definition.kind}: the schemas refuse what the parser refuses for its type`, () => {
    for (const [name, value] of wrongValues(definition)) {
      assert.equal(parseEntity(definition, { ...minimal(definition), [name]: value }, createOptions).kind, 'problems', `${name}: parser`);
      assert.equal(patched({ [name]: value }), false, `${name}: schema`);
    }
  });
}

test("a plugin's config is described by the plugin's name", () => {
  const written = validator('PluginCreate');
  assert.equal(written({ name: 'rate-limiting', config: { minute: 5 } }), true);
  assert.equal(written({ name: 'rate-limiting', config: { minute: 'five' } }), false);
  assert.equal(written({ name: 'acl', config: { alow: ['a'] } }), false);
});

test("a vault's config is described by its kind", () => {
  const written = validator('VaultCreate');
  assert.equal(written({ name: 'env', prefix: 'a', config: { prefix: 'X_' } }), true);
  assert.equal(written({ name: 'env', prefix: 'a', config: { folder: 'x' } }), false);
});

test('a service needs a host or a url', () => {
  const written = validator('ServiceCreate');
  assert.equal(written({ host: 'a' }), true);
  assert.equal(written({ url: 'http://a' }), true);
  assert.equal(written({ name: 'a' }), false);
});

function validator(schema: string): ValidateFunction {
  return ajv.compile({ $ref: `openapi#/components/schemas/${schema}` });
}

function assertFits(validate: ValidateFunction, value: JsonObject): void {
  assert.ok(validate(value), `${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
}

/** One value of a wrong type for every field, and an unknown field. */
function wrongValues(definition: EntityDefinition): readonly (readonly [string, JsonValue])[] {
  return [['no_such_field', 1], ...[...definition.fields, ...(definition.shorthands ?? [])].map(({ name, type }) => [name, type.kind === 'boolean' ? 'yes' : true] as const)];
}

function minimal(definition: EntityDefinition): JsonObject {
  const [input] = fc.sample(arbitraryInput(definition.kind), { numRuns: 1, seed: 1 });
  return input ?? {};
}

function member(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  assert.ok(isJsonObject(value), name);
  return value;
}

function everyValue(value: JsonValue): readonly JsonValue[] {
  const inner = Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
  return [value, ...inner.flatMap(everyValue)];
}

function resolve(reference: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const name of reference.replace('#/', '').split('/')) value = isJsonObject(value) ? value[name] : undefined;
  return value;
}
