/** Postgres goes away under a running admin API: 503 with Retry-After, nothing half done, and back by itself. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { openStore, type Store } from '../control-plane/store/store.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { DatabaseCable } from './support/database-cable.ts';
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
  const ready = (await send('GET', '/status/ready', { token: null })).expect(503);
  assert.equal(ready.at('error'), 'ADMIN_NOT_READY');
  assert.equal((await send('GET', '/status', { token: null })).expect(200).at('database.reachable'), false, 'what needs no database says so');
  (await send('GET', '/schemas/services', { token: null })).expect(200);
  const told = logLines().filter((line) => line.includes('admin-request-failed'));
  assert.equal(told.length, 8, 'one line for each request');
  assert.ok(told.every((line) => line.includes('STORE_UNAVAILABLE') || line.includes('ADMIN_NOT_READY')) && !told.some((line) => line.includes('stack')), told[0]);
  assert.ok(!logLines().some((line) => line.includes('audit-not-written')), 'nobody waits a second time, for an audit row that can not be written');

  await cable.plug();
  await waitUntil('the admin API is ready again', async () => (await send('GET', '/status/ready', { token: null })).status === 200);
  assert.equal((await send('GET', '/services/before')).expect(200).at('host'), 'a.test', 'nothing of the refused writes was done');
  (await send('POST', '/services', { json: { name: 'after', host: 'a.test' } })).expect(201);
});
