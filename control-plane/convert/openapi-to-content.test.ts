import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastError } from '../../shared/errors.ts';
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { openApiToContent } from './openapi-to-content.ts';

const OPTIONS = { tags: [], validators: false };

const PETS: JsonObject = {
  openapi: '3.0.3',
  info: { title: 'Pet Store', version: '1' },
  servers: [{ url: 'https://{region}.pets.example.com/v1/', variables: { region: { default: 'eu' } } }],
  'x-kong-tags': ['pets'],
  'x-kong-plugin-key-auth': { config: { key_names: ['apikey'] } },
  paths: {
    '/pets': {
      get: { operationId: 'listPets', parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer' } }] },
      post: { operationId: 'createPet', requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } } } },
    },
    '/pets/{petId}': {
      parameters: [{ name: 'petId', in: 'path', required: true, schema: { type: 'string' } }],
      get: { 'x-kong-plugin-rate-limiting': { config: { minute: 5 } }, 'x-kong-route-defaults': { preserve_host: true } },
    },
    '/images': { servers: [{ url: 'http://images.example.com:8080' }], get: {} },
  },
  components: { schemas: { Pet: { type: 'object', properties: { name: { type: 'string', nullable: true }, parent: { $ref: '#/components/schemas/Pet' } } } } },
};

