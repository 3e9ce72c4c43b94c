/** T1: tenants are separated by the database itself. These tests leave the store's WHERE clauses out on purpose. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from 'pg';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import { FAMILIES } from '../control-plane/store/telemetry-families.ts';
import { DEFAULT_EXPORT_SETTINGS } from '../control-plane/store/usage-export-store.ts';
import { newId, type DataPlaneId } from '../shared/model/ids.ts';
import { accessRecord } from './support/access-record.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { createGateway, insert, letSomebodyIn, newName, TEST_ACTOR } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';
import { telemetryBatch, testTarget, testVitals, usageRow } from './support/telemetry-rows.ts';

/** A sketch of one value below 1 µs. */
const ONE = Uint8Array.of(1, 1);
const { store, database } = await openTestStore();
const ours = await createGateway(store);
const theirs = await createGateway(store);
await fill(ours);
await fill(theirs);

/** At least one row in every table that has a tenant. */
async function fill(scope: GatewayScope): Promise<void> {
  const consumer = await insert(store, scope, 'consumers', { username: 'ada', tags: ['t'] });
  await insert(store, scope, 'keyauth_credentials', { consumer: { id: consumer.id }, key: 'k' });
  const operator = await store.operators.create(scope.tenantId, { name: newName(), role: 'admin' }, TEST_ACTOR);
  assert.equal(operator.kind, 'stored');
  assert.equal((await store.roles.create(scope.tenantId, { name: 'readers', description: '', permissions: [] }, TEST_ACTOR)).kind, 'stored');
  assert.equal((await store.quotas.set(scope.tenantId, { gateways: 5, dataPlanes: undefined, requestsPerSecond: undefined, entities: {} }, TEST_ACTOR)).kind, 'stored');
  await store.tokens.create(scope.tenantId, operator.value.id, {}, TEST_ACTOR);
  await letSomebodyIn(store, scope.tenantId);
  const { token, secret } = await store.joinTokens.create(scope, { uses: 2, expiresAt: new Date(Date.now() + 60_000), labels: {} }, TEST_ACTOR);
  const dataPlane = await store.dataPlanes.enrol(token.id, secret, async () => ({ id: newId<DataPlaneId>(), hostname: 'h', certificate: { serial: '01', fingerprint: Buffer.alloc(32), notAfter: new Date() } }));
  assert.ok(dataPlane);
  await store.dataPlanes.report([{ ...scope, dataPlaneId: dataPlane.id, sessionId: newId(), sessionAgeMs: 0, report: { bootId: newId(), health: { targets: [], leftOut: 0, at: new Date() } } }]);
  await store.releases.insert(scope, { version: { epoch: 1, sequence: 1 }, base: undefined, manifestStatement: 'm', contentRoot: Buffer.alloc(32), entityCount: 0, author: 'a' });
  await store.releases.insert(scope, { version: { epoch: 1, sequence: 2 }, base: { epoch: 1, sequence: 1 }, manifestStatement: 'm', contentRoot: Buffer.alloc(32), entityCount: 0, author: 'a' });
  // Leaves a floor, and change rows above it.
  await store.history.removeSome(scope, { olderThan: new Date(), atLeast: 1, atMost: 1, deltaRows: 0 }, 10);
  await store.signingKeys.insertStatement('delegation', scope, 1, 's');
  await store.signingKeys.insertKey({ purpose: 'publish', keyId: newName(), scope, publicKey: 'p', certificate: undefined, privateKey: 'secret' });
  await store.alarms.raise(scope, { code: 'TEST_ALARM', dataPlaneId: dataPlane.id, detail: '' }, 1);
  await store.usageExports.set(scope, { ...DEFAULT_EXPORT_SETTINGS, enabled: true }, TEST_ACTOR);
  await store.telemetry.storeBatch({ ...scope, dataPlaneId: dataPlane.id, bootId: newId() }, 1, telemetryBatch({
    fromMs: Date.UTC(2026, 0, 1), usage: [usageRow({ latencies: { request: ONE, upstream: ONE, gateway: ONE } })], vitals: testVitals(), targets: [testTarget({ latency: ONE })], routeVersions: [{ routeId: '', version: { epoch: 1, sequence: 1 }, failed: 1, failedHere: 0 }],
    versions: [{ version: { epoch: 1, sequence: 1 }, requests: 1, failed: 0, failedHere: 0 }],
    drops: [{ reason: 'spool-full', count: 1 }], crashGaps: [{ bootId: newId(), lastFoldMs: 1, atMostMs: 1, lastRatePerSecond: 1 }],
  }));
  await onServer(database.superuserConnectionString, (client) => client.query("INSERT INTO holdfast.usage VALUES ($1, $2, $3, now(), now(), NULL, NULL, 2, 1, 1, 1, 1)", [scope.tenantId, scope.gatewayId, dataPlane.id]));
  await store.records.storeRecords({ ...scope, dataPlaneId: dataPlane.id, bootId: newId() }, 1, { fromMs: 0, toMs: 1, records: [accessRecord()], drops: [] });
  await store.retention.set(scope.tenantId, { raw: undefined, minutes: undefined, hours: undefined, days: undefined, records: 1_000_000 }, TEST_ACTOR);
  await store.telemetry.storeBatch({ ...scope, dataPlaneId: dataPlane.id, bootId: newId() }, 1, telemetryBatch({ fromMs: Date.now(), toMs: Date.now(), usage: [usageRow()] }));
  // It waits for older transactions of the whole server, those of other tests too.
  for (const family of FAMILIES) {
    await waitUntil(`${family.name} to be taken`, async () => {
      await store.rollUp.takeRaw(family, 1_000, async () => undefined);
      return (await store.rollUp.backlog(family)).rows === 0;
    }, 20_000);
  }
  assert.deepEqual(await store.usageExportMaking.take(1_000), { ours: true, more: false });
  assert.equal((await store.usageExportMaking.make(scope, new Date(), 1_000, async () => undefined)).file?.number, 1);
  const provider = await store.identityProviders.create(scope.tenantId, { name: 'idp', issuer: 'https://idp.test', clientId: 'c', clientSecret: 's', scopes: ['openid'], groupsClaim: 'groups', roleMappings: [], defaultRole: 'viewer', sessionHours: 1, enabled: true }, TEST_ACTOR);
  assert.equal(provider.kind, 'stored');
  assert.equal((await store.sessions.beginByIdentity(provider.value, { subject: 'one', name: 'ada' }, ['viewer'], { address: '127.0.0.1', userAgent: '', requestId: 'r', lifetimeMs: 60_000 })).kind, 'stored');
  assert.equal(await store.passwords.set(scope.tenantId, operator.value.id, 'hash', TEST_ACTOR), undefined);
  assert.equal((await store.webhooks.create(scope.tenantId, { name: 'hook', url: 'https://hook.test/', secret: 'whsec_AAAA', enabled: true }, TEST_ACTOR)).kind, 'stored');
  const rule = await store.alerts.create(scope, {
    name: 'rule', kind: 'drift', threshold: 0, quantile: 'p99', measure: 'request', windowSeconds: 300, forSeconds: 0, minRequests: 1, groupBy: 'none', routes: [], services: [], consumers: [], labels: {}, codes: [], severity: 'info',
    webhooks: [], resolveSeconds: 0, repeatSeconds: 0, enabled: true,
  }, TEST_ACTOR);
  assert.ok(rule.kind === 'stored');
  assert.equal((await store.alerts.apply(rule.value, [{ subject: '', value: 1, detail: '' }], () => '{}')).events.length, 1);
  await store.keyRotations.begin(scope.tenantId, TEST_ACTOR);
  // Two seals, the first of which stands for removed rows.
  const { lastId } = await store.auditChain.moment();
  for (let seal = 0; seal < 2; seal += 1) assert.equal(await store.auditChain.sealNext(scope.tenantId, lastId, 1), 1);
  await store.auditChain.addCheckpoint(scope.tenantId, 1, true, 's');
  assert.equal(await store.auditChain.remove(scope.tenantId, 1, 10), 1);
}

