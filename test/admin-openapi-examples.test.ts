/**
 * Every example of an entity in the OpenAPI document is sent to a running admin API, at every path that shows it, and what comes
 * back is the example that the document shows; only times differ, what was random, and what stands in a placeholder's place.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CERTIFICATE_PLACEHOLDER, exampleId } from '../control-plane/admin-api/openapi-examples.ts';
import type { EntityDefinition, EntityKind, JsonObject, JsonValue } from '../shared/model/definition.ts';
import { isJsonObject } from '../shared/model/entity-checks.ts';
import { takeJsonObject } from '../shared/model/json-door.ts';
import { ProblemList } from '../shared/model/problems.ts';
import { entityDefinitions } from '../shared/model/registry.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { testAuthority } from './support/test-certificates.ts';

const { send } = await startTestAdminApi();
const authority = await testAuthority();
const document = objectOf((await send('GET', '/openapi.json')).expect(200).body);
const METHODS = ['post', 'put', 'get', 'patch', 'delete'] as const;

interface Operation {
  readonly path: string;
  readonly method: (typeof METHODS)[number];
  readonly request: JsonObject | undefined;
  readonly status: number;
  readonly response: JsonValue | undefined;
}

/** Operations that show an example of the kind, or delete one. */
function operationsOf({ kind }: EntityDefinition): readonly Operation[] {
  return Object.entries(objectOf(document['paths'])).flatMap(([path, item]) =>
    METHODS.flatMap((method): readonly Operation[] => {
      const operation = objectOf(item)[method];
      const { tags = [], requestBody, responses } = isJsonObject(operation) ? operation : {};
      if (!Array.isArray(tags) || tags[0] !== kind || path.endsWith('/all')) return [];
      const [status, response] = Object.entries(objectOf(responses)).find(([code]) => code.startsWith('2')) ?? [];
      const request = isJsonObject(requestBody) ? exampleIn(requestBody) : undefined;
      return [{ path, method, request: request === undefined ? undefined : objectOf(request), status: Number(status), response: exampleIn(objectOf(response)) }];
    }),
  );
}

function exampleIn(holder: JsonObject): JsonValue | undefined {
  const { content } = holder;
  const media = isJsonObject(content) ? content['application/json'] : undefined;
  const reference = isJsonObject(media) && isJsonObject(media['examples']) ? objectOf(media['examples']['example'])['$ref'] : undefined;
  if (typeof reference !== 'string') return undefined;
  const name = reference.replace('#/components/examples/', '');
  return objectOf(objectOf(objectOf(document['components'])['examples'])[name])['value'];
}

/** `/services/{service}/routes` with the ids of the examples. */
function withIds(path: string): string {
  return path.replaceAll(/\{([a-z_]+)\}/g, (_, word: string) => exampleId(kindOf(word)));
}

function kindOf(word: string): EntityKind {
  const found = entityDefinitions.find(({ singular }) => singular.replaceAll(/[^a-z]+/g, '_') === word);
  assert.ok(found, word);
  return found.kind;
}

/** What is sent and answered in an example's place. */
function made(value: JsonValue): JsonValue {
  const text = JSON.stringify(value).replaceAll(JSON.stringify(CERTIFICATE_PLACEHOLDER), JSON.stringify(authority.cert));
  return objectOf({ value: JSON.parse(text) })['value'] ?? null;
}

/** Times, what is made from a placeholder or by chance; and names that are entities of their own. */
const OWN_EACH_TIME = new Set(['created_at', 'updated_at', 'cert_digest', 'password', 'snis']);

function withoutOwn(value: JsonValue | undefined, isNew: boolean): JsonValue {
  if (Array.isArray(value)) return value.map((one: JsonValue) => withoutOwn(one, isNew));
  if (!isJsonObject(value)) return value ?? null;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !OWN_EACH_TIME.has(name) && !(isNew && name === 'id')).map(([name, part]) => [name, withoutOwn(part, false)]));
}

/** A path that stands below a parent makes the entity its own. */
function below(path: string, shown: JsonValue): JsonValue {
  if (Array.isArray(shown)) return shown.map((one: JsonValue) => below(path, one));
  if (!isJsonObject(shown)) return shown;
  if (Array.isArray(shown['data'])) return { ...shown, data: below(path, shown['data']) };
  const parent = entityDefinitions.find((definition) => definition.path === parentOf(path) && !isReferred(path) && !isLinked(path));
  const kind = entityDefinitions.find((definition) => exampleId(definition.kind) === shown['id']);
  const field = kind?.fields.find(({ type }) => type.kind === 'reference' && type.to === parent?.kind);
  return parent === undefined || field === undefined ? shown : { ...shown, [field.name]: { id: exampleId(parent.kind) } };
}

