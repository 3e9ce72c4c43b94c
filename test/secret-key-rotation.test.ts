/** T2 over time: data keys and key-encryption keys are replaced while reads and writes go on, and whoever is killed costs nothing. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { SecretKeyDesk } from '../control-plane/keys/secret-key-desk.ts';
import { DataKeyRotator } from '../control-plane/keys/data-key-rotator.ts';
import { buildEntityRecord, readEntity } from '../control-plane/store/entity-record.ts';
import { createKeyCommand } from '../control-plane/store/key-command.ts';
import type { KeyEncryptionOptions } from '../control-plane/store/key-encryption-ring.ts';
import type { EntityScope } from '../control-plane/store/scope.ts';
import { openStore, type Store } from '../control-plane/store/store.ts';
import { systemClock } from '../shared/clock.ts';
import { HoldfastError } from '../shared/errors.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { definitionOf } from '../shared/model/registry.ts';
import { decodeEnvelope } from '../shared/trust/envelope.ts';
import { createTestDatabase, openTestStore, type TestDatabase } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { createGateway, entityOf, insert, TEST_ACTOR } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const { log } = createMemoryLogger('test');
const credentials = definitionOf('keyauth_credentials');
const folder = mkdtempSync(join(tmpdir(), 'holdfast-keys-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function opened<T>(database: Pick<TestDatabase, 'connectionString'>, keys: KeyEncryptionOptions, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ connectionString: database.connectionString, ...keys, keysKeptMs: 50, log, clock: systemClock });
  try {
    return await work(store);
  } finally {
    await store.stop();
  }
}

/** A gateway with so many credentials, in one transaction. */
async function gatewayWith(store: Store, count: number): Promise<EntityScope> {
  const scope = await createGateway(store);
  const consumer = await insert(store, scope, 'consumers', { username: 'ada' });
  const secrets = await store.secretsOf(scope);
  const records = Array.from({ length: count }, (_, index) => buildEntityRecord(credentials, entityOf('keyauth_credentials', { consumer: { id: consumer.id }, key: `key-${index}` }), secrets));
  await store.write(scope, TEST_ACTOR, (writer) => writer.writeMany(records.map((record) => ({ op: 'insert', record }))));
  return scope;
}

async function keyOf(store: Store, scope: EntityScope, key: string): Promise<unknown> {
  const secrets = await store.secretsOf(scope);
  const found = await store.read(scope, (reader) => reader.getByEndpointKey(credentials, key));
  assert.ok(found, key);
  return readEntity(credentials, found, secrets)['key'];
}

/** Under which data keys secrets of a tenant stand, wherever they do. */
async function keysInUse(database: TestDatabase, { tenantId }: EntityScope): Promise<readonly number[]> {
  const { rows } = await onServer(database.superuserConnectionString, (client) =>
    client.query<{ readonly sealed: Buffer }>(
      `SELECT envelope AS sealed FROM holdfast.content_keys WHERE tenant_id = $1
       UNION ALL SELECT client_secret FROM holdfast.identity_providers WHERE tenant_id = $1
       UNION ALL SELECT sealed FROM holdfast.webhooks WHERE tenant_id = $1
       UNION ALL SELECT decode(control_plane_only ->> 'key', 'base64') FROM holdfast.entities WHERE tenant_id = $1 AND kind = 'keyauth_credentials'
       UNION ALL SELECT decode(private_before ->> 'key', 'base64') FROM holdfast.changes WHERE tenant_id = $1 AND private_before IS NOT NULL`,
      [tenantId],
    ));
  return [...new Set(rows.map(({ sealed }) => decodeEnvelope(sealed).keyId))].sort();
}

async function finished(store: Store, scope: EntityScope): Promise<void> {
  await waitUntil('the end of the rotation', async () => (await store.keyRotations.list()).some(({ tenantId, phase }) => tenantId === scope.tenantId && phase === 'done'), 20_000);
}

