/**
 * Postgres goes away under a running admin API: writes get 503 with Retry-After and nothing is half done, reads that were
 * answered before are answered from memory and say so, and all is back by itself.
 */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { openStore, type Store } from '../control-plane/store/store.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { DatabaseCable } from './support/database-cable.ts';
import { ManualClock } from './support/manual-clock.ts';
import { createTestDatabase } from './support/postgres.ts';
import { waitUntil } from './support/wait-until.ts';

test('requests get 503 while the database is away, and answers when it is back', async (t) => {
  const database = await createTestDatabase();
  const cable = await DatabaseCable.to(database.connectionString);
  const store: Store = await openStore({ ...database, connectionString: cable.connectionString, log: createMemoryLogger('test').log, clock: systemClock });
  t.after(() => store.stop());
  // Development mode needs no database to know a caller without a token.
  const { send, logLines } = await startTestAdminApi({ developmentMode: true }, { store, database });
  (await send('POST', '/services', { json: { name: 'before', host: 'a.test' } })).expect(201);

  await cable.unplug();
  for (const [method, path] of [['GET', '/services'], ['GET', '/services/before'], ['POST', '/services'], ['PATCH', '/services/before'], ['DELETE', '/services/before'], ['GET', '/v1/data-planes'], ['GET', '/']] as const) {
    const answer = (await send(method, path, method === 'POST' || method === 'PATCH' ? { json: { host: 'b.test' } } : {})).expect(503);
    assert.equal(answer.headers['retry-after'], '2', path);
    assert.deepEqual(answer.body, { message: 'the database is not reachable', error: 'STORE_UNAVAILABLE' });
  }
  const ready = (await send('GET', '/status/ready', { token: null })).expect(200);
  assert.deepEqual(ready.body, { message: 'ready', database: 'away' }, 'what still answers reads is not taken away');
  assert.equal((await send('GET', '/status', { token: null })).expect(200).at('database.reachable'), false, 'what needs no database says so');
  (await send('GET', '/schemas/services', { token: null })).expect(200);
  const told = logLines().filter((line) => line.includes('admin-request-failed'));
  assert.equal(told.length, 7, 'one line for each request');
  assert.ok(told.every((line) => line.includes('STORE_UNAVAILABLE')) && !told.some((line) => line.includes('stack')), told[0]);
  assert.ok(!logLines().some((line) => line.includes('audit-not-written')), 'nobody waits a second time, for an audit row that can not be written');

  await cable.plug();
  await waitUntil('the admin API is ready again', async () => (await send('GET', '/status/ready', { token: null })).at('database') === 'reachable');
  assert.equal((await send('GET', '/services/before')).expect(200).at('host'), 'a.test', 'nothing of the refused writes was done');
  (await send('POST', '/services', { json: { name: 'after', host: 'a.test' } })).expect(201);
});

