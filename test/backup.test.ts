/**
 * Backups: everything of a real database in one file while it is written to, whole or refused, restored into an empty database
 * or not at all; and what an installation of real processes does that was restored from one older than what its data planes have.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { Client } from 'pg';
import { request } from 'undici';
import { encodeFrame, PLAIN } from '../control-plane/store/backup/backup-format.ts';
import { createBackup } from '../control-plane/store/backup/create-backup.ts';
import { verifyBackup } from '../control-plane/store/backup/read-backup.ts';
import { restoreBackup } from '../control-plane/store/backup/restore-backup.ts';
import { migrate, readMigrations } from '../control-plane/store/migrate.ts';
import { prepareDatabase, withClient } from '../control-plane/store/prepare-database.ts';
import { openStore } from '../control-plane/store/store.ts';
import { RollUp } from '../control-plane/telemetry/roll-up.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId } from '../shared/model/ids.ts';
import { ready, startControlPlane, startProgram, type Started } from './support/control-plane-process.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { FleetScene } from './support/fleet-scene.ts';
import { openTestStore } from './support/postgres.ts';
import { bootstrapTestDatabase, newServerName } from './support/postgres-server.ts';
import { createGateway, insert } from './support/store-scene.ts';
import { telemetryBatch, usageRow } from './support/telemetry-rows.ts';
import { waitUntil } from './support/wait-until.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-backup-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const { log } = createMemoryLogger('test');

/** With roles and a login, without a schema. */
async function emptyDatabase(): Promise<string> {
  return bootstrapTestDatabase(await newServerName());
}

/** All rows of all tables, by the eyes of a superuser. */
async function contentOf(connectionString: string): Promise<Readonly<Record<string, readonly string[]>>> {
  return withClient(connectionString, async (client) => {
    const { rows: tables } = await client.query<{ readonly name: string }>("SELECT relname AS name FROM pg_class WHERE relnamespace = 'holdfast'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'schema_migrations' ORDER BY 1");
    const all: [string, readonly string[]][] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ readonly row: string }>(`SELECT to_jsonb(t)::text AS row FROM holdfast.${name} t ORDER BY 1`);
      all.push([name, rows.map(({ row }) => row)]);
    }
    return Object.fromEntries(all);
  });
}

function superuserOf(connectionString: string, superuser: string): string {
  const { database } = new Client({ connectionString });
  return superuser.replace(/\/[^/?]*\?/, `/${database ?? ''}?`);
}

const { store, database } = await openTestStore();
const scope = await createGateway(store);
for (let index = 0; index < 50; index += 1) await insert(store, scope, 'services', { name: `service-${index}`, url: 'http://a.test', tags: ['back\\slash', 'ü'] });
// Counts in a partition, and behind what the roll-up has taken.
const [route] = [newId()];
const counting = { ...scope, dataPlaneId: await new FleetScene(store, scope).enrol('counting'), bootId: newId() };
await store.telemetry.storeBatch(counting, 1, telemetryBatch({ fromMs: Date.now(), toMs: Date.now(), usage: [usageRow({ routeId: route, requests: 5 })] }));
await new RollUp({ store: store.rollUp, expiry: store.telemetryExpiry, clock: systemClock, log }).tick();
await store.telemetry.storeBatch(counting, 2, telemetryBatch({ fromMs: Date.now(), toMs: Date.now(), usage: [usageRow({ routeId: route, requests: 7 })] }));
const key = randomBytes(32);

test('a backup made under writes is one moment of all tables, and comes back as it was, ready to be served from', async () => {
  let going = true;
  const writing = (async () => {
    for (let index = 0; going; index += 1) await insert(store, scope, 'services', { name: `meanwhile-${index}`, url: 'http://b.test' });
  })();
  const file = join(folder, 'live');
  const summary = await createBackup({ connectionString: database.connectionString, file, key: undefined, clock: systemClock });
  going = false;
  await writing;
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const restored = await emptyDatabase();
  assert.deepEqual((await restoreBackup({ connectionString: restored, file, key: undefined })).rows, summary.rows);
  const content = await contentOf(superuserOf(restored, database.superuserConnectionString));
  const heads = (content['gateways'] ?? []).map((row) => JSON.parse(row) as { readonly id: string; readonly head_sequence: number });
  const changed = (content['changes'] ?? []).map((row) => JSON.parse(row) as { readonly gateway_id: string; readonly sequence: number });
  assert.equal(heads.find(({ id }) => id === scope.gatewayId)?.head_sequence, Math.max(...changed.filter((row) => row.gateway_id === scope.gatewayId).map(({ sequence }) => sequence)), 'head and change rows are of one moment');

  await prepareDatabase({ connectionString: restored, log });
  const again = await openStore({ connectionString: restored, keyEncryptionKey: database.keyEncryptionKey, log, clock: systemClock });
  try {
    await insert(again, scope, 'services', { name: 'after', url: 'http://c.test' });
    assert.equal((await again.read(scope, (reader) => reader.list('services', { size: 1_000 }))).entities.length, heads.length === 0 ? 0 : changed.filter((row) => row.gateway_id === scope.gatewayId).length + 1);
  } finally {
    await again.stop();
  }
});