test('a data key is replaced while reads and writes go on; then nothing stands under the old one, which is retired', async () => {
  const { store, database } = await openTestStore({ keysKeptMs: 200 });
  const other = await openStore({ ...database, keysKeptMs: 200, log, clock: systemClock });
  const rotators = [store, other].map(({ keyRotations }) => new DataKeyRotator({ rotations: keyRotations, clock: systemClock, log }));
  try {
    const scope = await gatewayWith(store, 600);
    const bystander = await gatewayWith(store, 1);
    const provider = { name: 'sso', issuer: 'https://id.test', clientId: 'c', clientSecret: 'canary-client', scopes: ['openid'], groupsClaim: 'groups', roleMappings: [], defaultRole: 'viewer', sessionHours: 1, enabled: true };
    assert.equal((await store.identityProviders.create(scope.tenantId, provider, TEST_ACTOR)).kind, 'stored');
    assert.equal((await store.webhooks.create(scope.tenantId, { name: 'hook', url: 'https://hook.test/', secret: 'whsec_AAAA', enabled: true }, TEST_ACTOR)).kind, 'stored');
    // A change row holds what was secret before.
    const old = await store.read(scope, (reader) => reader.getByEndpointKey(credentials, 'key-0'));
    assert.ok(old);
    const secrets = await store.secretsOf(scope);
    await store.write(scope, TEST_ACTOR, (writer) => writer.update(buildEntityRecord(credentials, { ...readEntity(credentials, old, secrets), tags: ['x'] }, secrets)));
    const version = (await store.write(scope, TEST_ACTOR, async () => undefined)).version;
    assert.equal(version, undefined);
    assert.deepEqual(await keysInUse(database, scope), [1]);
    assert.equal(await store.keyRotations.begin(scope.tenantId, TEST_ACTOR), 2);
    assert.equal(await store.keyRotations.begin(scope.tenantId, TEST_ACTOR), undefined);
    for (const rotator of rotators) rotator.start();
    let [rounds, failures] = [0, 0];
    const consumer = await insert(store, scope, 'consumers', { username: 'bob' });
    const going = [store, other].map(async (one, index) => {
      while ((await store.keyRotations.list()).every(({ tenantId, phase }) => tenantId !== scope.tenantId || phase !== 'done')) {
        const round = (rounds += 1);
        try {
          await insert(one, scope, 'keyauth_credentials', { consumer: { id: consumer.id }, key: `new-${index}-${round}` });
          assert.equal(await keyOf(one, scope, `key-${round % 600}`), `key-${round % 600}`);
          assert.equal(await keyOf(one, scope, `new-${index}-${round}`), `new-${index}-${round}`);
        } catch (thrown) {
          failures += 1;
          throw thrown;
        }
      }
    });
    await Promise.all(going);
    assert.equal(failures, 0);
    assert.ok(rounds > 3, `${rounds} rounds`);
    assert.deepEqual(await keysInUse(database, scope), [2]);
    assert.deepEqual(await keysInUse(database, bystander), [1]);
    assert.equal((await other.identityProviders.find(scope.tenantId, 'sso'))?.clientSecret, 'canary-client');
    const { rows } = await onServer(database.superuserConnectionString, (client) => client.query<{ readonly retired: boolean }>('SELECT retired_at IS NOT NULL AS retired FROM holdfast.tenant_keys WHERE tenant_id = $1 ORDER BY key_id', [scope.tenantId]));
    assert.deepEqual(rows.map(({ retired }) => retired), [true, false]);
    const [status] = (await new SecretKeyDesk(store).status()).rotations;
    assert.ok(status !== undefined && status.resealed >= 602, JSON.stringify(status));
  } finally {
    await Promise.all(rotators.map((rotator) => rotator.stop()));
    await other.stop();
  }
});

test('what was about to be written with a closed key is refused at its commit, and told to be sent again', async () => {
  const { store, database } = await openTestStore({ keysKeptMs: 600_000 });
  const scope = await gatewayWith(store, 1);
  const consumer = await insert(store, scope, 'consumers', { username: 'bob' });
  const stale = await store.secretsOf(scope);
  await store.keyRotations.begin(scope.tenantId, TEST_ACTOR);
  assert.equal(await store.keyRotations.step(scope.tenantId), 'waiting');
  const record = buildEntityRecord(credentials, entityOf('keyauth_credentials', { consumer: { id: consumer.id }, key: 'late' }), stale);
  // As it would be for an instance that slept through all of the wait.
  await onServer(database.superuserConnectionString, (client) => client.query("UPDATE holdfast.tenant_keys SET active_at = now() - interval '1 hour' WHERE tenant_id = $1", [scope.tenantId]));
  assert.equal(await store.keyRotations.step(scope.tenantId), 'moved');
  await assert.rejects(store.write(scope, TEST_ACTOR, (writer) => writer.insert(record)), { code: 'STORE_DATA_KEY_CHANGED', retryable: true });
  await insert(store, scope, 'keyauth_credentials', { consumer: { id: consumer.id }, key: 'sent again' });
});

