/** A frozen gateway: no write of its configuration gets through, however it races with the freeze; revocations do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastError } from '../shared/errors.ts';
import { newId, type DataPlaneId } from '../shared/model/ids.ts';
import { openTestStore } from './support/postgres.ts';
import { createGateway, insert, newName, recordOf, TEST_ACTOR } from './support/store-scene.ts';

const { store } = await openTestStore();
const FROZEN = { code: 'STORE_GATEWAY_FROZEN' };

async function freeze(scope: Awaited<ReturnType<typeof createGateway>>): Promise<void> {
  assert.equal((await store.gateways.freeze(scope, 'audit week', TEST_ACTOR)).kind, 'stored');
}

test('while a gateway is frozen, creating, changing, deleting and renaming are refused, and who froze it is told', async () => {
  const scope = await createGateway(store);
  const service = await insert(store, scope, 'services', { url: 'http://a' });
  const before = await store.gateways.get(scope);
  await freeze(scope);
  const record = await recordOf(store, scope, 'services', { url: 'http://b' });
  const attempts = [
    () => store.write(scope, TEST_ACTOR, (writer) => writer.insert(record)),
    () => store.write(scope, TEST_ACTOR, (writer) => writer.update({ ...record, id: service.id })),
    // Also where nothing that is published changes.
    () => store.write(scope, TEST_ACTOR, (writer) => writer.update({ ...service.record })),
    () => store.write(scope, TEST_ACTOR, (writer) => writer.delete('services', service.id)),
    () => store.gateways.rename(scope, newName(), TEST_ACTOR),
    () => store.gateways.delete(scope, TEST_ACTOR),
    () => store.gateways.freeze(scope, 'again', TEST_ACTOR),
  ];
  for (const attempt of attempts) {
    await assert.rejects(attempt, (thrown) => thrown instanceof HoldfastError && thrown.code === FROZEN.code && /by tester \(audit week\).*unfreeze/.test(thrown.publicMessage));
  }
  const now = await store.gateways.get(scope);
  assert.deepEqual(now?.head, before?.head);
  assert.equal(now?.frozen?.reason, 'audit week');
  assert.equal((await store.read(scope, (reader) => reader.get('services', service.id)))?.published['host'], 'a');
  await store.gateways.unfreeze(scope, TEST_ACTOR);
  assert.equal((await store.write(scope, TEST_ACTOR, (writer) => writer.insert(record))).value, undefined);
});

test('while a gateway is frozen, credentials are deleted, data planes and tokens revoked', async () => {
  const scope = await createGateway(store);
  const consumer = await insert(store, scope, 'consumers', { username: 'ada' });
  const credential = await insert(store, scope, 'keyauth_credentials', { consumer: { id: consumer.id }, key: 'k' });
  await insert(store, scope, 'keyauth_credentials', { consumer: { id: consumer.id }, key: 'another' });
  const { token, secret } = await store.joinTokens.create(scope, { uses: 1, expiresAt: new Date(Date.now() + 60_000), labels: {} }, TEST_ACTOR);
  const dataPlane = await store.dataPlanes.enrol(token.id, secret, async () => ({ id: newId<DataPlaneId>(), hostname: 'h', certificate: { serial: '01', fingerprint: Buffer.alloc(32), notAfter: new Date() } }));
  assert.ok(dataPlane);
  await freeze(scope);
  const { value, version } = await store.write(scope, TEST_ACTOR, (writer) => writer.delete('keyauth_credentials', credential.id));
  assert.equal(value, undefined);
  assert.ok(version);
  assert.equal(await store.dataPlanes.revoke(scope, dataPlane.id, 'stolen', TEST_ACTOR), undefined);
  assert.equal(await store.joinTokens.revoke(scope, token.id, TEST_ACTOR), undefined);
  assert.equal((await store.contentKeys.rotate(scope, TEST_ACTOR)).keyId, 2);
  // With its consumer other things would go, which is a write of configuration.
  await assert.rejects(() => store.write(scope, TEST_ACTOR, (writer) => writer.delete('consumers', consumer.id)), FROZEN);
  const again = await recordOf(store, scope, 'keyauth_credentials', { consumer: { id: consumer.id }, key: 'new' });
  await assert.rejects(() => store.write(scope, TEST_ACTOR, (writer) => writer.insert(again)), FROZEN);
});

test('a write that began before the freeze and ends after it is refused', async () => {
  const scope = await createGateway(store);
  const record = await recordOf(store, scope, 'services', { url: 'http://a' });
  const write = store.write(scope, TEST_ACTOR, async (writer) => {
    const problem = await writer.insert(record);
    await freeze(scope);
    return problem;
  });
  await assert.rejects(write, FROZEN);
  assert.equal(await store.read(scope, (reader) => reader.count('services')), 0);
});