test('every byte comes back, sealed or not, with row-level security and triggers as they were', async () => {
  const before = await contentOf(database.superuserConnectionString);
  for (const [name, sealing] of [['plain', undefined], ['sealed', key]] as const) {
    const file = join(folder, name);
    await createBackup({ connectionString: database.connectionString, file, key: sealing, clock: systemClock });
    const bytes = readFileSync(file);
    assert.ok(!bytes.includes('service-1'), 'compressed or sealed');
    const restored = await emptyDatabase();
    await restoreBackup({ connectionString: restored, file, key: sealing });
    const superuser = superuserOf(restored, database.superuserConnectionString);
    assert.deepEqual(await contentOf(superuser), before);
    const guards = (connectionString: string) => withClient(connectionString, async (client) => (await client.query<{ readonly guard: string }>(
      `SELECT concat_ws(' ', relname, relrowsecurity, relforcerowsecurity) AS guard FROM pg_class WHERE relnamespace = 'holdfast'::regnamespace AND relkind IN ('r', 'p') AND NOT (relispartition AND relname !~ '_rest$')
       UNION ALL SELECT concat_ws(' ', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`,
    )).rows.map(({ guard }) => guard.replace('holdfast.', '')));
    assert.deepEqual(await guards(superuser), await guards(database.superuserConnectionString));
    // Numbers of rows go on behind those that the roll-up took, or it would pass new ones by.
    const again = await openStore({ connectionString: restored, keyEncryptionKey: database.keyEncryptionKey, log, clock: systemClock });
    const requests = async (): Promise<readonly number[]> => (await again.telemetry.usage(scope, { groupBy: [] })).totals.map((total) => total.requests);
    for (const [sequence, sum] of [[2, 12], [3, 20], [4, 28]] as const) {
      if (sequence > 2) await again.telemetry.storeBatch(counting, sequence, telemetryBatch({ fromMs: Date.now(), toMs: Date.now(), usage: [usageRow({ routeId: route, requests: 8 })] }));
      assert.deepEqual(await requests(), [sum]);
      await new RollUp({ store: again.rollUp, expiry: again.telemetryExpiry, clock: systemClock, log }).tick();
      assert.deepEqual(await requests(), [sum]);
    }
    await again.stop();
  }
});

test('a backup that was cut, changed, or is opened with another key is refused, and nothing is written', async () => {
  const restored = await emptyDatabase();
  const plain = readFileSync(join(folder, 'plain'));
  const sealed = readFileSync(join(folder, 'sealed'));
  const cases: readonly (readonly [string, Buffer, Uint8Array | undefined, string])[] = [
    ['nothing', Buffer.alloc(0), undefined, 'BACKUP_FILE_INVALID'],
    ['another file', Buffer.from('PGDMP and so on\n'), undefined, 'BACKUP_FILE_INVALID'],
    ['cut in the middle', plain.subarray(0, plain.length >> 1), undefined, 'BACKUP_FILE_INVALID'],
    ['cut at its end', plain.subarray(0, -40), undefined, 'BACKUP_FILE_INVALID'],
    // Of zstd's own bits a few mean nothing: a run of bytes, so that what they hold is another.
    ['some bytes changed', Buffer.concat([plain.subarray(0, 900), Buffer.from(plain.subarray(900, 916).map((byte) => byte ^ 0xff)), plain.subarray(916)]), undefined, 'BACKUP_FILE_INVALID'],
    ['sealed, cut', sealed.subarray(0, -7), key, 'BACKUP_FILE_INVALID'],
    ['sealed, without a key', sealed, undefined, 'BACKUP_KEY_REQUIRED'],
    ['sealed, with another key', sealed, randomBytes(32), 'BACKUP_KEY_REQUIRED'],
  ];
  for (const [name, bytes, sealing, code] of cases) {
    const file = join(folder, `bad-${name.replaceAll(' ', '-')}`);
    writeFileSync(file, bytes);
    await assert.rejects(verifyBackup(file, sealing), { code }, name);
    await assert.rejects(restoreBackup({ connectionString: restored, file, key: sealing }), { code }, name);
  }
  assert.equal(await withClient(restored, async (client) => (await client.query("SELECT to_regnamespace('holdfast') AS found")).rows[0]?.found), null);
});

