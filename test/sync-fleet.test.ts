/**
 * Two control planes on one database and the fleet they share: what a herd asks of the database, how a revocation and a
 * copied identity are met on either of them, how a cut transfer goes on at the other one, who is let in when too many come.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { Client } from 'pg';
import { withClient } from '../control-plane/store/prepare-database.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import { systemClock, type Clock } from '../shared/clock.ts';
import type { PartialTransfer } from '../shared/wire/sync-message.ts';
import { startControlPlaneParts, type ControlPlaneParts } from './support/control-plane-parts.ts';
import { openTestStore } from './support/postgres.ts';
import { createGateway, insert, newName } from './support/store-scene.ts';
import { connectSync, type Credentials, type SyncClient } from './support/sync-client.ts';
import { waitUntil } from './support/wait-until.ts';

const { store, database } = await openTestStore();
const one = await startControlPlaneParts(store);
const other = await startControlPlaneParts(store);
after(() => Promise.all([one.stop(), other.stop()]));

async function connectedOf({ answer }: Credentials, scope: GatewayScope): Promise<boolean | undefined> {
  return (await store.dataPlanes.get(scope, answer.dataPlaneId))?.connected;
}

function openAlarms(code: string, { answer }: Credentials): Promise<boolean> {
  return store.alarms.listOpen().then((alarms) => alarms.some((alarm) => alarm.code === code && alarm.dataPlaneId === answer.dataPlaneId));
}

/** The wire length that a transfer statement claims, and the hash. */
function claimsOf(statement: string): { readonly wireLength: number; readonly wireHash: string } {
  return JSON.parse(Buffer.from(statement.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

test('C2: a herd of one gateway costs the database as much as one data plane, and later greetings nothing but their reports', async (context) => {
  const HERD = 40;
  const scope = await createGateway(store);
  const { version } = await insert(store, scope, 'services', { name: newName(), host: 'a.internal' });
  const fleet = await Promise.all(Array.from({ length: HERD }, () => one.enrol(scope)));
  const published = await waitUntil('the release', () => one.publisher.published(scope));
  const queries: string[] = [];
  const query = Reflect.get(Client.prototype, 'query');
  context.mock.method(Client.prototype, 'query', function count(this: Client, ...given: readonly unknown[]) {
    const [config] = given;
    const text = typeof config === 'string' ? config : typeof config === 'object' && config !== null && 'text' in config ? String(config.text) : '';
    // What instances do by themselves every second is not what a herd costs.
    if (!/^BEGIN|^COMMIT|^LISTEN|fleet_revision|trust_state/.test(text)) queries.push(text);
    return Reflect.apply(query, this, given);
  });
  const greetAll = async (): Promise<readonly SyncClient[]> => {
    queries.length = 0;
    const clients = await Promise.all(fleet.map((credentials) => connectSync(one.port, credentials)));
    await Promise.all(clients.map((client) => client.greet({ active: published, highestAccepted: version })));
    return clients;
  };
  const first = await greetAll();
  const isReport = (text: string): boolean => text.includes('json_to_recordset');
  // This test itself reads the fleet.
  const asked = (): readonly string[] => queries.filter((text) => !isReport(text) && !text.includes('certificate_serial'));
  await waitUntil('the reports', async () => (await store.dataPlanes.list(scope)).every(({ connected }) => connected));
  assert.ok(asked().length > 0 && asked().length <= 10, asked().join('\n'));
  const second = await greetAll();
  await waitUntil('the reports', async () => (await store.dataPlanes.list(scope)).every(({ bootId }) => second.some((client) => client.bootId === bootId)));
  assert.deepEqual(asked(), [], 'what is known is not asked for');
  assert.ok(queries.filter(isReport).length < HERD / 4);
  for (const client of [...first, ...second]) client.cut();
});

test('a revocation that no NOTIFY tells of cuts the session at every control plane within 5 s', async () => {
  const scope = await createGateway(store);
  const at = await Promise.all([one, other].map(async (parts) => {
    const credentials = await parts.enrol(scope);
    const client = await connectSync(parts.port, credentials);
    await client.greet();
    return { credentials, client };
  }));
  const begun = performance.now();
  await withClient(database.superuserConnectionString, async (client) => {
    await client.query('UPDATE holdfast.data_planes SET revoked_at = now() WHERE gateway_id = $1', [scope.gatewayId]);
    await client.query('UPDATE holdfast.gateways SET fleet_revision = fleet_revision + 1 WHERE id = $1', [scope.gatewayId]);
  });
  for (const { client } of at) {
    assert.equal((await client.next('bye')).code, 'SYNC_DATA_PLANE_REVOKED');
    await client.closed();
  }
  assert.ok(performance.now() - begun < 5_000);
  for (const [index, parts] of [other, one].entries()) {
    const again = await connectSync(parts.port, at[index]?.credentials ?? assert.fail());
    again.hello();
    assert.equal((await again.next('bye')).code, 'SYNC_DATA_PLANE_REVOKED');
  }
});

test('a data plane that moved to another control plane is not reported gone by the first', async () => {
  const scope = await createGateway(store);
  const credentials = await one.enrol(scope);
  const before = await connectSync(one.port, credentials);
  await before.greet();
  const now = await connectSync(other.port, credentials);
  await now.greet({ bootId: before.bootId });
  // The other control plane's word is stored, then that of the first, which has nothing to say any more.
  await waitUntil('the second session', async () => other.lines().some((line) => line.includes('data-plane-connected')) && (await connectedOf(credentials, scope)));
  now.send({ kind: 'rejected', version: { epoch: 1, sequence: 1 }, code: 'MARK', reasons: [] });
  await waitUntil('its report', async () => (await store.dataPlanes.get(scope, credentials.answer.dataPlaneId))?.rejection?.code === 'MARK');
  before.cut();
  const probe = await connectSync(one.port, await one.enrol(scope));
  await waitUntil('the first to notice', () => one.server.sessionCount === 0);
  await probe.greet();
  await waitUntil('a later report of the first', async () => (await store.dataPlanes.list(scope)).filter(({ connected }) => connected).length === 2);
  assert.equal(await connectedOf(credentials, scope), true);
  now.cut();
  probe.cut();
});

test('two processes with one identity are noticed at one control plane and at two, told to the operator, and kept apart', async () => {
  for (const [left, right] of [[one, one], [one, other]] as const) {
    const scope = await createGateway(store);
    const credentials = await left.enrol(scope);
    const boots = { left: '', right: '' };
    const greet = async (side: 'left' | 'right'): Promise<SyncClient> => {
      const client = await connectSync((side === 'left' ? left : right).port, credentials);
      boots[side] ||= client.bootId;
      client.hello({ bootId: boots[side] });
      await waitUntil('an answer', () => client.waiting.length > 0);
      if (client.waiting[0]?.kind === 'welcome') await waitUntil('its report', async () => (await store.dataPlanes.get(scope, credentials.answer.dataPlaneId))?.bootId === boots[side]);
      return client;
    };
    const clients: SyncClient[] = [];
    for (const side of ['left', 'right', 'left', 'right'] as const) clients.push(await greet(side));
    await waitUntil('the alarm', () => openAlarms('SYNC_IDENTITY_CLONED', credentials));
    if (left === right) {
      const away: number[] = [];
      for (let turn = 0; turn < 2; turn += 1) {
        const refused = await greet('left');
        const bye = await refused.next('bye');
        assert.equal(bye.code, 'SYNC_IDENTITY_CLONED');
        away.push(bye.retryAfterMs);
      }
      assert.ok((away[1] ?? 0) > (away[0] ?? 0) && (away[0] ?? 0) > 5_000, away.join());
      assert.equal(clients[3]?.closeCode, undefined, 'who was there stays');
    }
    for (const client of clients) client.cut();
  }
});

test('a restart, and a reconnect of the same process, are no clones', async () => {
  const scope = await createGateway(store);
  const credentials = await one.enrol(scope);
  for (let start = 0; start < 3; start += 1) {
    const client = await connectSync(one.port, credentials);
    for (let connection = 0; connection < 2; connection += 1) {
      const again = await connectSync(one.port, credentials);
      await again.greet({ bootId: client.bootId });
      await waitUntil('its report', async () => (await store.dataPlanes.get(scope, credentials.answer.dataPlaneId))?.bootId === client.bootId);
      again.cut();
    }
    client.cut();
  }
  assert.equal(await openAlarms('SYNC_IDENTITY_CLONED', credentials), false);
});

test('a transfer that is cut again and again, at either control plane, is sent but once', async () => {
  const scope = await createGateway(store);
  const credentials = await one.enrol(scope);
  await insert(store, scope, 'consumers', { username: newName(), tags: Array.from({ length: 9_000 }, () => randomBytes(60).toString('hex')) });
  const CHUNK = 64 * 1024;
  let partial: PartialTransfer | undefined;
  let sent = 0;
  let whole = 0;
  const offsets: number[] = [];
  for (let turn = 0; whole === 0 || (partial?.bytes ?? 0) < whole; turn += 1) {
    assert.ok(turn < 20, 'it never ends');
    const client = await connectSync((turn % 2 === 0 ? one : other).port, credentials);
    client.autoCredit = false;
    await client.greet({ partial, protocolVersion: 3 }, 3);
    const announced = await client.next('snapshot');
    const { wireLength, wireHash } = claimsOf(announced.transferStatement);
    whole = wireLength;
    offsets.push(announced.startOffset);
    let there = announced.startOffset;
    for (let chunks = 0; chunks < 3 && there < whole; chunks += 1) {
      const { offset, bytes } = await client.next('chunk');
      assert.equal(offset, there);
      there += bytes.length;
      sent += bytes.length;
    }
    partial = { wireHash, bytes: there };
    client.cut();
  }
  assert.ok(whole > 6 * CHUNK, `${whole} bytes are too few to be cut`);
  assert.ok(offsets.length >= 3 && offsets.slice(1).every((offset) => offset > 0), offsets.join());
  assert.equal(sent, whole);
});

test('a partial transfer of an older version is finished, and what came since follows as a change', async () => {
  const scope = await createGateway(store);
  const credentials = await one.enrol(scope);
  const { version } = await insert(store, scope, 'consumers', { username: newName(), tags: Array.from({ length: 2_500 }, () => randomBytes(60).toString('hex')) });
  const cut = await connectSync(one.port, credentials);
  cut.autoCredit = false;
  await cut.greet({ protocolVersion: 3 }, 1);
  const { transferStatement, manifestStatement } = await cut.next('snapshot');
  const { bytes } = await cut.next('chunk');
  cut.cut();
  const { version: newest } = await insert(store, scope, 'services', { name: newName(), host: 'b.internal' });
  await waitUntil('the release', async () => (await one.publisher.published(scope))?.version.sequence === newest.sequence);
  const again = await connectSync(one.port, credentials);
  await again.greet({ protocolVersion: 3, partial: { wireHash: claimsOf(transferStatement).wireHash, bytes: bytes.length } }, 100);
  const resumed = await again.next('snapshot');
  assert.deepEqual([resumed.startOffset, resumed.manifestStatement], [bytes.length, manifestStatement]);
  const { contentRoot } = JSON.parse(Buffer.from(manifestStatement.split('.')[1] ?? '', 'base64url').toString('utf8'));
  again.send({ kind: 'applied', version, contentRoot, tookMs: 1, quarantined: [], already: false });
  assert.equal((await again.next('delta')).startOffset, 0);
  again.cut();
});

test('R5: connections beyond the pace are turned away before TLS, those who are in are served on, and all get in by and by', async () => {
  const own: ControlPlaneParts = await startControlPlaneParts(store, { admission: { perSecond: 20, atOnce: 4 } });
  try {
    const scope = await createGateway(store);
    const credentials = await own.enrol(scope);
    const client = await connectSync(own.port, credentials);
    await client.greet();
    const herd = Array.from({ length: 300 }, () => connect({ host: '127.0.0.1', port: own.port }).on('error', () => undefined));
    await waitUntil('some to be turned away', () => own.server.turnedAway >= 150);
    client.send({ kind: 'ping', nonce: 5, answer: false });
    assert.equal((await client.next('ping')).nonce, 5);
    for (const socket of herd) socket.destroy();
    const late = await connectSync(own.port, await waitUntil('an enrolment', () => own.enrol(scope).catch(() => undefined)));
    await late.greet();
    assert.equal(own.lines().filter((line) => line.includes('connections-turned-away')).length, 1);
    client.cut();
    late.cut();
  } finally {
    await own.stop();
  }
});

test('R5: whoever is let in, shows no certificate and is silent is cut, and takes no place of others for ever', async () => {
  // Long times pass in a fiftieth.
  const clock: Clock = { ...systemClock, after: (delayMs, callback, options) => systemClock.after(delayMs > 10_000 ? delayMs / 50 : delayMs, callback, options) };
  const own: ControlPlaneParts = await startControlPlaneParts(store, { clock, admission: { perSecond: 1_000, atOnce: 1 } });
  try {
    const silent = connectTls({ host: '127.0.0.1', port: own.port, rejectUnauthorized: false }).on('error', () => undefined);
    await once(silent, 'secureConnect');
    const credentials = await own.enrol(await createGateway(store));
    const client = await connectSync(own.port, credentials);
    await client.greet();
    assert.equal(silent.destroyed || silent.readableEnded, true);
    // A session is on no way any more.
    await waitUntil('the silent one to be gone', () => silent.destroyed);
    client.send({ kind: 'ping', nonce: 7, answer: false });
    assert.equal((await client.next('ping')).nonce, 7);
    client.cut();
  } finally {
    await own.stop();
  }
});
