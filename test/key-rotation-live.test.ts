/**
 * A real data plane under load while every kind of key of its control plane is rotated, and while the control plane's database
 * is replaced by an old backup: not one request fails, and what was accepted stays until root keys say otherwise (S1, S4).
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { KeyDesk } from '../control-plane/keys/key-desk.ts';
import { withDatabase } from '../control-plane/store/prepare-database.ts';
import type { EntityScope } from '../control-plane/store/scope.ts';
import { openStore, type Store } from '../control-plane/store/store.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { formatJoinToken } from '../shared/trust/join-token.ts';
import { startControlPlaneParts, type ControlPlaneParts } from './support/control-plane-parts.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { createTestDatabase, type TestDatabase } from './support/postgres.ts';
import { newServerName, onServer, testServer } from './support/postgres-server.ts';
import { createGateway, insert, TEST_ACTOR } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const DEADLINE_MS = 40_000;
const origin = createServer((_, response) => response.end('served'));
await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
after(() => {
  origin.closeAllConnections();
  origin.close();
});

interface Running {
  readonly store: Store;
  readonly parts: ControlPlaneParts;
  readonly desk: KeyDesk;
  stop(): Promise<void>;
}

/** The control plane on a database, always at the same address. */
async function start(database: TestDatabase, port: number): Promise<Running> {
  const store = await openStore({ ...database, log: createMemoryLogger('store').log, clock: systemClock });
  const parts = await startControlPlaneParts(store, { listen: { host: '127.0.0.1', port } });
  return {
    store, parts, desk: new KeyDesk({ store, signing: parts.signing, authority: parts.authority, clock: systemClock }),
    stop: async () => {
      await parts.stop();
      await store.stop();
    },
  };
}

/** What a backup of this moment would hold; nobody may be connected. */
async function backupOf(database: TestDatabase): Promise<TestDatabase> {
  const name = await newServerName();
  const { rows } = await onServer(database.superuserConnectionString, (client) => client.query<{ readonly source: string }>('SELECT current_database() AS source'));
  const source = rows[0]?.source ?? assert.fail();
  await onServer((await testServer()).superuserConnectionString, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${source}`));
  return { ...database, connectionString: withDatabase(database.connectionString, name), superuserConnectionString: withDatabase(database.superuserConnectionString, name) };
}

function portOf(server: { address(): unknown }): number {
  const address = server.address();
  return typeof address === 'object' && address !== null && 'port' in address && typeof address.port === 'number' ? address.port : 0;
}

test('every key is rotated under load, then an old backup takes the place of the database: 0 failed requests', async (context) => {
  const load = { go: true, all: 0, failed: 0 };
  context.after(() => {
    load.go = false;
  });
  const database = await createTestDatabase();
  let running = await start(database, 0);
  const { port } = running.parts;
  context.after(() => running.stop());
  const scope: EntityScope = await createGateway(running.store);
  const change = { tenantId: scope.tenantId, actor: TEST_ACTOR };
  const service = { service: { id: (await insert(running.store, scope, 'services', { name: 'origin', url: `http://127.0.0.1:${portOf(origin)}` })).id } };
  const addRoute = (name: string) => insert(running.store, scope, 'routes', { name, paths: [`/${name}`], ...service });
  await addRoute('one');
  await insert(running.store, scope, 'plugins', { name: 'key-auth', ...service });
  const consumer = await insert(running.store, scope, 'consumers', { username: 'alice' });
  await insert(running.store, scope, 'keyauth_credentials', { key: 'secret-of-alice', consumer: { id: consumer.id } });

  const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: formatJoinToken(await running.parts.joinToken(scope)) });
  context.after(() => dataPlane.destroy());
  await dataPlane.ready();
  const get = (path: string): Promise<{ readonly status: number }> => dataPlane.get(path, undefined, { apikey: 'secret-of-alice' });
  const serves = (path: string, status: number): Promise<unknown> => waitUntil(`${path} to answer ${status}`, async () => (await get(path)).status === status, DEADLINE_MS);
  await serves('/one', 200);
  const asking = (async () => {
    while (load.go) {
      load.all += 1;
      if ((await get('/one')).status !== 200) load.failed += 1;
      // All else here runs on the same cores.
      await pause(5);
    }
  })();

  await running.desk.rotateContent(scope, change);
  await running.desk.rotatePublish(change);
  await running.desk.rotateAuthority(change);
  await addRoute('two');
  await serves('/two', 200);
  await dataPlane.logged('trust-learnt');
  await dataPlane.logged('authorities-learnt');
  await waitUntil('the old content key to be free', () => running.desk.retireContent(scope, 1, change).then(() => true, () => false), DEADLINE_MS);

  // A backup is made; more is published; the database is lost and the backup takes its place.
  await running.stop();
  const backup = await backupOf(database);
  running = await start(database, port);
  await addRoute('three');
  await serves('/three', 200);
  await running.stop();
  running = await start(backup, port);
  await waitUntil('the data plane to say what it has', () => running.store.ahead.find(scope), DEADLINE_MS);
  await addRoute('four');
  await waitUntil('nothing to be published', () => running.parts.lines().some((line) => line.includes('accepted more than the database has')), DEADLINE_MS);
  assert.deepEqual([(await get('/three')).status, (await get('/four')).status], [200, 404], 'it keeps what it accepted');

  const { epoch } = await running.desk.bumpEpoch(scope, change);
  await serves('/four', 200);
  assert.equal((await get('/three')).status, 404, 'as the backup has it');
  assert.match((await dataPlane.status()).holdfast.config?.version ?? '', new RegExp(`^${epoch}\\.`));
  load.go = false;
  await asking;
  assert.ok(load.all > 50);
  assert.equal(load.failed, 0, `of ${load.all}`);
});
