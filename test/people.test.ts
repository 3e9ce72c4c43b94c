/** Roles, operators, service accounts and tokens: what they may, who may give it, and how soon it ends. */
import assert from 'node:assert/strict';
import { request as openRequest } from 'node:http';
import { test } from 'node:test';
import { startTestAdminApi, type AdminAnswer } from './support/admin-api.ts';
import { waitUntil } from './support/wait-until.ts';

const api = await startTestAdminApi();
const { send } = api;
const READ = [{ resources: ['*'], verbs: ['read'] }];
const ENDS_WITHIN_MS = 5_000;

async function operator(name: string, role: string): Promise<{ readonly id: string; readonly token: string; readonly tokenId: string }> {
  const made = (await send('POST', '/v1/operators', { json: { name, role } })).expect(201);
  const token = (await send('POST', `/v1/operators/${name}/tokens`, { json: {} })).expect(201);
  return { id: made.word('id'), token: token.word('token'), tokenId: token.word('id') };
}

test('roles: made, changed, renamed with who has them, and not deleted while somebody has them', async () => {
  const made = (await send('POST', '/v1/roles', { json: { name: 'readers', permissions: READ } })).expect(201);
  assert.deepEqual(made.at('permissions.0'), { effect: 'allow', gateways: ['*'], resources: ['*'], verbs: ['read'], tags: [] });
  const ann = await operator('ann', 'readers');
  (await send('GET', '/services', { token: ann.token })).expect(200);
  (await send('PATCH', '/v1/roles/readers', { json: { name: 'watchers', permissions: [{ resources: ['routes'], verbs: ['read'] }] } })).expect(200);
  (await send('GET', '/services', { token: ann.token })).expect(403);
  assert.equal((await send('GET', '/v1/operators/ann')).at('role'), 'watchers');
  assert.match((await send('DELETE', '/v1/roles/watchers')).expect(409).word('message'), /ann has the role/);
  (await send('PATCH', '/v1/operators/ann', { json: { role: 'viewer' } })).expect(200);
  (await send('DELETE', '/v1/roles/watchers')).expect(204);
  assert.deepEqual(['owner', 'admin', 'editor', 'viewer', 'auditor'], Object.values(Object((await send('GET', '/v1/roles')).at('data'))).map((role) => Object(role).name));
  for (const [method, path] of [['PATCH', '/v1/roles/viewer'], ['DELETE', '/v1/roles/viewer']] as const) assert.match((await send(method, path, { json: {} })).expect(403).word('message'), /built-in/);
});

test('a permission that nobody can mean is refused with the field and the nearest word', async () => {
  const refused = async (permission: object): Promise<string> => JSON.stringify((await send('POST', '/v1/roles', { json: { name: 'wrong', permissions: [permission] } })).expect(400).at('fields'));
  assert.match(await refused({ resources: ['service'], verbs: ['read'] }), /did you mean.{0,3}services/i);
  assert.match(await refused({ resources: ['services'], verbs: ['raed'] }), /did you mean.{0,3}read/i);
  assert.match(await refused({ resources: ['services'], verbs: ['read'], gateway: ['x'] }), /gateways/);
  assert.match(await refused({ resources: ['*'], verbs: ['read'], tags: ['team-a'] }), /of entities alone/);
  assert.match(await refused({ resources: [], verbs: ['read'] }), /length/);
  assert.match(JSON.stringify((await send('POST', '/v1/operators', { json: { name: 'x', role: 'viewr' } })).expect(400).at('fields')), /no role/);
  assert.match(JSON.stringify((await send('POST', '/v1/roles', { json: { name: 'owner', permissions: [] } })).expect(400).at('fields')), /built-in/);
});