test('a process that is killed in the middle of a rotation costs nothing: another goes on where it was', async () => {
  const { store, database } = await openTestStore({ keysKeptMs: 50 });
  const scope = await gatewayWith(store, 1_200);
  await store.keyRotations.begin(scope.tenantId, TEST_ACTOR);
  const task = JSON.stringify({ connectionString: database.connectionString, keyEncryptionKey: Buffer.from(database.keyEncryptionKey).toString('base64'), tenantId: scope.tenantId });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'support/rotate-data-keys-main.ts'), task], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const [phase, lookedAt] = line.split(' ');
    assert.notEqual(phase, 'done');
    if (Number(lookedAt) < 600) continue;
    child.kill('SIGKILL');
    break;
  }
  await ended;
  assert.deepEqual(await keysInUse(database, scope), [1, 2]);
  const before = (await store.keyRotations.list()).find(({ tenantId }) => tenantId === scope.tenantId);
  assert.ok(before !== undefined && before.phase === 'resealing' && before.lookedAt >= 600);
  const rotator = new DataKeyRotator({ rotations: store.keyRotations, clock: systemClock, log });
  rotator.start();
  await finished(store, scope);
  await rotator.stop();
  assert.deepEqual(await keysInUse(database, scope), [2]);
  const done = (await store.keyRotations.list()).find(({ tenantId }) => tenantId === scope.tenantId);
  // Each value once: what the killed one had done was not done again.
  assert.equal(done?.resealed, 1_201);
  assert.equal(await keyOf(store, scope, 'key-1199'), 'key-1199');
});

test('a tenant that is gone, or whose secrets do not open, holds up no other', async () => {
  const { store, database } = await openTestStore({ keysKeptMs: 50 });
  const scopes = [await gatewayWith(store, 1), await gatewayWith(store, 1), await gatewayWith(store, 1)];
  const [gone, damaged, sound] = scopes;
  assert.ok(gone !== undefined && damaged !== undefined && sound !== undefined);
  for (const { tenantId } of scopes) await store.keyRotations.begin(tenantId, TEST_ACTOR);
  await onServer(database.superuserConnectionString, async (client) => {
    await client.query("SET search_path = holdfast; SET session_replication_role = 'replica'");
    await client.query('DELETE FROM tenant_keys WHERE tenant_id = $1', [gone.tenantId]);
    await client.query('UPDATE tenants SET deleted_at = now() WHERE id = $1', [gone.tenantId]);
    await client.query('UPDATE content_keys SET envelope = set_byte(envelope, octet_length(envelope) - 1, get_byte(envelope, octet_length(envelope) - 1) # 1) WHERE tenant_id = $1', [damaged.tenantId]);
  });
  const rotator = new DataKeyRotator({ rotations: store.keyRotations, clock: systemClock, log });
  rotator.start();
  try {
    await finished(store, sound);
  } finally {
    await rotator.stop();
  }
  assert.deepEqual((await store.keyRotations.list()).map(({ tenantId, phase }) => [tenantId, phase]), [[damaged.tenantId, 'resealing'], [sound.tenantId, 'done']]);
});

test('a secret in a field that only a newer version knows keeps its key, and passes that find it are not made without a pause', async () => {
  const { store, database } = await openTestStore({ keysKeptMs: 2 });
  const scope = await gatewayWith(store, 1);
  await onServer(database.superuserConnectionString, (client) =>
    client.query(`UPDATE holdfast.entities SET control_plane_only = control_plane_only || jsonb_build_object('of_a_newer_version', control_plane_only -> 'key') WHERE tenant_id = $1 AND kind = 'keyauth_credentials'`, [scope.tenantId]));
  await store.keyRotations.begin(scope.tenantId, TEST_ACTOR);
  await waitUntil('the old key is closed', async () => (await store.keyRotations.step(scope.tenantId)) === 'moved');
  const steps = [];
  for (let step = 0; step < 10; step += 1) steps.push(await store.keyRotations.step(scope.tenantId));
  assert.deepEqual(steps, ['moved', 'moved', 'moved', 'moved', 'waiting', 'moved', 'moved', 'moved', 'moved', 'waiting']);
  assert.equal((await store.keyRotations.list())[0]?.phase, 'resealing');
  assert.equal(await keyOf(store, scope, 'key-0'), 'key-0');
});

