/** Before serving: servers, logins, roles and migrations that are accepted, made or refused. */
import './support/own-server.ts';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { checkServerVersion, checkServingRole } from '../control-plane/store/database-roles.ts';
import { readMigrations, type Migration } from '../control-plane/store/migrate.ts';
import { prepareDatabase, withDatabase, withLogin } from '../control-plane/store/prepare-database.ts';
import { openStore } from '../control-plane/store/store.ts';
import { systemClock } from '../shared/clock.ts';
import { HoldfastError } from '../shared/errors.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type GatewayId, type TenantId } from '../shared/model/ids.ts';
import { createTestDatabase, openTestStore } from './support/postgres.ts';
import { bootstrapTestDatabase, newServerName, onServer, testServer } from './support/postgres-server.ts';
import { newName, TEST_ACTOR } from './support/store-scene.ts';

const { log } = createMemoryLogger('test');
const keyEncryptionKey = randomBytes(32);
const { superuserConnectionString, passwordFile } = await testServer();
const released = readMigrations();

/** A new login role and, owned by it, a database, both of that name; with the login's connection string. */
async function externalDatabase(attributes: string): Promise<{ readonly name: string; readonly connectionString: string }> {
  const name = await newServerName();
  await onServer(superuserConnectionString, async (client) => {
    await client.query(`CREATE ROLE ${name} LOGIN PASSWORD 'p' ${attributes}`);
    await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
  });
  return { name, connectionString: withLogin(withDatabase(superuserConnectionString, name), name, 'p') };
}

/** A new database, with roles and without schema. */
async function bootstrapped(): Promise<{ readonly name: string; readonly connectionString: string }> {
  const name = await newServerName();
  return { name, connectionString: await bootstrapTestDatabase(name) };
}

async function rolesExist(): Promise<boolean> {
  const { rows } = await onServer(superuserConnectionString, (client) => client.query("SELECT FROM pg_roles WHERE rolname = 'holdfast_app'"));
  return rows.length > 0;
}

async function refusal(promise: Promise<unknown>): Promise<HoldfastError> {
  const thrown: unknown = await promise.then(() => undefined, (error: unknown) => error);
  assert.ok(thrown instanceof HoldfastError, String(thrown));
  return thrown;
}

/** The migration after the released ones. */
function nextMigration(sql: string): Migration {
  const number = released.length + 1;
  return { number, name: `${String(number).padStart(3, '0')}-next.sql`, sql, checksum: `checksum of ${sql}` };
}

// First, while the server has none of our roles. A shared server may have them: then whoever made them must hand them on.
test('a login that may create roles makes them itself, then serves', { skip: (await rolesExist()) && 'the server has our roles already' }, async () => {
  const { connectionString } = await externalDatabase('CREATEROLE');
  await prepareDatabase({ connectionString, log });
  await prepareDatabase({ connectionString, log });
  const store = await openStore({ connectionString, keyEncryptionKey, log, clock: systemClock });
  try {
    assert.equal((await store.tenants.create('acme', TEST_ACTOR)).kind, 'stored');
  } finally {
    await store.stop();
  }
});

test('a login that may not is told the exact SQL, and serves once an administrator has run it', async () => {
  const { name, connectionString } = await externalDatabase('');
  await onServer(superuserConnectionString, (client) => client.query(`REVOKE TEMPORARY ON DATABASE ${name} FROM PUBLIC`));
  const refused = await refusal(prepareDatabase({ connectionString, log }));
  assert.equal(refused.code, 'STORE_ROLES_MISSING');
  assert.match(refused.message, new RegExp(`GRANT TEMPORARY ON DATABASE "${name}" TO holdfast_ingest;`));
  const statements = refused.message.split('\n').slice(1).join('\n');
  assert.ok(statements.includes(`GRANT holdfast_migration, holdfast_app, holdfast_publisher, holdfast_ingest, holdfast_authentication TO "${name}";`), statements);
  await onServer(withDatabase(superuserConnectionString, name), (client) => client.query(statements));
  await prepareDatabase({ connectionString, log });
  const store = await openStore({ connectionString, keyEncryptionKey, log, clock: systemClock });
  await store.stop();
});