async function run({ path, method, request, status, response }: Operation): Promise<string | undefined> {
  const answer = await send(method.toUpperCase(), withIds(path), request === undefined ? {} : { json: made(request) });
  const where = `${method} ${path}`;
  assert.equal(answer.status, status, `${where}: ${answer.text}`);
  const isNew = method === 'post';
  if (response !== undefined && method !== 'patch') assert.deepEqual(withoutOwn(objectOf({ body: answer.body })['body'], isNew), withoutOwn(below(path, made(response)), isNew), where);
  const id = answer.at('id');
  return typeof id === 'string' ? id : undefined;
}

for (const definition of entityDefinitions.filter(({ link }) => link === undefined)) {
  test(`${definition.kind}: the examples do what they show`, async () => {
    const operations = operationsOf(definition).filter(({ path }) => !isReferred(path) && !isLinked(path));
    for (const operation of operations) assert.ok(operation.method === 'delete' || operation.response !== undefined, `${operation.method} ${operation.path} shows no answer`);
    // Below each parent, and at last at its own path, where it stays for what refers to it.
    const places = [...Map.groupBy(operations, ({ path }) => parentOf(path) ?? '')].sort(([one], [other]) => (one === '' ? 1 : 0) - (other === '' ? 1 : 0));
    for (const [place, some] of places) {
      const [list, one] = [some.filter(({ path }) => !path.endsWith('}')), some.filter(({ path }) => path.endsWith('}'))];
      const each = async (method: Operation['method'], of: readonly Operation[]): Promise<readonly (string | undefined)[]> => Promise.all(of.filter((operation) => operation.method === method).map((operation) => run(operation)));
      for (const id of await each('post', list)) (await send('DELETE', `${withIds(list[0]?.path ?? '')}/${id}`)).expect(204);
      await each('put', one);
      await each('get', some);
      await each('patch', one);
      await each('put', one);
      if (place !== '' && definition.topLevel) await each('delete', one);
    }
  });
}

test('what an entity refers to, and what is linked to it, is read and written through it', async () => {
  (await send('POST', `/consumer_groups/${exampleId('consumer_groups')}/consumers`, { json: { consumer: exampleId('consumers') } })).expect(201);
  for (const definition of entityDefinitions) {
    const operations = operationsOf(definition).filter(({ path }) => isReferred(path) || isLinked(path));
    for (const method of ['put', 'get'] as const) for (const operation of operations.filter((candidate) => candidate.method === method)) if (await isThere(operation)) await run(operation);
  }
});

test('at last all of them are deleted, dependants first', async () => {
  for (const definition of entityDefinitions.toReversed()) {
    for (const operation of operationsOf(definition).filter(({ method, path }) => method === 'delete' && path.endsWith('}'))) await run(operation);
  }
});

/** `/services` of `/services/{service}/routes…`. */
function parentOf(path: string): string | undefined {
  const words = path.split('/');
  return words.length > 3 ? words[1] : undefined;
}

/** `/consumer_groups/{consumer_group}/consumers`. */
function isLinked(path: string): boolean {
  const [, one, , other] = path.split('/');
  return [one, other].toSorted().join(' ') === 'consumer_groups consumers';
}

/** Not every example refers to whatever it could. */
async function isThere({ path }: Operation): Promise<boolean> {
  return !isReferred(path) || (await send('GET', withIds(path))).status === 200;
}

/** `/routes/{route}/service`: ends with the name of a reference behind an id. */
function isReferred(path: string): boolean {
  const words = path.split('/');
  const last = words.at(-1) ?? '';
  return words.length === 4 && entityDefinitions.some(({ path: own, fields }) => own === words[1] && fields.some(({ name, type }) => name === last && type.kind === 'reference'));
}

function objectOf(value: unknown): JsonObject {
  const problems = new ProblemList();
  const taken = takeJsonObject(value, problems, 100_000);
  assert.ok(taken !== undefined, JSON.stringify(problems.problems));
  return taken;
}
