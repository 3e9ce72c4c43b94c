/** The way to Postgres (database.ts) when it goes wrong: silence, errors that were swallowed, a schema that moves on under it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from 'pg';
import { DatabaseMeter } from '../control-plane/store/database-meter.ts';
import { Database } from '../control-plane/store/database.ts';
import { openStore } from '../control-plane/store/store.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type DataPlaneId } from '../shared/model/ids.ts';
import { NO_VERSION } from '../shared/model/version.ts';
import { DatabaseCable } from './support/database-cable.ts';
import { createTestDatabase, openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { createGateway, insert, newName, TEST_ACTOR } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';
import { telemetryBatch } from './support/telemetry-rows.ts';

const { log } = createMemoryLogger('test');

test('R5: a database that falls silent is given up, as one that is away, and used again when it is back', async (t) => {
  const database = await createTestDatabase();
  const cable = await DatabaseCable.to(database.connectionString);
  const store = await openStore({ ...database, connectionString: cable.connectionString, log, clock: systemClock, statementTimeoutMs: 100 });
  t.after(() => store.stop());
  const scope = await createGateway(store);
  cable.stall();
  const begun = performance.now();
  await assert.rejects(insert(store, scope, 'services', { url: 'http://a' }), { code: 'STORE_UNAVAILABLE', retryable: true });
  assert.ok(performance.now() - begun < 15_000);
  await cable.unplug();
  await cable.plug();
  assert.equal((await insert(store, scope, 'services', { url: 'http://a' })).version.sequence, 1);
});

test('a server that takes no writes any more is one that is away: tried again, on a new connection', async () => {
  const { store, database } = await openTestStore({ poolSize: 1 });
  const scope = await createGateway(store);
  await onServer(database.superuserConnectionString, async (client) => {
    const { rows } = await client.query<{ readonly name: string }>('SELECT current_database() AS name');
    const name = rows[0]?.name ?? '';
    // As after a failover: connections that stand are to a standby, new ones reach the primary.
    await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    const standby = await openStore({ ...database, log, clock: systemClock, poolSize: 1 });
    await standby.read(scope, (reader) => reader.count('services'));
    await client.query(`SET default_transaction_read_only = off; ALTER DATABASE ${name} RESET default_transaction_read_only`);
    await assert.rejects(insert(standby, scope, 'services', { url: 'http://a' }), { code: 'STORE_UNAVAILABLE', retryable: true });
    assert.equal((await insert(standby, scope, 'services', { url: 'http://a' })).version.sequence, 1);
    await standby.stop();
  });
});

test('no statement of a write keeps reading whole tables because they were small when it was planned', async (t) => {
  const { store, database } = await openTestStore();
  const scope = await createGateway(store);
  const service = await insert(store, scope, 'services', { name: 'demo', url: 'http://a' });
  const tables = ['entities', 'entity_unique', 'entity_references', 'changes', 'gateways', 'tenants'];
  const scans = async (client: Client): Promise<Readonly<Record<string, number>>> => {
    const { rows } = await client.query<{ readonly name: string; readonly scans: number }>('SELECT relname AS name, seq_scan::int AS scans FROM pg_stat_user_tables WHERE relname = ANY($1)', [tables]);
    return Object.fromEntries(rows.map((row) => [row.name, row.scans]));
  };
  await onServer(database.superuserConnectionString, async (client) => {
    for (const table of tables) await client.query(`ANALYZE holdfast.${table}`);
    const writer = await openStore({ ...database, log, clock: systemClock, poolSize: 1 });
    t.after(() => writer.stop());
    await writer.secretsOf(scope);
    const before = await scans(client);
    for (let n = 0; n < 20; n += 1) {
      const route = await insert(writer, scope, 'routes', { name: newName(), paths: [`/${n}`], service: { id: service.id } });
      await writer.read(scope, (reader) => reader.findByUnique('services', ['name'], ['demo']));
      await writer.write(scope, TEST_ACTOR, (one) => one.update(route.record));
      await writer.write(scope, TEST_ACTOR, (one) => one.delete('routes', route.id));
    }
    // What a connection counted is known for certain once it is gone.
    await writer.stop();
    await waitUntil('the connection is gone', async () => (await client.query("SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'holdfast' AND state <> 'idle'")).rows.length === 0);
    const after = await scans(client);
    for (const table of tables) assert.ok((after[table] ?? 0) - (before[table] ?? 0) < 10, `${table}: ${before[table]} to ${after[table]} scans`);
  });
});

test('a transaction in which a query failed is not taken for committed, whoever caught the error', async (t) => {
  const { connectionString } = await createTestDatabase();
  const database = new Database({ connectionString, log, clock: systemClock, meter: new DatabaseMeter(systemClock), poolSize: 1, statementTimeoutMs: 10_000 });
  t.after(() => database.stop());
  const swallowing = database.transaction({ role: 'holdfast_app', mode: 'write' }, async (transaction) => {
    await transaction.query('SELECT 1/0').catch(() => undefined);
    return 'done';
  });
  await assert.rejects(swallowing, /a query failed/);
  assert.deepEqual(await database.query({ role: 'holdfast_app', mode: 'snapshot' }, 'SELECT 1 AS one'), [{ one: 1 }], 'the connection is as good as new');
});

test('a transaction that can not even begin says why, and nothing of it is done', async (t) => {
  const { connectionString } = await createTestDatabase();
  const database = new Database({ connectionString, log, clock: systemClock, meter: new DatabaseMeter(systemClock), poolSize: 1, statementTimeoutMs: -1 });
  t.after(() => database.stop());
  await assert.rejects(database.query({ role: 'holdfast_app', mode: 'write' }, 'SELECT current_user'), /statement_timeout/);
});

test('a column that a newer release adds breaks no statement of a control plane that still runs', async () => {
  const { store, database } = await openTestStore({ poolSize: 1 });
  const everything = async (): Promise<void> => {
    const scope = await createGateway(store);
    const consumer = await insert(store, scope, 'consumers', { username: 'ada' });
    await store.write(scope, TEST_ACTOR, (writer) => writer.delete('consumers', consumer.id));
    await store.read(scope, (reader) => reader.list('consumers', { size: 10 }));
    const operator = await store.operators.create(scope.tenantId, { name: newName(), role: 'admin' }, TEST_ACTOR);
    assert.equal(operator.kind, 'stored');
    const token = await store.tokens.create(scope.tenantId, operator.value.id, {}, TEST_ACTOR);
    assert.equal(token.kind, 'stored');
    assert.ok(await store.tokens.authenticate(token.value.text));
    const join = await store.joinTokens.create(scope, { uses: 1, expiresAt: new Date(Date.now() + 60_000), labels: {} }, TEST_ACTOR);
    await store.joinTokens.list(scope);
    const dataPlane = await store.dataPlanes.enrol(join.token.id, join.secret, async () => ({ id: newId<DataPlaneId>(), hostname: 'h', certificate: { serial: '01', fingerprint: Buffer.alloc(32), notAfter: new Date() } }));
    assert.ok(dataPlane);
    assert.ok(await store.dataPlanes.get(scope, dataPlane.id));
    await store.dataPlanes.list(scope);
    await store.audit.list(scope.tenantId, {}, { size: 10 });
    await store.signingKeys.insertKey({ purpose: 'publish', keyId: newName(), scope, publicKey: 'p', certificate: undefined, privateKey: 'secret' });
    await store.signingKeys.listKeys('publish', scope);
    await store.signingKeys.listStatements('root', undefined);
    const release = { version: { epoch: 1, sequence: 1 }, base: undefined, manifestStatement: 'm', contentRoot: Buffer.alloc(32), entityCount: 0, author: 'a' };
    for (let i = 0; i < 2; i += 1) await store.releases.insert(scope, release);
    await store.releases.newest(scope);
    await store.releases.list(scope, { limit: 10 });
    await store.changes.readChangesSince(scope, NO_VERSION, 10);
    await store.changes.readAllLeaves(scope, () => undefined);
    await store.telemetry.storeBatch({ ...scope, dataPlaneId: dataPlane.id, bootId: newId() }, 1, telemetryBatch({ drops: [{ reason: 'r', count: 1 }] }));
    await store.telemetry.usage(scope, { groupBy: ['route'] });
    await store.gateways.list(scope.tenantId);
    await store.tenants.list();
  };
  await everything();
  await onServer(database.superuserConnectionString, async (client) => {
    const { rows } = await client.query<{ readonly name: string }>("SELECT relname AS name FROM pg_class WHERE relnamespace = 'holdfast'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition");
    for (const { name } of rows) await client.query(`ALTER TABLE holdfast.${name} ADD COLUMN added_later integer NOT NULL DEFAULT 7`);
  });
  await everything();
});