test('a superuser and a login with BYPASSRLS are refused, both for migrating and for serving, with the SQL for a better one', async () => {
  const { superuserConnectionString: superuser } = await createTestDatabase();
  const { connectionString: bypassing } = await externalDatabase('BYPASSRLS');
  for (const [connectionString, why] of [[superuser, /is a superuser/], [bypassing, /has BYPASSRLS/]] as const) {
    for (const attempt of [() => prepareDatabase({ connectionString, log }), () => openStore({ connectionString, keyEncryptionKey, log, clock: systemClock })]) {
      const refused = await refusal(attempt());
      assert.equal(refused.code, 'STORE_ROLE_TOO_POWERFUL');
      assert.match(refused.message, why);
      assert.match(refused.message, /CREATE ROLE holdfast_server LOGIN NOINHERIT/);
    }
  }
});

test('T1: a role that the control plane works as, and that row-level security does not hold for, is refused like such a login', async () => {
  const { connectionString } = await bootstrapped();
  const { name: login } = await externalDatabase('');
  // The roles are one for the whole server, which other tests use: so in a transaction that never commits.
  await onServer(superuserConnectionString, async (client) => {
    for (const [attribute, why] of [['BYPASSRLS', 'has BYPASSRLS'], ['SUPERUSER', 'is a superuser']] as const) {
      await client.query(`BEGIN; ALTER ROLE holdfast_app ${attribute}; SET LOCAL SESSION AUTHORIZATION ${login}`);
      const refused = await refusal(checkServingRole(client));
      await client.query('ROLLBACK');
      assert.equal(refused.code, 'STORE_ROLE_TOO_POWERFUL');
      assert.match(refused.message, new RegExp(`"holdfast_app" ${why}.*ALTER ROLE holdfast_app NOSUPERUSER NOBYPASSRLS`, 's'));
    }
  });
  await onServer(connectionString, checkServingRole);
});

test('a server older than 15 is refused', async () => {
  await onServer(superuserConnectionString, async (client) => {
    await checkServerVersion(client);
    // A function of ours that stands before the built-in one in the search path, and tells of an older server.
    await client.query("BEGIN; CREATE SCHEMA older; CREATE FUNCTION older.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT CASE $1 WHEN 'server_version' THEN '14.9' ELSE '140009' END $$; SET LOCAL search_path = older, pg_catalog");
    const refused = await refusal(checkServerVersion(client));
    assert.equal(refused.code, 'STORE_SERVER_TOO_OLD');
    assert.match(refused.message, /14\.9/);
  });
});

test('bootstrapping twice keeps the password, in a file that nobody else can read', async () => {
  const { name, connectionString } = await bootstrapped();
  assert.equal(await bootstrapTestDatabase(name), connectionString);
  assert.equal(statSync(passwordFile).mode & 0o777, 0o600);
  await prepareDatabase({ connectionString, log });
  const { rows } = await onServer(connectionString, (client) => client.query('SELECT rolsuper, rolbypassrls, rolinherit, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = session_user'));
  assert.deepEqual(rows, [{ rolsuper: false, rolbypassrls: false, rolinherit: false, rolcreaterole: false, rolcreatedb: false }]);
});

test('the released migrations are numbered and never change', () => {
  // A migration that is released is never edited: a change of the schema is a new file, and a new line here.
  assert.deepEqual(released.map(({ number, name }) => [number, name]), [[1, '001-first-schema.sql'], [2, '002-release-chain.sql'], [3, '003-usage-in-place.sql'],
    [4, '004-releases.sql'], [5, '005-alarms.sql'], [6, '006-key-rotation.sql'], [7, '007-fleet-reports.sql'], [8, '008-version-counts.sql'],
    [9, '009-roles.sql'], [10, '010-audit-chain.sql'], [11, '011-sessions.sql'], [12, '012-secrets.sql'], [13, '013-bulk.sql'], [14, '014-declarative.sql'], [15, '015-operations.sql'], [16, '016-health.sql'],
    [17, '017-plugins.sql'], [18, '018-cache-purges.sql'], [19, '019-telemetry.sql'], [20, '020-alerts.sql'], [21, '021-usage-exports.sql'], [22, '022-sinks.sql'],
  ]);
});

test('each migration is applied once, by whichever of several control planes that start at once comes first', async () => {
  const { name, connectionString } = await bootstrapped();
  const migrations = [...released, nextMigration('CREATE TABLE counted (n int); INSERT INTO counted SELECT 1 FROM pg_sleep(0.1)')];
  await Promise.all(Array.from({ length: 4 }, () => prepareDatabase({ connectionString, log, migrations })));
  const { rows } = await onServer(withDatabase(superuserConnectionString, name), (client) => client.query('SELECT (SELECT count(*)::int FROM holdfast.counted) AS counted, (SELECT count(*)::int FROM holdfast.schema_migrations) AS applied'));
  assert.deepEqual(rows, [{ counted: 1, applied: released.length + 1 }]);
});