test('a backup is the same however dates are written by the server that it is of', async () => {
  const name = new Client({ connectionString: database.connectionString }).database ?? '';
  const alter = (what: string) => withClient(database.superuserConnectionString, (client) => client.query(`ALTER DATABASE ${name} ${what}`));
  await alter("SET datestyle = 'SQL, DMY'");
  try {
    const file = join(folder, 'dated');
    await createBackup({ connectionString: database.connectionString, file, key: undefined, clock: systemClock });
    const restored = await emptyDatabase();
    await restoreBackup({ connectionString: restored, file, key: undefined });
    const times = async (superuser: string) => (await contentOf(superuser))['tenants'];
    assert.deepEqual(await times(superuserOf(restored, database.superuserConnectionString)), await times(database.superuserConnectionString));
  } finally {
    await alter('RESET datestyle');
  }
});

test('a row that the server refuses ends a restore with its reason, and nothing is written', async () => {
  const { header } = await verifyBackup(join(folder, 'plain'), undefined);
  const rows = Array.from({ length: 200 }, () => encodeFrame('D', Buffer.from('no id\tno name\n'.repeat(1_000))));
  const frames = Buffer.concat([encodeFrame('H', header), encodeFrame('T', { table: 'tenants', columns: ['id', 'name'] }), ...rows, encodeFrame('E', { table: 'tenants', rows: 200_000 })]);
  const end = encodeFrame('Z', { sha256: createHash('sha256').update(frames).digest('hex') });
  const file = join(folder, 'refused');
  writeFileSync(file, Buffer.concat([Buffer.from(`${PLAIN}\n`), zstdCompressSync(Buffer.concat([frames, end]))]));
  const restored = await emptyDatabase();
  await assert.rejects(restoreBackup({ connectionString: restored, file, key: undefined }), /uuid/);
  assert.equal(await withClient(restored, async (client) => (await client.query("SELECT to_regnamespace('holdfast') AS found")).rows[0]?.found), null);
});

test('only into an empty database, only of a release that is known, and never over a file', async () => {
  const file = join(folder, 'plain');
  const before = await contentOf(database.superuserConnectionString);
  await assert.rejects(restoreBackup({ connectionString: database.connectionString, file, key: undefined }), { code: 'BACKUP_TARGET_NOT_EMPTY' });
  assert.deepEqual(await contentOf(database.superuserConnectionString), before);
  const fewer = readMigrations().slice(0, -1);
  const empty = await emptyDatabase();
  await assert.rejects(restoreBackup({ connectionString: empty, file, key: undefined, migrations: fewer }), { code: 'BACKUP_OTHER_RELEASE' });
  // A release that added migrations restores an older one's backup, and its next start brings the schema up to date.
  const last = readMigrations().at(-1);
  assert.ok(last !== undefined);
  const more = [...readMigrations(), { number: last.number + 1, name: 'next.sql', sql: 'CREATE TABLE next_release (id integer)', checksum: 'c' }];
  await restoreBackup({ connectionString: empty, file, key: undefined, migrations: more });
  assert.equal(await withClient(empty, (client) => migrate(client, more, log)), 1);
  const kept = readFileSync(file);
  await assert.rejects(createBackup({ connectionString: database.connectionString, file, key: undefined, clock: systemClock }), { code: 'BACKUP_FILE_EXISTS' });
  assert.deepEqual(readFileSync(file), kept);
  assert.deepEqual(readdirSync(folder).filter((name) => name.endsWith('.unfinished')), []);
});

test('every table of the schema is in a backup', async () => {
  const summary = await verifyBackup(join(folder, 'plain'), undefined);
  assert.deepEqual(summary.tables.map(({ table }) => table).toSorted(), Object.keys(await contentOf(database.superuserConnectionString)));
  // What stops a table of a later migration whose author forgot the policy.
  await withClient(database.superuserConnectionString, async (client) => {
    await client.query('CREATE TABLE holdfast.forgotten (id integer); ALTER TABLE holdfast.forgotten ENABLE ROW LEVEL SECURITY');
    await assert.rejects(createBackup({ connectionString: database.connectionString, file: join(folder, 'lacking'), key: undefined, clock: systemClock }), { code: 'BACKUP_INCOMPLETE', message: /forgotten/ });
    await client.query('DROP TABLE holdfast.forgotten');
  });
  assert.equal(existsSync(join(folder, 'lacking')), false);
});