test('nobody gives more than they have, nor touches who has more', async () => {
  const people = [{ resources: ['operators', 'service-accounts', 'roles', 'tokens'], verbs: ['*'] }, { resources: ['services'], verbs: ['read'] }];
  const clerk = await api.tokenFor('clerk', people);
  const ask = (method: string, path: string, json?: object): Promise<AdminAnswer> => send(method, path, { token: clerk, ...(json === undefined ? {} : { json }) });
  (await ask('POST', '/v1/roles', { name: 'a', permissions: [{ resources: ['services'], verbs: ['read'] }] })).expect(201);
  assert.match((await ask('POST', '/v1/roles', { name: 'b', permissions: [{ resources: ['services'], verbs: ['update'] }] })).expect(403).word('message'), /more than you have: update on services/);
  (await ask('PATCH', '/v1/roles/a', { permissions: [{ resources: ['*'], verbs: ['*'] }] })).expect(403);
  (await ask('POST', '/v1/operators', { name: 'puppet', role: 'admin' })).expect(403);
  (await ask('POST', '/v1/service-accounts', { name: 'robot', role: 'a' })).expect(201);
  (await ask('PATCH', '/v1/service-accounts/robot', { role: 'viewer' })).expect(403);
  const strong = await operator('strong', 'editor');
  (await ask('POST', '/v1/operators/strong/tokens', {})).expect(403);
  (await ask('POST', `/v1/tokens/${strong.tokenId}/rotate`, {})).expect(403);
  (await ask('DELETE', `/v1/tokens/${strong.tokenId}`)).expect(403);
  (await ask('PATCH', '/v1/operators/strong', { disabled: true })).expect(403);
  (await ask('DELETE', '/v1/operators/strong')).expect(403);
  (await ask('POST', '/v1/operators/admin/tokens', {})).expect(403);
  // An admin makes no owner, and a narrow token makes no wide one.
  const admin = await operator('an-admin', 'admin');
  (await send('POST', '/v1/operators', { token: admin.token, json: { name: 'usurper', role: 'owner' } })).expect(403);
  const narrow = (await send('POST', '/v1/operators/an-admin/tokens', { json: { permissions: people } })).expect(201).word('token');
  (await send('POST', '/v1/operators/an-admin/tokens', { token: narrow, json: {} })).expect(403);
  (await send('POST', '/v1/operators/an-admin/tokens', { token: narrow, json: { permissions: people } })).expect(201);
});

test('the last owner stays', async () => {
  const second = await operator('second-owner', 'owner');
  (await send('PATCH', '/v1/operators/admin', { token: second.token, json: { role: 'viewer' } })).expect(403);
  assert.match((await send('PATCH', '/v1/operators/admin', { json: { disabled: true } })).expect(403).word('message'), /yourself/);
  (await send('DELETE', '/v1/operators/second-owner')).expect(204);
  assert.match((await send('PATCH', '/v1/operators/admin', { json: { role: 'admin' } })).expect(409).word('message'), /last owner/);
  (await send('GET', '/services', { token: second.token })).expect(401);
});

test('two owners who remove each other at once do not both succeed', async () => {
  const tenant = (await send('POST', '/v1/tenants', { json: { name: 'duel' } })).expect(201);
  const [one, two] = await Promise.all(['one', 'two'].map(async (name) => {
    const made = (await send('POST', '/v1/tenants/duel/operators', { json: { name, role: 'owner' } })).expect(201);
    return { id: made.word('id'), token: made.word('token') };
  }));
  assert.ok(one && two && tenant.word('id'));
  const answers = await Promise.all([send('DELETE', '/v1/operators/two', { token: one.token }), send('DELETE', '/v1/operators/one', { token: two.token })]);
  assert.equal(answers.filter(({ status }) => status === 204).length, 1, answers.map(({ text }) => text).join());
});