test('a changed migration is refused, naming it, and nothing is applied', async () => {
  const { name, connectionString } = await bootstrapped();
  const [first, ...others] = released;
  assert.ok(first);
  await prepareDatabase({ connectionString, log });
  const refused = await refusal(prepareDatabase({ connectionString, log, migrations: [{ ...first, checksum: 'another' }, ...others, nextMigration('CREATE TABLE never (n int)')] }));
  assert.equal(refused.code, 'STORE_MIGRATION_CHANGED');
  assert.match(refused.message, /001-first-schema\.sql/);
  const { rows } = await onServer(withDatabase(superuserConnectionString, name), (client) => client.query("SELECT to_regclass('holdfast.never') AS never"));
  assert.deepEqual(rows, [{ never: null }]);
});

test('a database that a newer release has migrated is refused, naming the migration', async () => {
  const { connectionString } = await bootstrapped();
  await prepareDatabase({ connectionString, log, migrations: [...released, nextMigration('CREATE TABLE newer (n int)')] });
  const refused = await refusal(prepareDatabase({ connectionString, log }));
  assert.equal(refused.code, 'STORE_SCHEMA_NEWER');
  assert.match(refused.message, /-next\.sql/);
});

test('a migration that fails leaves nothing of itself or of those before it', async () => {
  const { name, connectionString } = await bootstrapped();
  await assert.rejects(prepareDatabase({ connectionString, log, migrations: [...released, nextMigration('CREATE TABLE half (n int); SELECT 1/0')] }), /division by zero/);
  const { rows } = await onServer(withDatabase(superuserConnectionString, name), (client) => client.query("SELECT to_regnamespace('holdfast') AS schema"));
  assert.deepEqual(rows, [{ schema: null }]);
  await prepareDatabase({ connectionString, log });
});

test('a migration can not overlook the rows of tenants: it says that it means them all, or fails', async () => {
  const { name, connectionString } = await bootstrapped();
  await prepareDatabase({ connectionString, log });
  await onServer(withDatabase(superuserConnectionString, name), (client) => client.query("INSERT INTO holdfast.tenants (id, name) VALUES (gen_random_uuid(), 'acme')"));
  const rename = "UPDATE tenants SET name = 'renamed'";
  await assert.rejects(prepareDatabase({ connectionString, log, migrations: [...released, nextMigration(rename)] }), /row-level security/);
  await prepareDatabase({ connectionString, log, migrations: [...released, nextMigration(`ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY; ${rename}; ALTER TABLE tenants FORCE ROW LEVEL SECURITY`)] });
  const { rows } = await onServer(withDatabase(superuserConnectionString, name), (client) => client.query('SELECT name FROM holdfast.tenants'));
  assert.deepEqual(rows, [{ name: 'renamed' }]);
});

test('002: releases of before it become one chain, without the deltas that start elsewhere', async () => {
  const { name, connectionString } = await bootstrapped();
  await prepareDatabase({ connectionString, log, migrations: released.slice(0, 1) });
  const [tenant, gateway] = [newId(), newId()];
  const before = [[1, 2, null], [1, 4, 2], [1, 5, 2], [1, 8, null], [2, 1, null], [2, 2, 1]] as const;
  await onServer(withDatabase(superuserConnectionString, name), async (client) => {
    await client.query('SET search_path = holdfast');
    await client.query("INSERT INTO tenants (id, name) VALUES ($1, 'acme')", [tenant]);
    await client.query("INSERT INTO gateways (tenant_id, id, name) VALUES ($1, $2, 'default')", [tenant, gateway]);
    for (const [epoch, sequence, base] of before) {
      await client.query(
        `INSERT INTO releases (tenant_id, gateway_id, epoch, sequence, base_epoch, base_sequence, manifest_statement, transfer_statement, delta_bytes, content_root, entity_count, author)
         VALUES ($1, $2, $3, $4, CASE WHEN $5::bigint IS NOT NULL THEN $3::bigint END, $5, 'm', CASE WHEN $5::bigint IS NOT NULL THEN 't' END, CASE WHEN $5::bigint IS NOT NULL THEN ''::bytea END, sha256(''), 0, 'a')`,
        [tenant, gateway, epoch, sequence, base],
      );
    }
  });
  await prepareDatabase({ connectionString, log });
  const { rows } = await onServer(withDatabase(superuserConnectionString, name), (client) =>
    client.query("SELECT concat_ws('.', epoch, sequence) AS version, concat_ws('.', base_epoch, base_sequence) AS base, delta_bytes IS NOT NULL AS delta FROM holdfast.releases ORDER BY epoch, sequence"));
  assert.deepEqual(rows.map((row: { readonly version: string; readonly base: string; readonly delta: boolean }) => [row.version, row.base, row.delta]), [['1.2', '', false], ['1.4', '1.2', true], ['1.5', '1.4', false], ['1.8', '1.5', false], ['2.1', '1.8', false], ['2.2', '2.1', true]]);
  await assert.rejects(onServer(withDatabase(superuserConnectionString, name), (client) => client.query("UPDATE holdfast.releases SET author = ''")), /append-only/);
});