/** In a transaction of the login role, as the store begins it; always rolled back. */
async function as<T>(role: string, tenantId: string | undefined, work: (client: Client) => Promise<T>): Promise<T> {
  return onServer(database.connectionString, async (client) => {
    await client.query(`BEGIN; SET LOCAL ROLE ${role}; SET LOCAL search_path = holdfast`);
    if (tenantId !== undefined) await client.query(`SET LOCAL holdfast.tenant = '${tenantId}'`);
    return work(client);
  });
}

async function tenantTables(): Promise<readonly string[]> {
  return onServer(database.superuserConnectionString, async (client) => {
    const { rows } = await client.query<{ readonly table_name: string }>("SELECT table_name FROM information_schema.columns WHERE table_schema = 'holdfast' AND column_name = 'tenant_id' ORDER BY 1");
    return [...rows.map((row) => row.table_name), 'tenants'];
  });
}

async function readableBy(role: string): Promise<readonly string[]> {
  return onServer(database.superuserConnectionString, async (client) => {
    const { rows } = await client.query<{ readonly name: string }>("SELECT relname AS name FROM pg_class WHERE relnamespace = 'holdfast'::regnamespace AND relkind IN ('r', 'p') AND has_table_privilege($1, oid, 'SELECT') ORDER BY 1", [role]);
    return rows.map((row) => row.name);
  });
}

