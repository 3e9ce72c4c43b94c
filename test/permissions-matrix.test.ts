/**
 * Every operation of the admin API against its permission, generated from the routes: nothing is permitted without it, it
 * is enough, and everything else together is not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { BUILT_IN_ROLE_NAMES, builtInRoles, type BuiltInRoleName } from '../control-plane/access/built-in-roles.ts';
import { isResource, isVerb, placeOf, type Permission } from '../control-plane/access/permission.ts';
import { Policy } from '../control-plane/access/policy.ts';
import { METHODS, type Method, type Route } from '../control-plane/admin-api/route.ts';
import type { OperatorId } from '../shared/model/ids.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { TEST_ACTOR } from './support/store-scene.ts';

const api = await startTestAdminApi();
const SOME_ID = '01890000-0000-7000-8000-000000000000';

interface Case {
  readonly route: Route;
  readonly method: Method;
  readonly permission: Permission;
}

const cases: readonly Case[] = api.routes.flatMap((route) => METHODS.flatMap((method) => {
  const operation = route.operations[method];
  return operation === undefined ? [] : [{ route, method, permission: operation.permission }];
}));

test('every operation of every route names a permission that exists', () => {
  assert.ok(cases.length > 150, String(cases.length));
  for (const { route, method, permission } of cases) {
    const verbs = typeof permission?.verb === 'string' ? [permission.verb] : (permission?.verb ?? []);
    assert.ok(permission !== undefined && isResource(permission.on) && verbs.length > 0 && verbs.every(isVerb), `${method} ${route.path}`);
    if (method === 'DELETE' || method === 'PATCH' || method === 'PUT') assert.ok(!verbs.includes('read'), `${method} ${route.path} writes`);
  }
});

/** GET as HEAD, which is the same operation and ends streams. With a body that every write refuses. */
async function statusOf({ route, method }: Case, token: string): Promise<number> {
  const path = route.path.replace(':gateway', 'default').replaceAll(/:[a-z]+/g, SOME_ID);
  const hasBody = method !== 'GET' && method !== 'DELETE';
  const answer = await request(api.base + path, {
    method: method === 'GET' ? 'HEAD' : method, headers: { authorization: `Bearer ${token}`, ...(hasBody ? { 'content-type': 'application/json' } : {}) }, body: hasBody ? '{"no such field": 1}' : null,
  });
  await answer.body.dump();
  return answer.statusCode;
}

const admins: Promise<OperatorId>[] = [];
let narrowTokens = 0;

/** Of an installation admin; narrowed, it has exactly these. One operator has a bounded number of tokens. */
async function narrowToken(permissions: readonly object[]): Promise<string> {
  const index = Math.floor(narrowTokens++ / 80);
  const operatorId = await (admins[index] ??= newAdmin(`admin-${index}`));
  return (await api.send('POST', `/v1/operators/${operatorId}/tokens`, { json: { permissions } })).expect(201).word('token');
}

async function newAdmin(name: string): Promise<OperatorId> {
  const made = await api.store.operators.create(api.tenantId, { name, role: 'owner', installationAdmin: true }, TEST_ACTOR);
  assert.equal(made.kind, 'stored');
  return made.value.id;
}

async function inTurns(work: (one: Case) => Promise<void>): Promise<void> {
  const left = [...cases];
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  }));
}

test('deny by default: without a grant every operation is refused, but for what everybody may read', async () => {
  const token = await api.tokenFor('nothing', []);
  await inTurns(async (one) => {
    const status = await statusOf(one, token);
    const isOpen = placeOf(one.permission.on) === 'everybody' && one.permission.verb === 'read';
    assert.equal(status === 403, !isOpen, `${one.method} ${one.route.path}: ${status}`);
  });
});

test('exactly the permission of an operation lets it through, and all others together do not', async () => {
  const tokens = new Map<string, { readonly own: Promise<string>; readonly others: Promise<string> }>();
  await inTurns(async (one) => {
    const { on, verb } = one.permission;
    if (placeOf(on) === 'everybody' && verb === 'read') return;
    const verbs = typeof verb === 'string' ? [verb] : verb;
    const key = `${on} ${verbs.join(' ')}`;
    const made = tokens.get(key) ?? {
      own: narrowToken([{ resources: [on], verbs: [verbs[0]] }]),
      others: narrowToken([{ resources: ['*'], verbs: ['*'] }, { effect: 'deny', resources: [on], verbs }]),
    };
    tokens.set(key, made);
    const [own, others] = [await statusOf(one, await made.own), await statusOf(one, await made.others)];
    assert.ok(own !== 403 && own !== 401 && own < 500, `${one.method} ${one.route.path} with ${key}: ${own}`);
    // Where any kind of entity will do, the deny of all kinds is what refuses.
    assert.equal(others, 403, `${one.method} ${one.route.path} without ${key}`);
  });
});

test('the built-in roles on every operation: viewers change nothing, editors see no people, admins and owners may', () => {
  // That answers follow the policy is shown above.
  const refused = (role: BuiltInRoleName, permission: Permission): boolean => !new Policy([builtInRoles[role].grants], false).allows(permission, 'default');
  const PEOPLE = new Set(['operators', 'service-accounts', 'roles', 'tokens', 'join-tokens', 'audit']);
  for (const { route, method, permission } of cases) {
    const { on, verb } = permission;
    const name = `${method} ${route.path}`;
    if (placeOf(on) === 'installation') {
      for (const role of BUILT_IN_ROLE_NAMES) assert.ok(refused(role, permission), `${role} ${name}`);
      continue;
    }
    assert.ok(!refused('owner', permission), `owner ${name}`);
    assert.equal(refused('admin', permission), on === 'tenant' && verb !== 'read', `admin ${name}`);
    // A dry run of a file needs no more; that a viewer changes nothing by it is shown in declarative.test.ts.
    const isRead = verb === 'read' || name === 'POST /v1/gateways/:gateway/declarative';
    // Records of single requests have personal data.
    assert.equal(refused('viewer', permission), !isRead || on === 'requests', `viewer ${name}`);
    assert.equal(refused('auditor', permission), !isRead && !(on === 'audit' && verb === 'export'), `auditor ${name}`);
    if (PEOPLE.has(on)) assert.ok(refused('editor', permission), `editor ${name}`);
  }
});