test('004 and later: what was written and published before them is listed, compared, continued and removed like what came after', async () => {
  const { name, connectionString } = await bootstrapped();
  await prepareDatabase({ connectionString, log, migrations: released.slice(0, 3) });
  const scope = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>() };
  const service = newId();
  await onServer(withDatabase(superuserConnectionString, name), async (client) => {
    const place = [scope.tenantId, scope.gatewayId];
    await client.query('SET search_path = holdfast');
    await client.query("INSERT INTO tenants (id, name) VALUES ($1, 'acme')", place.slice(0, 1));
    await client.query("INSERT INTO gateways (tenant_id, id, name, head_sequence) VALUES ($1, $2, 'default', 3)", place);
    for (const [sequence, before, after] of [[1, null, 'a'], [2, 'a', 'b'], [3, 'b', null]] as const) {
      await client.query(
        `INSERT INTO changes (tenant_id, gateway_id, epoch, sequence, ordinal, kind, id, op, bytes_before, bytes_after, actor, request_id)
         VALUES ($1, $2, 1, $3, 1, 'services', $4, CASE WHEN $6::text IS NULL THEN 'delete' ELSE 'put' END, convert_to($5, 'UTF8'), convert_to($6, 'UTF8'), 'ada', 'r')`, [...place, sequence, service, before, after]);
      await client.query(
        `INSERT INTO releases (tenant_id, gateway_id, epoch, sequence, base_epoch, base_sequence, manifest_statement, content_root, entity_count, author)
         VALUES ($1, $2, 1, $3::bigint, CASE WHEN $3 > 1 THEN 1 END, CASE WHEN $3 > 1 THEN $3 - 1 END, 'm', sha256(''), 1, 'ada')`, [...place, sequence]);
    }
  });
  await prepareDatabase({ connectionString, log });
  const store = await openStore({ connectionString, keyEncryptionKey, log, clock: systemClock });
  try {
    const [first, third] = [{ epoch: 1, sequence: 1 }, { epoch: 1, sequence: 3 }];
    assert.deepEqual((await store.releases.list(scope, { limit: 10 })).map(({ version, changeCounts }) => [version.sequence, changeCounts]), [[3, undefined], [2, undefined], [1, undefined]]);
    const [difference] = await store.releases.differences(scope, first, third, { limit: 10 });
    assert.deepEqual([difference?.id, Buffer.from(difference?.before ?? '').toString(), difference?.after, difference?.actor], [service, 'a', undefined, 'ada']);
    assert.equal((await store.gateways.get(scope))?.frozen, undefined);
    const next = { version: { epoch: 1, sequence: 4 }, base: third, manifestStatement: 'm', contentRoot: Buffer.alloc(32), entityCount: 0, author: 'ada' };
    assert.equal((await store.releases.insert(scope, next)).kind, 'inserted');
    const rule = { olderThan: new Date(Date.now() + 60_000), atLeast: 2, atMost: 10, deltaRows: 100 };
    assert.deepEqual(await store.history.removeSome(scope, rule, 10), { changes: 2, releases: 2, more: false });
  } finally {
    await store.stop();
  }
});

test('another key-encryption key is refused at the start', async () => {
  const { store, database } = await openTestStore();
  assert.equal((await store.tenants.create(newName(), TEST_ACTOR)).kind, 'stored');
  const again = await openStore({ ...database, log, clock: systemClock });
  await again.stop();
  const refused = await refusal(openStore({ ...database, keyEncryptionKey: randomBytes(32), log, clock: systemClock }));
  assert.equal(refused.code, 'STORE_KEY_ENCRYPTION_KEY_WRONG');
});

test('a database that is not there is said to be unreachable, as something that may pass', async () => {
  const refused = await refusal(prepareDatabase({ connectionString: 'postgresql://nobody:p@127.0.0.1:1/none', log }));
  assert.equal(refused.code, 'STORE_UNAVAILABLE');
  assert.equal(refused.retryable, true);
});
