/** The change feed (C1): notified at once, found by polling where a notification is lost, quiet when told to stop. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ChangeListener } from '../control-plane/store/change-feed.ts';
import { openStore } from '../control-plane/store/store.ts';
import { systemClock, type Clock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type DataPlaneId } from '../shared/model/ids.ts';
import { formatVersion } from '../shared/model/version.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { createGateway, insert, newName, TEST_ACTOR } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const { store, database } = await openTestStore();
const { log } = createMemoryLogger('test');

/** Never calls back: only notifications and what the test does itself remain. */
const noPolling: Clock = { ...systemClock, every: () => ({ cancel: () => undefined }) };

/** Keeps what the feed says, as `gateway what` lines. */
function recorder(): { readonly listener: ChangeListener; readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    listener: {
      onHead: (scope, head) => lines.push(`${scope.gatewayId} ${formatVersion(head)}`),
      onDataPlanesChanged: (scope) => lines.push(`${scope.gatewayId} fleet`),
      onGatewayDeleted: (scope) => lines.push(`${scope.gatewayId} deleted`),
      onLook: () => () => undefined,
      onTrustChanged: () => undefined,
    },
  };
}

/** Another control-plane instance, listening. */
async function listen(t: TestContext, clock: Clock): Promise<string[]> {
  const instance = await openStore({ ...database, log, clock });
  t.after(() => instance.stop());
  const { listener, lines } = recorder();
  await instance.listenForChanges(listener);
  return lines;
}

async function breakConnections(condition: string): Promise<number> {
  const { rowCount } = await onServer(database.superuserConnectionString, (client) =>
    client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND ${condition}`));
  return rowCount ?? 0;
}

test('every gateway is reported once at the start, then each change by its notification alone', async (t) => {
  const scope = await createGateway(store);
  await insert(store, scope, 'services', { url: 'http://a' });
  const quiet = await createGateway(store);
  const lines = await listen(t, noPolling);
  assert.ok(lines.includes(`${scope.gatewayId} 1.1`));
  assert.ok(lines.includes(`${quiet.gatewayId} 1.0`));
  assert.equal(new Set(lines).size, lines.length);
  await insert(store, scope, 'services', { url: 'http://b' });
  await waitUntil('the notification', () => lines.includes(`${scope.gatewayId} 1.2`), 1_000);
  const born = await createGateway(store);
  await insert(store, born, 'services', { url: 'http://a' });
  await waitUntil('the new gateway', () => lines.includes(`${born.gatewayId} 1.1`), 1_000);
  assert.equal(lines.filter((line) => line.startsWith(quiet.gatewayId)).length, 1);
});

test('the newest head of a burst always arrives, and heads never go back', async (t) => {
  const scope = await createGateway(store);
  const lines = await listen(t, noPolling);
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let i = 0; i < 10; i += 1) await insert(store, scope, 'services', { url: 'http://a' });
  }));
  await waitUntil('the last head', () => lines.at(-1) === `${scope.gatewayId} 1.80`, 2_000);
  const heads = lines.filter((line) => line.startsWith(scope.gatewayId)).map((line) => Number(line.split('.').at(-1)));
  assert.deepEqual(heads, [...heads].sort((a, b) => a - b));
});

test('a change whose notification nobody heard is found by the next poll', async (t) => {
  const scope = await createGateway(store);
  let poll: (() => void) | undefined;
  const lines = await listen(t, { ...systemClock, every: (_, callback) => ((poll = callback), { cancel: () => undefined }) });
  // As if it had come from a transaction whose notification was lost: the head moves, and nobody is told.
  await onServer(database.superuserConnectionString, (client) => client.query('UPDATE holdfast.gateways SET head_sequence = 7 WHERE id = $1', [scope.gatewayId]));
  assert.ok(!lines.includes(`${scope.gatewayId} 1.7`));
  poll?.();
  await waitUntil('the poll', () => lines.includes(`${scope.gatewayId} 1.7`), 1_000);
});

test('a broken connection is made again, and what happened meanwhile is found', async (t) => {
  const scope = await createGateway(store);
  const lines = await listen(t, noPolling);
  assert.ok((await breakConnections("application_name = 'holdfast change feed'")) >= 1);
  await insert(store, scope, 'services', { url: 'http://a' });
  await waitUntil('the feed to be back', () => lines.includes(`${scope.gatewayId} 1.1`), 5_000);
  await waitUntil('it to listen again', async () => {
    const { rows } = await onServer(database.superuserConnectionString, (client) => client.query("SELECT FROM pg_stat_activity WHERE application_name = 'holdfast change feed' AND datname = current_database() AND query LIKE 'LISTEN%'"));
    return rows.length > 0;
  });
  await insert(store, scope, 'services', { url: 'http://b' });
  await waitUntil('a notification on the new connection', () => lines.includes(`${scope.gatewayId} 1.2`), 1_000);
});

test('revocations, labels and deletions are told, once', async (t) => {
  const scope = await createGateway(store);
  const { token, secret } = await store.joinTokens.create(scope, { uses: 1, expiresAt: new Date(Date.now() + 60_000), labels: {} }, TEST_ACTOR);
  const dataPlane = await store.dataPlanes.enrol(token.id, secret, async () => ({ id: newId<DataPlaneId>(), hostname: newName(), certificate: { serial: '01', fingerprint: Buffer.alloc(32), notAfter: new Date() } }));
  assert.ok(dataPlane);
  const lines = await listen(t, noPolling);
  const told = (what: string): number => lines.filter((line) => line === `${scope.gatewayId} ${what}`).length;
  await store.dataPlanes.setLabels(scope, dataPlane.id, { region: 'eu' }, TEST_ACTOR);
  await waitUntil('the label', () => told('fleet') === 1, 1_000);
  await store.dataPlanes.revoke(scope, dataPlane.id, 'stolen', TEST_ACTOR);
  await store.dataPlanes.revoke(scope, dataPlane.id, 'again', TEST_ACTOR);
  await waitUntil('the revocation', () => told('fleet') === 2, 1_000);
  assert.equal(await store.gateways.delete(scope, TEST_ACTOR), undefined);
  await waitUntil('the deletion', () => told('deleted') === 1, 1_000);
  assert.equal(told('fleet'), 2);
});

test('after stop nothing is told any more', async (t) => {
  const scope = await createGateway(store);
  const instance = await openStore({ ...database, log, clock: systemClock });
  const { listener, lines } = recorder();
  const feed = await instance.listenForChanges(listener);
  const others = await listen(t, systemClock);
  await feed.stop();
  const before = lines.length;
  await insert(store, scope, 'services', { url: 'http://a' });
  await waitUntil('somebody else to hear of it', () => others.includes(`${scope.gatewayId} 1.1`));
  await instance.stop();
  await instance.stop();
  assert.equal(lines.length, before);
});

test('transactions find their way back after all connections broke', async () => {
  const scope = await createGateway(store);
  await breakConnections("application_name = 'holdfast'");
  // What was pooled is gone: at most one refusal each, then new connections serve.
  await waitUntil('a read to succeed', async () => {
    try {
      return (await store.read(scope, (reader) => reader.count('services'))) === 0;
    } catch (thrown) {
      assert.ok(thrown instanceof Error && 'code' in thrown && thrown.code === 'STORE_UNAVAILABLE', String(thrown));
      return false;
    }
  });
  assert.equal(await store.isReachable(), true);
});