test('a key-encryption key is replaced: both open, the new one seals, all is wrapped under it, and the old one is needed no more', async () => {
  const database = await createTestDatabase();
  const [a, b] = [randomBytes(32), randomBytes(32)];
  const scope = await opened(database, { keyEncryptionKey: a }, (store) => gatewayWith(store, 1));
  await assert.rejects(opened(database, { keyEncryptionKey: b }, async () => undefined), { code: 'STORE_KEY_ENCRYPTION_KEY_WRONG' });
  await opened(database, { keyEncryptionKey: a, otherKeyEncryptionKeys: [b] }, (first) =>
    opened(database, { keyEncryptionKey: b, otherKeyEncryptionKeys: [a] }, async (second) => {
      // Made by either, read by either.
      const made = await gatewayWith(second, 1);
      assert.equal(await keyOf(first, made, 'key-0'), 'key-0');
      const desk = new SecretKeyDesk(second);
      assert.equal((await desk.rewrap(false)).values, 1);
      assert.equal((await desk.rewrap(false)).values, 0);
      assert.deepEqual((await desk.status()).encryptingKeys.map(({ seals, values }) => [seals, values]), [[true, 2], [false, 0]]);
      assert.equal(await keyOf(first, scope, 'key-0'), 'key-0');
      await assert.rejects(desk.rewrap(true), { code: 'KEYS_RENEWED_ELSEWHERE' });
    }));
  await opened(database, { keyEncryptionKey: b }, async (store) => assert.equal(await keyOf(store, scope, 'key-0'), 'key-0'));
  await assert.rejects(opened(database, { keyEncryptionKey: a }, async () => undefined), { code: 'STORE_KEY_ENCRYPTION_KEY_WRONG' });
});