test('every table with a tenant has row-level security enabled and forced, and belongs to the migration role', async () => {
  const { rows } = await onServer(database.superuserConnectionString, (client) =>
    client.query<{ readonly name: string; readonly secured: boolean; readonly owner: string }>(
      "SELECT relname AS name, relrowsecurity AND relforcerowsecurity AS secured, relowner::regrole::text AS owner FROM pg_class WHERE relnamespace = 'holdfast'::regnamespace AND relkind IN ('r', 'p')"));
  const secured = rows.filter((row) => row.secured).map((row) => row.name).sort();
  assert.deepEqual(secured, [...(await tenantTables())].sort());
  assert.deepEqual(rows.filter((row) => !row.secured).map((row) => row.name).sort(), ['key_encryption_keys', 'log_level_orders', 'registered_plugins', 'roll_up_watermarks', 'schema_migrations', 'sink_watermarks', 'trust_state']);
  assert.deepEqual([...new Set(rows.map((row) => row.owner))], ['holdfast_migration']);
});

test('without a WHERE, the app and ingest roles see the rows of the tenant that is set, and none when none is', async () => {
  for (const role of ['holdfast_app', 'holdfast_ingest']) {
    const tables = await readableBy(role);
    assert.ok(tables.length >= 4);
    for (const table of tables.filter((name) => name !== 'roll_up_watermarks')) {
      const tenantColumn = table === 'tenants' ? 'id' : 'tenant_id';
      const seen = await as(role, ours.tenantId, (client) => client.query<{ readonly tenant: string }>(`SELECT DISTINCT ${tenantColumn} AS tenant FROM ${table}`));
      assert.deepEqual(seen.rows, [{ tenant: ours.tenantId }], `${role} in ${table}`);
      for (const nobody of [undefined, '']) {
        const unset = await as(role, nobody, (client) => client.query(`SELECT FROM ${table}`));
        assert.equal(unset.rows.length, 0, `${role} in ${table} without tenant`);
      }
    }
  }
});

test('without a WHERE, an UPDATE or DELETE touches no other tenant', async () => {
  await as('holdfast_app', ours.tenantId, async (client) => {
    assert.equal((await client.query("UPDATE gateways SET name = 'stolen'")).rowCount, 1);
    assert.equal((await client.query('UPDATE data_planes SET revoked_at = now()')).rowCount, 1);
    await client.query('DELETE FROM entity_references');
    assert.equal((await client.query('DELETE FROM entities')).rowCount, 2);
  });
});

test('a row for another tenant can not be written', async () => {
  const written = as('holdfast_app', ours.tenantId, (client) =>
    client.query("INSERT INTO entities (tenant_id, gateway_id, kind, id, published, control_plane_only, bytes) VALUES ($1, $2, 'services', $3, '{}', '{}', '')", [theirs.tenantId, theirs.gatewayId, newId()]));
  await assert.rejects(written, /row-level security/);
  const moved = as('holdfast_app', ours.tenantId, (client) => client.query('UPDATE operators SET tenant_id = $1', [theirs.tenantId]));
  await assert.rejects(moved, /row-level security|foreign key/);
});

test('a reference can not leave its gateway, whoever writes it', async () => {
  const [mine, foreign] = [await insert(store, ours, 'consumers', { username: newName() }), await insert(store, theirs, 'consumers', { username: newName() })];
  const sibling = await store.gateways.create(ours.tenantId, newName(), TEST_ACTOR);
  assert.equal(sibling.kind, 'stored');
  const other = await insert(store, sibling.value, 'consumers', { username: newName() });
  for (const target of [foreign.id, other.id]) {
    // Even as the superuser, for whom row-level security does not hold: the keys do.
    const reference = onServer(database.superuserConnectionString, (client) =>
      client.query(
        "INSERT INTO holdfast.entity_references (tenant_id, gateway_id, from_kind, from_id, field, to_kind, to_id, on_delete) VALUES ($1, $2, 'consumers', $3, 'x', 'consumers', $4, 'cascade')",
        [ours.tenantId, ours.gatewayId, mine.id, target],
      ));
    await assert.rejects(reference, /foreign key/);
  }
  const wrongGateway = onServer(database.superuserConnectionString, (client) =>
    client.query("INSERT INTO holdfast.entities (tenant_id, gateway_id, kind, id, published, control_plane_only, bytes) VALUES ($1, $2, 'services', $3, '{}', '{}', '')", [ours.tenantId, theirs.gatewayId, newId()]));
  await assert.rejects(wrongGateway, /foreign key/);
});

