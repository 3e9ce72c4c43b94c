/** T2: secrets are sealed in the database, and open only where they belong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, isPasswordOf } from '../control-plane/passwords/password-hashes.ts';
import { PasswordKeeper } from '../control-plane/passwords/password-keeper.ts';
import { buildEntityRecord, readEntity, restoreEntityRecord } from '../control-plane/store/entity-record.ts';
import { openStore } from '../control-plane/store/store.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type DataPlaneId, type EntityId } from '../shared/model/ids.ts';
import { definitionOf } from '../shared/model/registry.ts';
import { credentialDigest, deriveLookupKey } from '../shared/trust/credential-digest.ts';
import { decodeEntity } from '../shared/wire/entity-codec.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { testCertificate } from './support/test-certificates.ts';
import { waitUntil } from './support/wait-until.ts';
import { createGateway, entityOf, idOf, insert, TEST_ACTOR } from './support/store-scene.ts';

const { store, database } = await openTestStore();
const definition = definitionOf('keyauth_credentials');
const KEY = 'supersecretapikey';

/** Every row of every table, as one text. */
async function dumpAll(): Promise<string> {
  return onServer(database.superuserConnectionString, async (client) => {
    const { rows: tables } = await client.query<{ readonly name: string }>("SELECT relname AS name FROM pg_class WHERE relnamespace = 'holdfast'::regnamespace AND relkind = 'r'");
    const dumped: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ readonly text: string }>(`SELECT t::text AS text FROM holdfast.${name} t`);
      dumped.push(`-- ${name}`, ...rows.map((row) => row.text));
    }
    return dumped.join('\n');
  });
}

/** The forms in which a secret could stand in a dump. */
function formsOf(secret: Uint8Array): readonly string[] {
  const bytes = Buffer.from(secret);
  // Base64 inside something longer may be shifted; its middle is the same in one of three ways.
  const shifted = [0, 1, 2].map((skip) => bytes.subarray(skip).toString('base64').slice(0, -4).replace(/=+$/, ''));
  return [bytes.toString('latin1'), bytes.toString('hex'), bytes.toString('base64url'), ...shifted].filter((form) => form.length >= 8);
}

test('no table holds an API key, a private key, a content key, a token or a join secret that could be used', async () => {
  const scope = await createGateway(store);
  const consumer = await insert(store, scope, 'consumers', { username: 'ada' });
  const credential = await insert(store, scope, 'keyauth_credentials', { consumer: { id: consumer.id }, key: KEY });
  const secrets = await store.secretsOf(scope);
  const entity = entityOf('keyauth_credentials', { key: `${KEY}-renewed` }, readEntity(definition, credential.record, secrets));
  await store.write(scope, TEST_ACTOR, (writer) => writer.update(buildEntityRecord(definition, entity, secrets)));
  await store.write(scope, TEST_ACTOR, (writer) => writer.delete('consumers', consumer.id));
  await insert(store, scope, 'keyauth_credentials', { consumer: { id: (await insert(store, scope, 'consumers', { username: 'bob' })).id }, key: KEY });
  await store.signingKeys.insertKey({ purpose: 'root', keyId: 'r', scope: undefined, publicKey: 'p', certificate: undefined, privateKey: '-----BEGIN PRIVATE KEY-----' });
  const operator = await store.operators.create(scope.tenantId, { name: 'ops', role: 'admin' }, TEST_ACTOR);
  assert.equal(operator.kind, 'stored');
  const token = await store.tokens.create(scope.tenantId, operator.value.id, {}, TEST_ACTOR);
  assert.equal(token.kind, 'stored');
  const join = await store.joinTokens.create(scope, { uses: 1, expiresAt: new Date(Date.now() + 60_000), labels: {} }, TEST_ACTOR);
  await store.dataPlanes.enrol(join.token.id, join.secret, async () => ({ id: newId<DataPlaneId>(), hostname: 'h', certificate: { serial: '01', fingerprint: Buffer.alloc(32), notAfter: new Date() } }));
  const [contentKey] = await store.signingKeys.listContentKeys(scope);
  assert.ok(contentKey);

  const dump = await dumpAll();
  assert.ok(dump.includes(Buffer.from('bob').toString('hex')), 'the dump shows what is not secret');
  for (const secret of [Buffer.from(KEY), Buffer.from('-----BEGIN PRIVATE KEY-----'), Buffer.from(token.value.text), Buffer.from(token.value.text.slice(4), 'base64url'), join.secret, contentKey.key, database.keyEncryptionKey]) {
    for (const form of formsOf(secret)) assert.ok(!dump.includes(form), `${form} stands in the database`);
  }
});

