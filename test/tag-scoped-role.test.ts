/** A role that may only touch what carries the tag `team-a`, by every way there is to an entity. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAdminApi, type AdminAnswer, type AdminCall } from './support/admin-api.ts';

const api = await startTestAdminApi();
const token = await api.tokenFor('team-a', [{ resources: ['entities'], verbs: ['read', 'create', 'update', 'delete'], tags: ['team-a'] }]);
const TAGS = ['team-a'];

/** As the admin. */
const make = async (path: string, json: object): Promise<string> => (await api.send('POST', path, { json })).expect(201).word('id');
const asTeam = (method: string, path: string, call: AdminCall = {}): Promise<AdminAnswer> => api.send(method, path, { token, ...call });
const names = (answer: AdminAnswer): readonly unknown[] => {
  const data = answer.expect(200).at('data');
  assert.ok(Array.isArray(data));
  return data.map((one: unknown) => (typeof one === 'object' && one !== null ? (Reflect.get(one, 'name') ?? Reflect.get(one, 'entity_id')) : undefined));
};

const ours = await make('/services', { name: 'ours', host: 'a.test', tags: TAGS });
const theirs = await make('/services', { name: 'theirs', host: 'b.test', tags: ['team-b'] });
const untagged = await make('/services', { name: 'untagged', host: 'c.test' });
const ourRoute = await make('/routes', { name: 'our-route', paths: ['/a'], service: { id: ours }, tags: TAGS });
const theirRoute = await make('/routes', { name: 'their-route', paths: ['/b'], service: { id: theirs } });
const upstream = await make('/upstreams', { name: 'their.upstream' });
const consumer = await make('/consumers', { username: 'their-consumer' });

test('lists, counts of pages and /tags show what may be seen and nothing else', async () => {
  assert.deepEqual(names(await asTeam('GET', '/services')), ['ours']);
  assert.deepEqual(names(await asTeam('GET', '/routes?size=1')), ['our-route']);
  assert.deepEqual(names(await asTeam('GET', '/services?tags=team-b')), []);
  assert.deepEqual(names(await asTeam('GET', '/services?tags=team-a/team-b')), ['ours']);
  const tags = (await asTeam('GET', '/tags')).expect(200);
  assert.ok(!tags.text.includes('team-b'), tags.text);
  assert.deepEqual(names(await asTeam('GET', '/tags/team-b')), []);
  assert.deepEqual(names(await asTeam('GET', '/consumers?custom_id=x')), []);
  (await asTeam('GET', '/')).expect(200);
});

test('what may not be seen is not there: by id, by name, nested, through a reference', async () => {
  for (const path of [`/services/${theirs}`, '/services/theirs', `/services/${untagged}`, `/services/${theirs}/routes`, `/routes/${theirRoute}`, `/routes/${theirRoute}/service`, `/upstreams/${upstream}/targets`, `/consumers/${consumer}/key-auth`]) {
    (await asTeam('GET', path)).expect(404);
  }
  for (const [method, path] of [['PATCH', `/services/${theirs}`], ['PATCH', `/routes/${theirRoute}/service`], ['POST', `/services/${theirs}/routes`]] as const) (await asTeam(method, path, { json: { tags: TAGS } })).expect(404);
  (await asTeam('DELETE', `/services/${theirs}`)).expect(204);
  (await api.send('GET', `/services/${theirs}`)).expect(200);
});

test('what is created or changed must carry the tag before and after', async () => {
  const bare = (await asTeam('POST', '/services', { json: { host: 'x.test' } })).expect(403);
  assert.equal(bare.at('error'), 'STORE_CHANGE_NOT_PERMITTED');
  assert.match(bare.word('message'), /must carry the tags team-a/);
  (await asTeam('POST', '/services', { json: { name: 'new', host: 'x.test', tags: ['x', 'team-a'] } })).expect(201);
  (await asTeam('PATCH', `/services/${ours}`, { json: { tags: ['team-b'] } })).expect(403);
  (await asTeam('PATCH', `/services/${ours}`, { json: { retries: 2 } })).expect(200);
  (await asTeam('DELETE', '/services/new')).expect(204);
});

test('PUT creates and replaces by the same rule, and takes over nothing that is not seen', async () => {
  (await asTeam('PUT', '/services/put-new', { json: { host: 'x.test' } })).expect(403);
  (await asTeam('PUT', '/services/put-new', { json: { host: 'x.test', tags: TAGS } })).expect(200);
  (await asTeam('PUT', `/services/${theirs}`, { json: { host: 'evil.test', tags: TAGS } })).expect(409);
  (await asTeam('PUT', '/services/theirs', { json: { host: 'evil.test', tags: TAGS } })).expect(409);
  assert.equal((await api.send('GET', `/services/${theirs}`)).at('host'), 'b.test');
});