test('the same id and name live in two gateways without knowing of each other', async () => {
  const id = newId();
  const name = newName();
  const [a, b] = [await insert(store, ours, 'services', { id, name, url: 'http://a' }), await insert(store, theirs, 'services', { id, name, url: 'http://b' })];
  assert.equal(a.id, b.id);
  await store.write(ours, TEST_ACTOR, (writer) => writer.delete('services', a.id));
  assert.ok(await store.read(theirs, (reader) => reader.get('services', b.id)));
});

test('the publisher sees every tenant’s published bytes, and no document, secret or operator', async () => {
  const seen = await as('holdfast_publisher', undefined, (client) => client.query<{ readonly tenant_id: string }>('SELECT DISTINCT tenant_id FROM (SELECT tenant_id, gateway_id, kind, id, bytes FROM entities) e'));
  assert.deepEqual(new Set(seen.rows.map((row) => row.tenant_id)), new Set([ours.tenantId, theirs.tenantId]));
  for (const query of ['SELECT published FROM entities', 'SELECT control_plane_only FROM entities', 'SELECT private_before FROM changes', 'SELECT * FROM operators', 'SELECT * FROM join_tokens', "UPDATE entities SET bytes = ''", 'DELETE FROM changes', "UPDATE gateways SET name = 'mine'", 'UPDATE gateways SET frozen_at = NULL']) {
    await assert.rejects(as('holdfast_publisher', undefined, (client) => client.query(query)), /permission denied/, query);
  }
});

test('each role can do its own job only', async () => {
  const refused: readonly (readonly [role: string, query: string])[] = [
    ['holdfast_app', 'SELECT * FROM signing_keys'],
    ['holdfast_app', 'SELECT * FROM statements'],
    ['holdfast_app', 'DELETE FROM gateways'],
    ['holdfast_app', 'UPDATE tenant_keys SET key_id = 2'],
    ['holdfast_app', 'DELETE FROM usage'],
    ['holdfast_app', "UPDATE releases SET author = 'me'"],
    ['holdfast_ingest', 'SELECT * FROM entities'],
    ['holdfast_ingest', 'SELECT * FROM operators'],
    ['holdfast_authentication', 'SELECT * FROM entities'],
    ['holdfast_authentication', "UPDATE operators SET role = 'admin'"],
  ];
  for (const [role, query] of refused) await assert.rejects(as(role, ours.tenantId, (client) => client.query(query)), /permission denied/, `${role}: ${query}`);
});

test('the login role has no rights of its own', async () => {
  const login = onServer(database.connectionString, (client) => client.query('SELECT * FROM holdfast.entities'));
  await assert.rejects(login, /permission denied/);
});

test('changes and audit are append-only, for their owner too', async () => {
  const queries = ['UPDATE changes SET actor = actor', 'DELETE FROM changes', 'TRUNCATE changes', "UPDATE audit SET actor = ''", 'DELETE FROM audit', 'TRUNCATE audit', 'DELETE FROM releases', "UPDATE releases SET author = ''"];
  for (const query of queries) {
    await assert.rejects(as('holdfast_migration', undefined, (client) => client.query(query)), /append-only/, query);
    await assert.rejects(as('holdfast_app', ours.tenantId, (client) => client.query(query)), /permission denied|must be owner/, query);
  }
});

test('a pooled connection carries no tenant over to the next transaction', async () => {
  const narrow = await openTestStore({ poolSize: 1 });
  const scope = await createGateway(narrow.store);
  await insert(narrow.store, scope, 'services', { url: 'http://a' });
  const other = await createGateway(narrow.store);
  assert.equal(await narrow.store.read(other, (reader) => reader.count('services')), 0);
  assert.equal(await narrow.store.read(scope, (reader) => reader.count('services')), 1);
});