test('who may reveal sees the key, who may not sees null; data planes get the digest they can compute', async () => {
  const scope = await createGateway(store);
  const consumer = await insert(store, scope, 'consumers', { username: 'ada' });
  const entity = entityOf('keyauth_credentials', { consumer: { id: consumer.id }, key: KEY, tags: ['t'] });
  const secrets = await store.secretsOf(scope);
  await store.write(scope, TEST_ACTOR, (writer) => writer.insert(buildEntityRecord(definition, entity, secrets)));
  const stored = await store.read(scope, (reader) => reader.getByEndpointKey(definition, KEY));
  assert.ok(stored);
  assert.deepEqual(readEntity(definition, stored, secrets), entity);
  assert.deepEqual(readEntity(definition, stored, undefined), { ...entity, key: null });
  const [contentKey] = await store.signingKeys.listContentKeys(scope);
  assert.ok(contentKey);
  const { key_digest: digest } = decodeEntity('keyauth_credentials', stored.bytes);
  assert.equal(digest, credentialDigest(deriveLookupKey(contentKey.key), KEY));
  assert.equal(await store.read(scope, (reader) => reader.getByEndpointKey(definition, digest)), undefined);
});

test('the same key is unique within a gateway and has another digest in the next', async () => {
  const digests: string[] = [];
  for (const scope of [await createGateway(store), await createGateway(store)]) {
    const consumer = await insert(store, scope, 'consumers', { username: 'ada' });
    const { record } = await insert(store, scope, 'keyauth_credentials', { consumer: { id: consumer.id }, key: KEY });
    digests.push(decodeEntity('keyauth_credentials', record.bytes).key_digest);
    const again = buildEntityRecord(definition, entityOf('keyauth_credentials', { consumer: { id: consumer.id }, key: KEY }), await store.secretsOf(scope));
    const { value } = await store.write(scope, TEST_ACTOR, (writer) => writer.insert(again));
    assert.deepEqual(value, { kind: 'unique', fields: ['key'], values: [digests.at(-1)], ownerId: record.id });
  }
  assert.notEqual(digests[0], digests[1]);
});

test('an envelope that was moved to another entity or gateway does not open', async () => {
  const scope = await createGateway(store);
  const consumer = await insert(store, scope, 'consumers', { username: 'ada' });
  const [first, second] = [await insert(store, scope, 'keyauth_credentials', { consumer: { id: consumer.id }, key: 'first' }), await insert(store, scope, 'keyauth_credentials', { consumer: { id: consumer.id }, key: 'second' })];
  const secrets = await store.secretsOf(scope);
  assert.equal(readEntity(definition, first.record, secrets)['key'], 'first');
  const moved = { ...second.record, controlPlaneOnly: first.record.controlPlaneOnly };
  assert.throws(() => readEntity(definition, moved, secrets), { code: 'TRUST_ENVELOPE_UNOPENED' });
  const sibling = await store.gateways.create(scope.tenantId, 'sibling', TEST_ACTOR);
  assert.equal(sibling.kind, 'stored');
  const siblings = await store.secretsOf(sibling.value);
  assert.throws(() => readEntity(definition, first.record, siblings), { code: 'TRUST_ENVELOPE_UNOPENED' });
});

test('a secret inside a record is sealed at rest and in what is published, opens where it belongs, and comes back with a rollback', async () => {
  const scope = await createGateway(store);
  const keys = definitionOf('keys');
  const privateKey = (await testCertificate()).key;
  const { record } = await insert(store, scope, 'keys', { kid: 'a', pem: { private_key: privateKey } });
  const secrets = await store.secretsOf(scope);
  assert.deepEqual([readEntity(keys, record, secrets)['pem'], readEntity(keys, record, undefined)['pem']], [{ private_key: privateKey, public_key: null }, { private_key: null, public_key: null }]);
  const dump = await dumpAll();
  const body = privateKey.split('\n').slice(1, -2).join('');
  for (const form of [...formsOf(Buffer.from(privateKey)), body, JSON.stringify(privateKey).slice(1, -1)]) assert.ok(!dump.includes(form), 'the key stands in the database');
  const sealed = decodeEntity('keys', record.bytes).pem?.private_key_sealed ?? '';
  assert.equal(Buffer.from(secrets.openContent({ kind: 'keys', id: record.id, field: 'pem.private_key' }, Buffer.from(sealed, 'base64'))).toString(), privateKey);
  const restored = restoreEntityRecord(keys, record.bytes, record.controlPlaneOnly, secrets);
  assert.deepEqual([restored?.bytes, restored?.published], [record.bytes, record.published]);
  assert.equal(restoreEntityRecord(keys, record.bytes, {}, secrets), undefined, 'without what was kept there is nothing to bring back');
});