test('references go to what may be seen, and what belongs to something needs the permission to change that', async () => {
  const hidden = (await asTeam('POST', '/routes', { json: { paths: ['/x'], service: { id: theirs }, tags: TAGS } })).expect(400);
  const absent = (await asTeam('POST', '/routes', { json: { paths: ['/x'], service: { id: '01890000-0000-7000-8000-000000000000' }, tags: TAGS } })).expect(400);
  assert.equal(hidden.text.replaceAll(theirs, 'id'), absent.text.replaceAll('01890000-0000-7000-8000-000000000000', 'id'), 'nobody learns that it is there');
  (await asTeam('POST', '/routes', { json: { paths: ['/x'], service: { name: 'theirs' }, tags: TAGS } })).expect(400);
  (await asTeam('POST', '/plugins', { json: { name: 'rate-limiting', config: { minute: 1 }, service: { id: theirs }, tags: TAGS } })).expect(400);
  (await asTeam('POST', '/key-auths', { json: { consumer: { id: consumer }, tags: TAGS } })).expect(400);
  (await asTeam('POST', `/services/${ours}/plugins`, { json: { name: 'rate-limiting', config: { minute: 1 }, tags: TAGS } })).expect(201);
  // Seen, but not to be changed: a plugin on it would change it all the same.
  const reader = await api.tokenFor('team-a-reader', [{ resources: ['entities'], verbs: ['read'] }, { resources: ['plugins', 'routes'], verbs: ['create'], tags: TAGS }]);
  assert.match((await asTeam('POST', '/plugins', { token: reader, json: { name: 'rate-limiting', config: { minute: 1 }, service: { id: theirs }, tags: TAGS } })).expect(403).word('message'), /needs the permission to update it/);
  (await asTeam('POST', '/routes', { token: reader, json: { paths: ['/y'], service: { id: theirs }, tags: TAGS } })).expect(201);
});

test('a plugin for the whole gateway is not within one tag', async () => {
  assert.match((await asTeam('POST', '/plugins', { json: { name: 'key-auth', tags: TAGS } })).expect(403).word('message'), /for the whole gateway/);
});

test('a delete that would take something of others along is refused as a whole', async () => {
  const service = await make('/services', { name: 'shared', host: 'a.test', tags: TAGS });
  const plugin = await make('/plugins', { name: 'rate-limiting', config: { minute: 1 }, service: { id: service } });
  const refused = (await asTeam('DELETE', '/services/shared')).expect(403);
  assert.match(refused.word('message'), /delete of plugins that you may not see/);
  assert.ok(!refused.text.includes(plugin), 'not even its id is told');
  (await api.send('GET', '/services/shared')).expect(200);
  (await api.send('DELETE', `/plugins/${plugin}`)).expect(204);
  (await asTeam('DELETE', '/services/shared')).expect(204);
});

test('bulk and declared writes are held to the same', async () => {
  const batch = (operations: readonly object[]): Promise<AdminAnswer> => asTeam('POST', '/v1/gateways/default/batch', { json: { operations } });
  (await batch([{ op: 'create', kind: 'services', entity: { name: 'in-batch', host: 'a.test', tags: TAGS } }, { op: 'create', kind: 'services', entity: { name: 'without', host: 'a.test' } }])).expect(403);
  (await asTeam('GET', '/services/in-batch')).expect(404);
  (await asTeam('POST', '/v1/gateways/default/batch', { json: { dry_run: true, operations: [{ op: 'create', kind: 'services', entity: { host: 'a.test' } }] } })).expect(403);
  (await batch([{ op: 'create', kind: 'services', entity: { name: 'in-batch', host: 'a.test', tags: TAGS } }])).expect(200);
  const taken = await batch([{ op: 'delete', kind: 'services', id: theirs }]);
  assert.equal(taken.expect(200).at('summary.deleted'), 0, 'as if it were not there');
  (await api.send('GET', `/services/${theirs}`)).expect(200);
  const content = JSON.stringify({ _format_version: '3.0', services: [{ name: 'declared', host: 'a.test' }] });
  (await asTeam('POST', '/v1/gateways/default/declarative', { json: { mode: 'apply', content } })).expect(403);
  const synced = (await asTeam('POST', '/v1/gateways/default/declarative', { json: { mode: 'sync', content: JSON.stringify({ _format_version: '3.0' }) } })).expect(403);
  assert.ok(!synced.text.includes('their'), synced.text);
  (await api.send('GET', `/services/${theirs}`)).expect(200);
});

test('what is of the gateway as a whole is not given with tags', async () => {
  for (const path of ['/v1/releases', '/v1/audit', '/v1/data-planes', '/v1/operators', '/v1/usage']) (await asTeam('GET', path)).expect(403);
  assert.equal((await asTeam('GET', '/v1/me')).expect(200).at('permissions.0.0.tags.0'), 'team-a');
});

test('secrets are shown with their own verb alone, also in answers to writes', async () => {
  const owner = await make('/consumers', { username: 'ada', tags: TAGS });
  const made = (await asTeam('POST', `/consumers/${owner}/key-auth`, { json: { key: 'open-sesame', tags: TAGS } })).expect(201);
  assert.equal(made.at('key'), 'open-sesame', 'who creates it knows it');
  const id = made.word('id');
  assert.equal((await asTeam('GET', `/consumers/${owner}/key-auth/${id}`)).expect(200).at('key'), null);
  assert.equal((await asTeam('PATCH', `/consumers/${owner}/key-auth/${id}`, { json: { tags: ['team-a', 'x'] } })).expect(200).at('key'), null);
  const revealing = await api.tokenFor('team-a-reveals', [{ resources: ['entities'], verbs: ['read', 'reveal'], tags: TAGS }]);
  assert.equal((await asTeam('GET', `/consumers/${owner}/key-auth/${id}`, { token: revealing })).expect(200).at('key'), 'open-sesame');
  (await asTeam('PATCH', `/routes/${ourRoute}`, { token: revealing, json: {} })).expect(403);
});
