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
  const { send } = await startTestAdminApi({}, { store, database });
  (await send('POST', '/services', { json: { name: 'before', host: 'a.test' } })).expect(201);

  await cable.unplug();
  for (const [method, path] of [['GET', '/services'], ['GET', '/services/before'], ['POST', '/services'], ['PATCH', '/services/before'], ['DELETE', '/services/before'], ['GET', '/v1/data-planes'], ['GET', '/']] as const) {
    const answer = (await send(method, path, method === 'POST' || method === 'PATCH' ? { json: { host: 'b.test' } } : {})).expect(503);
    assert.equal(answer.headers['retry-after'], '2', path);
    assert.deepEqual(answer.body, { message: 'the database is not reachable', error: 'STORE_UNAVAILABLE' });
  }
  const ready = (await send('GET', '/status/ready', { token: null })).expect(503);
  assert.equal(ready.at('error'), 'ADMIN_NOT_READY');

  await cable.plug();
  await waitUntil('the admin API is ready again', async () => (await send('GET', '/status/ready', { token: null })).status === 200);
  assert.equal((await send('GET', '/services/before')).expect(200).at('host'), 'a.test', 'nothing of the refused writes was done');
  (await send('POST', '/services', { json: { name: 'after', host: 'a.test' } })).expect(201);
});