test('of a password nothing but its hash is kept and published; what is no hash is not published', async () => {
  const scope = await createGateway(store);
  const consumer = await insert(store, scope, 'consumers', { username: 'ada' });
  const basic = definitionOf('basicauth_credentials');
  const secrets = await store.secretsOf(scope);
  const hashed = await hashPassword(KEY);
  const [clear, kept] = [await insert(store, scope, 'basicauth_credentials', { consumer: { id: consumer.id }, username: 'a', password: KEY }), await insert(store, scope, 'basicauth_credentials', { consumer: { id: consumer.id }, username: 'b', password: hashed })];
  assert.equal(decodeEntity('basicauth_credentials', clear.record.bytes).password_sealed, null);
  const sealed = Buffer.from(decodeEntity('basicauth_credentials', kept.record.bytes).password_sealed ?? '', 'base64');
  assert.equal(Buffer.from(secrets.openContent({ kind: 'basicauth_credentials', id: kept.id, field: 'password' }, sealed)).toString(), hashed);
  assert.equal(readEntity(basic, kept.record, secrets)['password'], hashed);
  assert.deepEqual([clear, kept].map(({ record }) => record.controlPlaneOnly['password_form']), [undefined, 'argon2id']);
});

test('a password that an earlier version kept is hashed in the background and published; one that was changed meanwhile stays', async () => {
  const scope = await createGateway(store);
  const consumer = await insert(store, scope, 'consumers', { username: 'ada' });
  const names = Array.from({ length: 22 }, (_, index) => `user-${index}`);
  const ids = new Map<string, EntityId>();
  for (const username of names) ids.set(username, (await insert(store, scope, 'basicauth_credentials', { consumer: { id: consumer.id }, username, password: `clear-${username}` })).id);
  const secrets = await store.secretsOf(scope);
  const basic = definitionOf('basicauth_credentials');
  const kept = await hashPassword('another');
  const first = await store.read(scope, (reader) => reader.get('basicauth_credentials', ids.get('user-0') ?? idOf('')));
  assert.ok(first);
  await store.write(scope, TEST_ACTOR, (writer) => writer.update(buildEntityRecord(basic, { ...readEntity(basic, first, secrets), password: kept }, secrets)));
  const keeper = new PasswordKeeper({ store, clock: systemClock, log: createMemoryLogger('test').log });
  keeper.start(0);
  try {
    await waitUntil('no password is in the clear', async () => (await store.clearPasswords.listSome(scope, undefined)).length === 0);
  } finally {
    await keeper.stop();
  }
  for (const username of ['user-0', 'user-1', 'user-21']) {
    const stored = await store.read(scope, (reader) => reader.getByEndpointKey(basic, username));
    assert.ok(stored);
    const password = readEntity(basic, stored, secrets)['password'];
    assert.ok(typeof password === 'string');
    const sealed = Buffer.from(decodeEntity('basicauth_credentials', stored.bytes).password_sealed ?? '', 'base64');
    assert.equal(Buffer.from(secrets.openContent({ kind: 'basicauth_credentials', id: stored.id, field: 'password' }, sealed)).toString(), password);
    assert.equal(await isPasswordOf(password, username === 'user-0' ? 'another' : `clear-${username}`, consumer.id), true, username);
  }
});

test('another instance with the same key-encryption key opens what this one sealed', async () => {
  const scope = await createGateway(store);
  const consumer = await insert(store, scope, 'consumers', { username: 'ada' });
  const { id } = await insert(store, scope, 'keyauth_credentials', { consumer: { id: consumer.id }, key: KEY });
  const other = await openStore({ ...database, log: createMemoryLogger('test').log, clock: systemClock });
  try {
    const stored = await other.read(scope, (reader) => reader.get('keyauth_credentials', id));
    assert.ok(stored);
    assert.equal(readEntity(definition, stored, await other.secretsOf(scope))['key'], KEY);
  } finally {
    await other.stop();
  }
});