test('restored from an old backup: data planes keep what is newer and say so, and an epoch brings all together again', { timeout: 90_000 }, async (t) => {
  const keyEncryptionKey = randomBytes(32).toString('base64');
  const environment = (stateFolder: string, connectionString: string): Readonly<Record<string, string>> => ({
    HOLDFAST_STATE_FOLDER: stateFolder, HOLDFAST_DATABASE_URL: connectionString, HOLDFAST_KEY_ENCRYPTION_KEY: keyEncryptionKey, HOLDFAST_DEVELOPMENT_MODE: 'true', HOLDFAST_LOG_FORMAT: 'json',
  });
  const holdfast = async (words: readonly string[], settings: Readonly<Record<string, string>>): Promise<string> => {
    const ran = startProgram('control-plane/cli/main.ts', words, settings);
    assert.equal(await ran.ended, 0, ran.output());
    return ran.stdout();
  };
  const post = async (admin: string, path: string, body: object): Promise<string> => {
    const { statusCode, body: answer } = await request(admin + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const text = await answer.text();
    assert.ok(statusCode < 300, text);
    return text;
  };
  const [firstDatabase, secondDatabase] = [await emptyDatabase(), await emptyDatabase()];
  const [firstFolder, secondFolder] = [join(folder, 'first'), join(folder, 'second')];
  const file = join(folder, 'old');

  const first = startControlPlane(environment(firstFolder, firstDatabase));
  const admin = await ready(first);
  const syncPort = /"event":"ready".*"sync":"[^"]*:(\d+)"/.exec(first.output())?.[1] ?? '';
  await post(admin, '/services', { name: 'orders', host: 'a.test' });
  const { token } = JSON.parse(await post(admin, '/v1/join-tokens', {})) as { readonly token: string };
  const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: token });
  t.after(() => dataPlane.destroy());
  const serves = async (version: RegExp): Promise<string | undefined> => {
    const served = (await dataPlane.status().catch(() => undefined))?.holdfast.config?.version;
    return served !== undefined && version.test(served) ? served : undefined;
  };
  await waitUntil('it serves the first version', () => serves(/^1\.\d+$/), 30_000);
  const out = await holdfast(['backup', 'create', '--out', file, '--json'], environment(firstFolder, firstDatabase));
  assert.ok((JSON.parse(out) as { readonly rows: number }).rows > 0);
  for (let index = 0; index < 3; index += 1) await post(admin, '/routes', { name: `newer-${index}`, paths: [`/${index}`], service: { name: 'orders' } });
  const newer = await waitUntil('it serves what is newer than the backup', () => serves(/^1\.[4-9]$/), 30_000);
  first.child.kill('SIGTERM');
  await first.ended;

  await holdfast(['backup', 'restore', file], environment(secondFolder, secondDatabase));
  mkdirSync(secondFolder, { recursive: true });
  copyFileSync(join(firstFolder, 'root-key.pem'), join(secondFolder, 'root-key.pem'));
  const second: Started = startControlPlane({ ...environment(secondFolder, secondDatabase), HOLDFAST_SYNC_LISTEN: `127.0.0.1:${syncPort}` });
  const restored = await ready(second);
  await waitUntil('the alarm says that a data plane is ahead', async () => (await (await request(`${restored}/v1/alarms`)).body.text()).includes('SYNC_DATA_PLANE_AHEAD'), 30_000);
  await post(restored, '/services', { name: 'after-restore', host: 'b.test' });
  await waitUntil('nothing is published over it', () => second.output().includes('PUBLISH_DATA_PLANES_AHEAD'), 20_000);
  assert.equal(await serves(/./), newer, 'it serves what it had');
  await holdfast(['epoch', 'bump', '--gateway', 'default'], { HOLDFAST_ADMIN_URL: restored });
  await waitUntil('it follows into the new epoch', () => serves(/^2\./), 30_000);
  await waitUntil('the alarm is over', async () => !(await (await request(`${restored}/v1/alarms`)).body.text()).includes('"SYNC_DATA_PLANE_AHEAD"'), 30_000);
  second.child.kill('SIGTERM');
  await second.ended;
});