test('while only the database is away, a credential that was valid reads what it has read before, with its age; nobody else does, and no secret is kept', async (t) => {
  const database = await createTestDatabase();
  const cable = await DatabaseCable.to(database.connectionString);
  const store: Store = await openStore({ ...database, connectionString: cable.connectionString, log: createMemoryLogger('test').log, clock: systemClock });
  t.after(() => store.stop());
  const clock = new ManualClock(Date.now());
  const { send, viewerToken, tokenFor } = await startTestAdminApi({ clock }, { store, database });
  const service = (await send('POST', '/services', { json: { name: 'before', host: 'a.test' } })).expect(201);
  (await send('POST', '/consumers', { json: { username: 'ann' } })).expect(201);
  const key = (await send('POST', '/consumers/ann/key-auth', { json: { key: 'canary-key-of-ann' } })).expect(201);
  (await send('POST', '/plugins', { json: { name: 'key-auth' } })).expect(201);
  const pages = ['/services', '/services/before', '/services?size=1', '/default/services', '/consumers/ann', '/v1/gateways', '/v1/data-planes', '/v1/alarms', '/tags', '/'];
  const before = await Promise.all(pages.map((path) => send('GET', path)));
  const kept = ['/consumers/ann/key-auth', '/key-auths', `/key-auths/${key.word('id')}`, '/plugins', '/certificates', '/v1/operators', '/v1/audit'];
  for (const path of kept) (await send('GET', path)).expect(200);
  (await send('GET', '/services', { token: viewerToken })).expect(200);
  // What was read under a wider role is not told under a narrower one.
  const reader = { resources: ['*'], verbs: ['read'] };
  const demoted = await tokenFor('demoted', [reader]);
  (await send('GET', '/services', { token: demoted })).expect(200);
  (await send('PATCH', '/v1/roles/demoted', { json: { permissions: [{ ...reader, resources: ['routes'] }] } })).expect(200);
  (await send('GET', '/routes', { token: demoted })).expect(200);

  // Nor to who was revoked and did not come again, whose token expires meanwhile, or of what was told to be gone.
  const operator = (await send('POST', '/v1/operators', { json: { name: 'leaver', role: 'viewer' } })).expect(201);
  const [leaving, expiring] = await Promise.all([{}, { ttl_seconds: 60 }].map((json) => send('POST', `/v1/operators/${operator.word('id')}/tokens`, { json })));
  assert.ok(leaving !== undefined && expiring !== undefined);
  (await send('GET', '/services', { token: leaving.expect(201).word('token') })).expect(200);
  (await send('POST', '/services', { json: { name: 'gone', host: 'a.test' } })).expect(201);
  (await send('GET', '/services/gone')).expect(200);
  (await send('DELETE', '/services/gone')).expect(204);
  (await send('GET', '/services/gone')).expect(404);
  (await send('DELETE', `/v1/tokens/${leaving.word('id')}`)).expect(204);
  for (const token of [undefined, viewerToken, demoted]) (await send('GET', '/', token === undefined ? {} : { token })).expect(200);
  (await send('GET', '/services', { token: expiring.expect(201).word('token') })).expect(200);

  await cable.unplug();
  clock.advance(7_000);
  for (const [index, path] of pages.entries()) {
    const answer = (await send('GET', path)).expect(200);
    assert.equal(answer.text, before[index]?.text, path);
    assert.equal(answer.headers['age'], '7', path);
    assert.match(String(answer.headers['warning']), /^111 holdfast "the database is away/);
  }
  assert.equal((await send('HEAD', '/services')).expect(200).headers['age'], '7');
  for (const path of [...kept, '/services?size=2', '/routes']) assert.equal((await send('GET', path)).expect(503).headers['age'], undefined, path);
  // What a control plane knows by itself is of now.
  for (const path of ['/status', '/endpoints', '/schemas/services', '/openapi.json', '/plugins/enabled']) assert.equal((await send('GET', path)).expect(200).headers['age'], undefined, path);
  (await send('GET', '/services', { token: viewerToken })).expect(200);
  (await send('GET', '/services/before', { token: viewerToken })).expect(503);
  for (const token of [demoted, leaving.word('token')]) (await send('GET', '/services', { token })).expect(503);
  (await send('GET', '/services/gone')).expect(503);
  (await send('GET', '/services', { token: 'hfo_unknown' })).expect(503);
  (await send('GET', '/services', { token: null })).expect(401);
  for (const [method, path] of [['POST', '/services'], ['PUT', '/services/before'], ['PATCH', '/services/before'], ['DELETE', '/services/before']] as const) {
    assert.equal((await send(method, path, method === 'DELETE' ? {} : { json: { name: 'before', host: 'b.test' } })).expect(503).headers['retry-after'], '2');
  }
  (await send('GET', '/services', { token: expiring.word('token') })).expect(200);
  clock.advance(60_000);
  (await send('GET', '/services', { token: expiring.word('token') })).expect(503);
  (await send('GET', '/services', { token: viewerToken })).expect(200);
  clock.advance(15 * 60_000);
  (await send('GET', '/services')).expect(503);

  await cable.plug();
  await waitUntil('the database is asked again', async () => (await send('GET', '/services')).headers['age'] === undefined && (await send('GET', '/services')).status === 200);
  assert.equal((await send('GET', `/services/${service.word('id')}`)).expect(200).at('host'), 'a.test', 'no write was done');
});

test('a revoked token is known to nobody while the database is there', async () => {
  const { send } = await startTestAdminApi();
  const operator = (await send('POST', '/v1/operators', { json: { name: 'leaver', role: 'viewer' } })).expect(201);
  const token = (await send('POST', `/v1/operators/${operator.word('id')}/tokens`, { json: {} })).expect(201);
  (await send('GET', '/services', { token: token.word('token') })).expect(200);
  (await send('DELETE', `/v1/tokens/${token.word('id')}`)).expect(204);
  (await send('GET', '/services', { token: token.word('token') })).expect(401);
});