/** A small KMS: AES-GCM under the key in a file, as a program of its own. */
function writeCommand(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!${process.execPath}\n${body}`);
  chmodSync(path, 0o755);
  return path;
}

const KMS = `
const { createCipheriv, createDecipheriv, randomBytes } = require('node:crypto');
const { appendFileSync, readFileSync } = require('node:fs');
const key = readFileSync(__dirname + '/kms-key');
const given = readFileSync(0);
appendFileSync(__dirname + '/kms-calls', process.argv[2] + '\\n');
if (process.argv[2] === 'wrap') {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  process.stdout.write(Buffer.concat([nonce, cipher.update(given), cipher.final(), cipher.getAuthTag()]));
} else {
  const cipher = createDecipheriv('aes-256-gcm', key, given.subarray(0, 12));
  cipher.setAuthTag(given.subarray(-16));
  process.stdout.write(Buffer.concat([cipher.update(given.subarray(12, -16)), cipher.final()]));
}
`;

function commandOf(path: string, timeoutMs = 10_000) {
  return createKeyCommand({ path, timeoutMs, environment: { ...process.env, HOLDFAST_SECRET: 'canary' } });
}

test('an external program keeps the key-encryption key: asked once at a start, renewed online; what was sealed before it is taken over', async () => {
  const database = await createTestDatabase();
  writeFileSync(join(folder, 'kms-key'), randomBytes(32));
  const keyCommand = commandOf(writeCommand('kms', KMS));
  const a = randomBytes(32);
  const scope = await opened(database, { keyEncryptionKey: a }, (store) => gatewayWith(store, 1));
  await opened(database, { keyCommand, otherKeyEncryptionKeys: [a] }, async (store) => {
    assert.equal((await new SecretKeyDesk(store).rewrap(false)).values, 1);
    assert.equal(await keyOf(store, scope, 'key-0'), 'key-0');
  });
  await opened(database, { keyCommand }, (first) =>
    opened(database, { keyCommand }, async (second) => {
      const before = (await new SecretKeyDesk(first).status()).encryptingKeys;
      const renewed = await new SecretKeyDesk(second).rewrap(true);
      assert.notEqual(renewed.keyId, before[0]?.keyId);
      assert.equal(renewed.values, 1);
      // The first one has not heard of it, and finds out when it needs it.
      const made = await gatewayWith(second, 1);
      assert.equal(await keyOf(first, made, 'key-0'), 'key-0');
      // A key that instances may still seal with is kept; after a while it goes.
      assert.equal(renewed.forgotten, 0);
      assert.equal(await second.keyRotations.forgetEncryptingKeys(0), 1);
    }));
  await opened(database, { keyCommand }, async (store) => assert.equal(await keyOf(store, scope, 'key-0'), 'key-0'));
  writeFileSync(join(folder, 'kms-key'), randomBytes(32));
  await assert.rejects(opened(database, { keyCommand }, async () => undefined), { code: 'STORE_KEY_COMMAND_FAILED' });
});

test('a program that fails, hangs, floods, is missing or answers wrongly is told of, without what it was given', async () => {
  const bytes = Buffer.from('canary-plain');
  const cases: readonly (readonly [body: string, message: RegExp])[] = [
    ["process.stderr.write('no credentials'); process.exit(3)", /exit code 3: no credentials/],
    ['setInterval(() => undefined, 1000)', /ended by SIGKILL/],
    ["process.stdout.write('x'.repeat(200000))", /more than 65536 bytes/],
    ['', /answered nothing/],
    // Whose own program goes on with its pipes.
    ["require('node:child_process').spawn('sleep', ['60'], { stdio: 'inherit' }); setInterval(() => undefined, 1000)", /ended by SIGKILL/],
    ["require('node:child_process').spawn('sleep', ['60'], { stdio: 'inherit' }); process.exit(4)", /exit code 4/],
  ];
  for (const [index, [body, message]] of cases.entries()) {
    const command = commandOf(writeCommand(`wrong-${index}`, body), body.includes('setInterval') ? 500 : 10_000);
    await assert.rejects(command.wrap(bytes), (thrown: Error) => message.test(thrown.message) && !thrown.message.includes('canary'), String(message));
  }
  await assert.rejects(commandOf(join(folder, 'nowhere')).unwrap(bytes), { code: 'STORE_KEY_COMMAND_FAILED' });
  const environment = await commandOf(writeCommand('environment', 'process.stdout.write(JSON.stringify(process.env))')).wrap(bytes);
  assert.equal(environment.includes('canary'), false);
  const words = await commandOf(writeCommand('words', 'process.stdout.write(process.argv.slice(2).join())')).wrap(bytes);
  assert.equal(words.toString(), 'wrap');
});

test('an envelope opens in its place alone: not in another row, field, gateway, tenant or table', async () => {
  const { store, database } = await openTestStore();
  const [one, two] = [await gatewayWith(store, 2), await gatewayWith(store, 1)];
  const swap = (statement: string, values: readonly string[]) => onServer(database.superuserConnectionString, (client) => client.query(statement, [...values]));
  const read = async () => opened(database, { keyEncryptionKey: database.keyEncryptionKey }, async (fresh) => [await keyOf(fresh, one, 'key-0'), await keyOf(fresh, one, 'key-1')]);
  assert.deepEqual(await read(), ['key-0', 'key-1']);
  // Rows of one gateway.
  await swap("UPDATE holdfast.entities SET control_plane_only = (SELECT max(control_plane_only::text)::jsonb FROM holdfast.entities WHERE tenant_id = $1 AND kind = 'keyauth_credentials') WHERE tenant_id = $1 AND kind = 'keyauth_credentials'", [one.tenantId]);
  await assert.rejects(read(), { code: 'TRUST_ENVELOPE_UNOPENED' });
  // A content key of another tenant, in place of this one's; the data key of another tenant; and a data key where a content key belongs.
  await swap('UPDATE holdfast.content_keys SET envelope = (SELECT envelope FROM holdfast.content_keys WHERE tenant_id = $2) WHERE tenant_id = $1', [one.tenantId, two.tenantId]);
  await assert.rejects(read(), { code: 'TRUST_ENVELOPE_UNOPENED' });
  await swap('UPDATE holdfast.tenant_keys SET envelope = (SELECT envelope FROM holdfast.tenant_keys WHERE tenant_id = $2) WHERE tenant_id = $1', [one.tenantId, two.tenantId]);
  await assert.rejects(read(), { code: 'TRUST_ENVELOPE_UNOPENED' });
  await swap('UPDATE holdfast.content_keys SET envelope = (SELECT envelope FROM holdfast.tenant_keys WHERE tenant_id = $1) WHERE tenant_id = $1', [two.tenantId]);
  await assert.rejects(opened(database, { keyEncryptionKey: database.keyEncryptionKey }, (fresh) => keyOf(fresh, two, 'key-0')), (thrown: unknown) => thrown instanceof HoldfastError && /^(TRUST_ENVELOPE_UNOPENED|STORE_SECRET_KEY_UNKNOWN)$/.test(thrown.code));
});