function list(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function refusal(document: JsonObject): string {
  try {
    openApiToContent(document, OPTIONS);
  } catch (thrown) {
    return thrown instanceof HoldfastError ? `${thrown.code}: ${thrown.publicMessage}` : String(thrown);
  }
  return assert.fail('was accepted');
}

test('a service for the servers, a route for each operation', () => {
  const { value, warnings } = openApiToContent(PETS, OPTIONS);
  const [pets, images] = list(value['services']);
  assert.ok(pets !== undefined && images !== undefined);
  const { routes, plugins, ...service } = pets;
  assert.deepEqual(service, { name: 'pet-store', protocol: 'https', host: 'eu.pets.example.com', port: 443, path: '/v1', tags: ['pets'] });
  assert.deepEqual(plugins, [{ name: 'key-auth', config: { key_names: ['apikey'] }, tags: ['pets'] }]);
  assert.deepEqual(list(routes).map((route) => [route['name'], route['methods'], route['paths'], route['regex_priority'], route['strip_path']]), [
    ['pet-store_listpets', ['GET'], ['~/pets$'], 200, false],
    ['pet-store_createpet', ['POST'], ['~/pets$'], 200, false],
    ['pet-store_pets-petid-get', ['GET'], ['~/pets/(?<petid>[^#?/]+)$'], 100, false],
  ]);
  const last = list(routes).at(-1);
  assert.equal(last?.['preserve_host'], true);
  assert.deepEqual(last['plugins'], [{ name: 'rate-limiting', config: { minute: 5 }, tags: ['pets'] }]);
  assert.deepEqual([images['name'], images['host'], images['port'], images['path']], ['pet-store_images', 'images.example.com', 8080, '/']);
  assert.deepEqual(warnings, []);
});

test('validators stand on their own, circles included', () => {
  const [service] = list(openApiToContent(PETS, { tags: [], validators: true }).value['services']);
  const [get, post, one] = list(service?.['routes']).map((route) => list(route['plugins']).find(({ name }) => name === 'request-validator')?.['config']);
  assert.deepEqual(get, { version: 'draft4', parameter_schema: [{ name: 'limit', in: 'query', required: false, style: 'form', explode: true, schema: '{"type":"integer"}' }] });
  assert.ok(isJsonObject(post) && typeof post['body_schema'] === 'string');
  assert.deepEqual(JSON.parse(post['body_schema']), {
    $ref: '#/definitions/Pet',
    definitions: { Pet: { type: 'object', properties: { name: { type: ['string', 'null'] }, parent: { $ref: '#/definitions/Pet' } } } },
  });
  assert.deepEqual(post['allowed_content_types'], ['application/json']);
  assert.ok(isJsonObject(one));
  assert.deepEqual(list(one['parameter_schema']).map(({ name, required, style }) => [name, required, style]), [['petId', true, 'simple']]);
});

test('a validator that the document asks for is on each route, not on the service', () => {
  const [service] = list(openApiToContent({ ...PETS, 'x-kong-plugin-request-validator': {} }, OPTIONS).value['services']);
  assert.deepEqual(list(service?.['plugins']).map(({ name }) => name), ['key-auth']);
  assert.deepEqual(list(service?.['routes']).map((route) => list(route['plugins']).some(({ name }) => name === 'request-validator')), [true, true, true]);
});

test('several servers are an upstream with targets', () => {
  const { value, warnings } = openApiToContent({ ...PETS, servers: [{ url: 'https://a.example.com/v1' }, { url: 'https://b.example.com:8443/v1' }, { url: 'http://c.example.com' }] }, OPTIONS);
  assert.equal(list(value['services'])[0]?.['host'], 'pet-store.upstream');
  assert.deepEqual(list(list(value['upstreams'])[0]?.['targets']).map(({ target }) => target), ['a.example.com:443', 'b.example.com:8443']);
  assert.match(warnings.join(), /its servers differ in protocol or path/);
});

const BAD: readonly (readonly [string, JsonObject, RegExp])[] = [
  ['Swagger 2', { swagger: '2.0', paths: {} }, /CONVERT_NOT_OPENAPI: .*this is Swagger 2\.0: convert it to OpenAPI 3 first/],
  ['no OpenAPI at all', { _format_version: '3.0' }, /CONVERT_NOT_OPENAPI: .*no "openapi" field/],
  ['OpenAPI 4', { openapi: '4.0.0' }, /this says openapi: 4\.0\.0/],
  ['a relative server', { ...PETS, servers: [{ url: '/v1' }] }, /CONVERT_SERVER_UNUSABLE: .*"\/v1" is no http or https URL/],
  ['a variable without a default', { ...PETS, servers: [{ url: 'https://{region}' }] }, /CONVERT_SERVER_UNUSABLE/],
  ['no server', { ...PETS, servers: [] }, /names no server/],
  ['a reference to nothing', { ...PETS, paths: { '/x': { $ref: '#/components/pathItems/none' } } }, /CONVERT_REFERENCE_UNKNOWN: .*leads nowhere/],
  ['a reference to a file', { ...PETS, paths: { '/x': { $ref: 'other.yaml' } } }, /bundle the files into one/],
  ['a circle', { ...PETS, paths: { '/x': { $ref: '#/paths/~1x' } } }, /leads in a circle/],
];
for (const [what, document, message] of BAD) test(`refused: ${what}`, () => assert.match(refusal(document), message));

test('names that people gave are no keywords, examples are no schemas, extensions are no paths', () => {
  const schema = { $ref: '#/components/schemas/a~1b c' };
  const document = {
    openapi: '3.0.3', info: { title: 'x', version: '1' }, servers: [{ url: 'http://a.test' }],
    paths: { 'x-note': { get: {} }, '/a': { post: { requestBody: { content: { 'application/json': { schema } } } } } },
    components: { schemas: { 'a/b c': { type: 'object', properties: { nullable: { type: 'boolean' }, example: schema }, example: { $ref: 'elsewhere.json' }, default: { nullable: true } } } },
  };
  const { value } = openApiToContent(document, { tags: [], validators: true });
  const [service] = list(value['services']);
  const [route, ...others] = list(service?.['routes']);
  assert.deepEqual(others, []);
  const [plugin] = list(route?.['plugins']);
  assert.deepEqual(JSON.parse(String(Object(plugin?.['config']).body_schema)), {
    $ref: '#/definitions/a_1b_c',
    definitions: { a_1b_c: { type: 'object', properties: { nullable: { type: 'boolean' }, example: { $ref: '#/definitions/a_1b_c' } }, example: { $ref: 'elsewhere.json' }, default: { nullable: true } } },
  });
});