test('tokens: listed with their last use, expiring, rotated with an overlap, shown in either header', async () => {
  (await send('POST', '/v1/service-accounts', { json: { name: 'ci', role: 'viewer', description: 'builds' } })).expect(201);
  const made = (await send('POST', '/v1/service-accounts/ci/tokens', { json: { name: 'jenkins', ttl_seconds: 3600, permissions: [{ resources: ['services'], verbs: ['read'] }] } })).expect(201);
  assert.ok(made.word('expires_at'));
  const token = made.word('token');
  (await send('GET', '/services', { token: null, headers: { 'Kong-Admin-Token': token } })).expect(200);
  (await send('GET', '/routes', { token })).expect(403);
  const shown = await waitUntil('the last use', async () => {
    const answer = (await send('GET', `/v1/tokens/${made.word('id')}`)).expect(200);
    return answer.at('last_used_at') === null ? undefined : answer;
  });
  assert.ok(!shown.text.includes(token) && shown.at('token') === undefined);
  const rotated = (await send('POST', `/v1/tokens/${made.word('id')}/rotate`, { json: { overlap_seconds: 60 } })).expect(201);
  for (const text of [token, rotated.word('token')]) (await send('GET', '/services', { token: text })).expect(200);
  assert.equal(rotated.at('expires_at'), made.at('expires_at'));
  (await send('POST', `/v1/tokens/${rotated.word('id')}/rotate`, { json: {} })).expect(201);
  (await send('GET', '/services', { token: rotated.word('token') })).expect(401);
  assert.ok((await send('GET', '/v1/service-accounts/ci/tokens')).expect(200).text.includes('jenkins'));
  (await send('GET', '/v1/operators/ci')).expect(404);
  const me = (await send('GET', '/v1/me', { token })).expect(200);
  assert.partialDeepStrictEqual(me.body, { name: 'ci', kind: 'service-account', roles: ['viewer'], installation_admin: false });
});

/** Listens to events; rejects where that is refused. */
async function listen(base: string, token: string): Promise<{ readonly isCut: () => boolean }> {
  const { promise: head, resolve, reject } = Promise.withResolvers<{ readonly isCut: () => boolean }>();
  const request = openRequest(`${base}/v1/events`, { headers: { authorization: `Bearer ${token}` } }, (response) => {
    response.on('error', () => undefined).resume();
    if (response.statusCode === 200) resolve({ isCut: () => response.destroyed });
    else reject(new Error(`status ${response.statusCode}`));
  });
  request.on('error', () => undefined).end();
  return head;
}

test('a revoked token, a disabled operator and a narrower role end within five seconds, open streams included, at every control plane', async () => {
  const elsewhere = await api.startAnother();
  const [revoked, disabled, narrowed] = await Promise.all([operator('to-revoke', 'viewer'), operator('to-disable', 'viewer'), send('POST', '/v1/roles', { json: { name: 'narrowing', permissions: READ } }).then(() => operator('to-narrow', 'narrowing'))]);
  const streams = await Promise.all([api.base, elsewhere].flatMap((base) => [revoked, disabled, narrowed].map(({ token }) => listen(base, token))));
  const steady = await listen(api.base, api.adminToken);
  const begun = performance.now();
  await Promise.all([
    send('DELETE', `/v1/tokens/${revoked.tokenId}`).then((answer) => answer.expect(204)),
    send('PATCH', '/v1/operators/to-disable', { json: { disabled: true } }).then((answer) => answer.expect(200)),
    send('PATCH', '/v1/roles/narrowing', { json: { permissions: [{ resources: ['services'], verbs: ['read'] }] } }).then((answer) => answer.expect(200)),
  ]);
  for (const [{ token }, status] of [[revoked, 401], [disabled, 401], [narrowed, 403]] as const) {
    (await send('GET', '/routes', { token })).expect(status);
    await waitUntil('the other control plane', async () => (await fetch(`${elsewhere}/routes`, { headers: { authorization: `Bearer ${token}` } })).status === status, ENDS_WITHIN_MS);
  }
  await waitUntil('the streams to be cut', () => streams.every(({ isCut }) => isCut()), ENDS_WITHIN_MS - (performance.now() - begun));
  assert.ok(!steady.isCut(), 'who still may goes on');
});
