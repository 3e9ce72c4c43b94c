/** Tenants, gateways, operators, join tokens, data planes and telemetry in a real Postgres. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataPlane } from '../control-plane/store/data-plane.ts';
import { withEveryEntity, type GatewayScope } from '../control-plane/store/scope.ts';
import { newId, type DataPlaneId, type EntityId, type GatewayId, type OperatorId, type TenantId } from '../shared/model/ids.ts';
import type { TelemetryBatch } from '../shared/wire/telemetry-codec.ts';
import { ManualClock } from './support/manual-clock.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { createGateway, insert, newName, report, TEST_ACTOR } from './support/store-scene.ts';
import { telemetryBatch, usageRow } from './support/telemetry-rows.ts';

const clock = new ManualClock(Date.UTC(2026, 5, 1));
const { store, database } = await openTestStore({ clock });

const HOUR_MS = 3_600_000;
const inAnHour = (): Date => new Date(clock.nowMs() + HOUR_MS);
const certificate = { serial: 'ab01', fingerprint: Buffer.alloc(32, 7), notAfter: new Date(Date.UTC(2027, 0, 1)) };

async function enrol(scope: GatewayScope): Promise<DataPlane> {
  const { token, secret } = await store.joinTokens.create(scope, { uses: 1, expiresAt: inAnHour(), labels: { region: 'eu' } }, TEST_ACTOR);
  const dataPlane = await store.dataPlanes.enrol(token.id, secret, async () => ({ id: newId<DataPlaneId>(), hostname: 'host', certificate }));
  assert.ok(dataPlane);
  return dataPlane;
}

test('tenants: names are unique, renamed ones free theirs, only empty ones are deleted', async () => {
  const [first, second] = [newName(), newName()];
  const tenant = await store.tenants.create(first, TEST_ACTOR);
  assert.equal(tenant.kind, 'stored');
  assert.equal((await store.tenants.create(first, TEST_ACTOR)).kind, 'name-refused');
  assert.equal((await store.tenants.create('not a name', TEST_ACTOR)).kind, 'name-refused');
  const other = await store.tenants.create(second, TEST_ACTOR);
  assert.equal(other.kind, 'stored');
  assert.equal((await store.tenants.rename(other.value.id, first, TEST_ACTOR)).kind, 'name-refused');
  assert.equal((await store.tenants.rename(tenant.value.id, newName(), TEST_ACTOR)).kind, 'stored');
  assert.equal((await store.tenants.rename(other.value.id, first, TEST_ACTOR)).kind, 'stored');
  assert.equal((await store.tenants.findByName(first))?.id, other.value.id);
  const gateway = await store.gateways.create(other.value.id, 'default', TEST_ACTOR);
  assert.equal(gateway.kind, 'stored');
  assert.equal((await store.tenants.delete(other.value.id, TEST_ACTOR))?.kind, 'not-empty');
  assert.equal(await store.gateways.delete(gateway.value, TEST_ACTOR), undefined);
  assert.equal(await store.tenants.delete(other.value.id, TEST_ACTOR), undefined);
  assert.equal(await store.tenants.get(other.value.id), undefined);
  assert.deepEqual(await store.tenants.delete(other.value.id, TEST_ACTOR), { kind: 'not-found' });
  assert.ok(!(await store.tenants.list()).some((listed) => listed.id === other.value.id));
});

test('gateways: names are unique in their tenant, are no path words, and only empty ones are deleted', async () => {
  const scope = await createGateway(store);
  const other = await createGateway(store);
  const name = (await store.gateways.get(scope))?.name ?? '';
  assert.equal((await store.gateways.create(scope.tenantId, name, TEST_ACTOR)).kind, 'name-refused');
  assert.equal((await store.gateways.create(other.tenantId, name, TEST_ACTOR)).kind, 'stored');
  assert.equal((await store.gateways.create(scope.tenantId, 'Services', TEST_ACTOR)).kind, 'name-refused');
  assert.equal((await store.gateways.rename(scope, 'v1', TEST_ACTOR)).kind, 'name-refused');
  assert.deepEqual(await store.gateways.create(newId<TenantId>(), 'x', TEST_ACTOR), { kind: 'not-found' });
  assert.equal(await store.gateways.get({ tenantId: other.tenantId, gatewayId: scope.gatewayId }), undefined);
  assert.equal((await store.gateways.findById(scope.gatewayId))?.tenantId, scope.tenantId);

  const service = await insert(store, scope, 'services', { url: 'http://a' });
  const dataPlane = await enrol(scope);
  assert.match(JSON.stringify(await store.gateways.delete(scope, TEST_ACTOR)), /still has services/);
  await store.write(scope, TEST_ACTOR, (writer) => writer.delete('services', service.id));
  assert.match(JSON.stringify(await store.gateways.delete(scope, TEST_ACTOR)), /still has the data plane/);
  await store.dataPlanes.revoke(scope, dataPlane.id, 'gone', TEST_ACTOR);
  assert.equal(await store.gateways.delete(scope, TEST_ACTOR), undefined);
  assert.equal(await store.gateways.findByName(scope.tenantId, name), undefined);
  // The name is free, the history stays.
  assert.equal((await store.gateways.create(scope.tenantId, name, TEST_ACTOR)).kind, 'stored');
  assert.equal((await store.changes.readChangesSince(scope, { epoch: 0, sequence: 0 }, 10)).length, 2);
});

test('a gateway that does not exist, or is deleted while it is written to, takes nothing', async () => {
  const nowhere: GatewayScope = { tenantId: (await createGateway(store)).tenantId, gatewayId: newId<GatewayId>() };
  await assert.rejects(store.read(withEveryEntity(nowhere), async () => undefined), { code: 'STORE_GATEWAY_UNKNOWN' });
  await assert.rejects(store.joinTokens.create(nowhere, { uses: 1, expiresAt: inAnHour(), labels: {} }, TEST_ACTOR), { code: 'STORE_GATEWAY_UNKNOWN' });
  const scope = await createGateway(store);
  await store.secretsOf(scope);
  await store.gateways.delete(scope, TEST_ACTOR);
  await assert.rejects(insert(store, scope, 'services', { url: 'http://a' }), { code: 'STORE_GATEWAY_UNKNOWN' });
  assert.equal(await store.read(scope, (reader) => reader.count('services')), 0);
});

test('operators: a token opens until it expires, is revoked, or its operator is disabled; only its hash is kept', async () => {
  const { tenantId } = await createGateway(store);
  const operator = await store.operators.create(tenantId, { name: 'ops', role: 'viewer' }, TEST_ACTOR);
  assert.equal(operator.kind, 'stored');
  assert.equal((await store.operators.create(tenantId, { name: 'ops', role: 'admin' }, TEST_ACTOR)).kind, 'name-refused');
  const { id } = operator.value;
  const createToken = async (expiresAt?: Date): Promise<{ readonly tokenId: string; readonly token: string }> => {
    const created = await store.tokens.create(tenantId, id, expiresAt === undefined ? {} : { expiresAt }, TEST_ACTOR);
    assert.equal(created.kind, 'stored');
    return { tokenId: created.value.token.id, token: created.value.text };
  };
  const [lasting, short] = [await createToken(), await createToken(inAnHour())];
  assert.deepEqual((await store.tokens.authenticate(lasting.token))?.operator, operator.value);
  assert.deepEqual((await store.tokens.authenticate(short.token))?.operator, operator.value);
  for (const wrong of ['', 'hfo_', lasting.token.slice(0, -1), `${lasting.token}a`, 'hfo_nul\0']) assert.equal(await store.tokens.authenticate(wrong), undefined);
  clock.advance(HOUR_MS + 1);
  assert.equal(await store.tokens.authenticate(short.token), undefined);
  await store.operators.setDisabled(tenantId, id, true, TEST_ACTOR);
  assert.equal(await store.tokens.authenticate(lasting.token), undefined);
  await store.operators.setDisabled(tenantId, id, false, TEST_ACTOR);
  assert.ok(await store.tokens.authenticate(lasting.token));
  assert.equal(await store.tokens.revoke(tenantId, lasting.tokenId, TEST_ACTOR), undefined);
  assert.equal(await store.tokens.authenticate(lasting.token), undefined);
  assert.deepEqual(await store.tokens.revoke(tenantId, 'no uuid', TEST_ACTOR), { kind: 'not-found' });
  assert.deepEqual(await store.tokens.create(tenantId, newId<OperatorId>(), {}, TEST_ACTOR), { kind: 'not-found' });
  // Another tenant's operators are not this one's business.
  const other = await createGateway(store);
  assert.deepEqual(await store.operators.setDisabled(other.tenantId, id, true, TEST_ACTOR), { kind: 'not-found' });
});

test('a join token of two uses lets exactly two of ten in, however they come', async () => {
  const scope = await createGateway(store);
  const { token, secret } = await store.joinTokens.create(scope, { uses: 2, expiresAt: inAnHour(), labels: { region: 'eu' } }, TEST_ACTOR);
  const enrolled = await Promise.all(Array.from({ length: 10 }, () =>
    store.dataPlanes.enrol(token.id, secret, async (enrolment) => {
      assert.deepEqual(enrolment, { scope: { tenantId: scope.tenantId, gatewayId: scope.gatewayId }, labels: { region: 'eu' } });
      return { id: newId<DataPlaneId>(), hostname: 'h', certificate };
    })));
  const joined = enrolled.filter((dataPlane) => dataPlane !== undefined);
  assert.equal(joined.length, 2);
  for (const dataPlane of joined) assert.deepEqual([dataPlane.tenantId, dataPlane.gatewayId, dataPlane.labels], [scope.tenantId, scope.gatewayId, { region: 'eu' }]);
  assert.equal((await store.dataPlanes.list(scope)).length, 2);
  assert.deepEqual(await store.joinTokens.list(scope), []);
});

test('a join token that is wrong, expired or revoked lets nobody in, and a failed enrolment gives its use back', async () => {
  const scope = await createGateway(store);
  const make = async () => ({ id: newId<DataPlaneId>(), hostname: 'h', certificate });
  const create = () => store.joinTokens.create(scope, { uses: 1, expiresAt: inAnHour(), labels: {} }, TEST_ACTOR);
  const { token, secret } = await create();
  assert.equal(await store.dataPlanes.enrol(token.id, Buffer.alloc(32), make), undefined);
  assert.equal(await store.dataPlanes.enrol(newId(), secret, make), undefined);
  assert.equal(await store.dataPlanes.enrol('no uuid', secret, make), undefined);
  await assert.rejects(store.dataPlanes.enrol(token.id, secret, async () => Promise.reject(new Error('bad CSR'))), /bad CSR/);
  assert.deepEqual((await store.joinTokens.list(scope)).map((listed) => listed.usesLeft), [1]);
  assert.equal(await store.joinTokens.revoke(scope, token.id, TEST_ACTOR), undefined);
  assert.equal(await store.dataPlanes.enrol(token.id, secret, make), undefined);
  const late = await create();
  clock.advance(HOUR_MS + 1);
  assert.equal(await store.dataPlanes.enrol(late.token.id, late.secret, make), undefined);
  assert.deepEqual(await store.dataPlanes.list(scope), []);
});

test('what sessions report is shown: absent fields stay, an applied version clears older rejections only', async () => {
  const scope = await createGateway(store);
  const { id } = await enrol(scope);
  const seen = new Date(clock.nowMs());
  const bootId = newId();
  assert.equal(await report(store, scope, id, { connected: true, lastSeenAt: seen, softwareVersion: '0.1.0', bootId, desired: { version: { epoch: 1, sequence: 5 }, at: seen } }), true);
  const rejection = { code: 'CONFIG_TOO_LARGE', reasons: ['too large'], epoch: 1, sequence: 5 };
  await report(store, scope, id, { bootId, rejection });
  const applied = (sequence: number) => ({ bootId, applied: { version: { epoch: 1, sequence }, root: Buffer.alloc(32, sequence), at: seen, tookMs: 12, quarantined: [] } });
  await report(store, scope, id, applied(4));
  let dataPlane = await store.dataPlanes.get(scope, id);
  assert.deepEqual(
    [dataPlane?.connected, dataPlane?.lastSeenAt, dataPlane?.softwareVersion, dataPlane?.bootId, dataPlane?.hostname, dataPlane?.desired, dataPlane?.applied, dataPlane?.rejection],
    [true, seen, '0.1.0', bootId, 'host', { epoch: 1, sequence: 5 }, { epoch: 1, sequence: 4 }, rejection],
  );
  await report(store, scope, id, applied(5));
  dataPlane = await store.dataPlanes.get(scope, id);
  assert.equal(dataPlane?.rejection, undefined);
  assert.deepEqual(dataPlane?.appliedRoot, Buffer.alloc(32, 5));
  // The identity counts as a whole.
  const other = await createGateway(store);
  assert.equal(await report(store, other, id, { connected: false }), false);
  assert.equal(await report(store, other, id, {}), false);
  assert.equal(await store.dataPlanes.get(other, id), undefined);
  assert.equal((await store.dataPlanes.get(scope, id))?.connected, true);
});

test('C1: what a data plane says of itself is shown even where Postgres could not store it as it is', async () => {
  const scope = await createGateway(store);
  const { id } = await enrol(scope);
  const reason = `cut in the middle of ${'😀'.slice(0, 1)}`;
  const entity = newId<EntityId>();
  await report(store, scope, id, {
    connected: true, hostname: 'ho\0st', softwareVersion: '0.1.0\0',
    rejection: { code: 'CONFIG\0', reasons: [reason], epoch: 1, sequence: 5 },
    applied: { version: { epoch: 1, sequence: 4 }, root: Buffer.alloc(32), at: new Date(clock.nowMs()), tookMs: 1, quarantined: [{ kind: 'routes', id: entity, code: 'C', reason: 'nul \0' }] },
  });
  const dataPlane = await store.dataPlanes.get(scope, id);
  assert.deepEqual([dataPlane?.hostname, dataPlane?.softwareVersion, dataPlane?.rejection, dataPlane?.quarantined], [
    'ho\ufffdst', '0.1.0\ufffd', { code: 'CONFIG\ufffd', reasons: ['cut in the middle of \ufffd'], epoch: 1, sequence: 5 }, [{ kind: 'routes', id: entity, code: 'C', reason: 'nul \ufffd' }],
  ]);
});

test('nobody joins a gateway that was deleted, also not while it is being deleted', async () => {
  const make = async () => ({ id: newId<DataPlaneId>(), hostname: 'h', certificate });
  const scope = await createGateway(store);
  const { token, secret } = await store.joinTokens.create(scope, { uses: 5, expiresAt: inAnHour(), labels: {} }, TEST_ACTOR);
  await store.gateways.delete(scope, TEST_ACTOR);
  assert.equal(await store.dataPlanes.enrol(token.id, secret, make), undefined);
  for (let round = 0; round < 10; round += 1) {
    const racing = await createGateway(store);
    const made = await store.joinTokens.create(racing, { uses: 5, expiresAt: inAnHour(), labels: {} }, TEST_ACTOR);
    const [deleted, joined] = await Promise.all([store.gateways.delete(racing, TEST_ACTOR), store.dataPlanes.enrol(made.token.id, made.secret, make)]);
    assert.ok(deleted === undefined ? joined === undefined : joined !== undefined, JSON.stringify([deleted, joined]));
  }
});

test('a revoked data plane gets no new certificate', async () => {
  const scope = await createGateway(store);
  const { id } = await enrol(scope);
  const renewed = { ...certificate, serial: 'ab02' };
  assert.equal(await store.dataPlanes.setCertificate(scope, id, renewed), true);
  assert.equal((await store.dataPlanes.get(scope, id))?.certificate.serial, 'ab02');
  assert.equal(await store.dataPlanes.revoke(scope, id, 'stolen', TEST_ACTOR), undefined);
  assert.equal(await store.dataPlanes.setCertificate(scope, id, { ...certificate, serial: 'ab03' }), false);
  const revoked = await store.dataPlanes.get(scope, id);
  assert.deepEqual([revoked?.certificate.serial, revoked?.revocationReason], ['ab02', 'stolen']);
  assert.deepEqual(await store.dataPlanes.revoke(scope, newId<DataPlaneId>(), 'x', TEST_ACTOR), { kind: 'not-found' });
});

test('releases are one chain: whoever is first with a version or after a release wins, and the others get what won', async () => {
  const scope = await createGateway(store);
  const release = (sequence: number, base: number | undefined, author: string) => ({
    version: { epoch: 1, sequence }, base: base === undefined ? undefined : { epoch: 1, sequence: base }, manifestStatement: author, contentRoot: Buffer.alloc(32, 1), entityCount: 1, author,
    ...(base === undefined ? {} : { delta: { transferStatement: 't', bytes: Buffer.from(author) } }),
  });
  const race = async (...contenders: readonly ReturnType<typeof release>[]) => {
    const results = await Promise.all(contenders.map((contender) => store.releases.insert(scope, contender)));
    assert.deepEqual(results.map((result) => result.kind).sort(), ['inserted', ...contenders.slice(1).map(() => 'lost')]);
    const newest = await store.releases.newest(scope);
    for (const result of results) assert.deepEqual(result.release, newest);
  };
  await race(release(3, undefined, 'first'), release(3, undefined, 'first too'));
  await race(release(7, 3, 'seven'), release(7, 3, 'seven too'));
  await race(release(8, 7, 'eight'), release(9, 7, 'nine'), release(10, 7, 'ten'));
  // Who comes late with a version that exists gets that one, not the newest.
  assert.equal((await store.releases.insert(scope, release(7, 3, 'late'))).release.version.sequence, 7);
  const newEpoch = { ...release(1, undefined, 'b'), version: { epoch: 2, sequence: 1 }, base: (await store.releases.newest(scope))?.version };
  assert.equal((await store.releases.insert(scope, newEpoch)).kind, 'inserted');
  const listed = await store.releases.list(scope, { limit: 10 });
  assert.deepEqual(listed.map(({ base }) => base), [...listed.slice(1).map(({ version }) => version), undefined]);
  assert.deepEqual((await store.releases.list(scope, { limit: 1, before: { epoch: 2, sequence: 1 } })).map(({ version }) => version), [newEpoch.base]);
  assert.deepEqual(await store.releases.list(await createGateway(store), { limit: 10 }), []);
});

test('statements and keys of an installation and of a gateway are kept apart, and an ordinal is given once', async () => {
  const scope = await createGateway(store);
  assert.deepEqual(await Promise.all([1, 2].map(() => store.signingKeys.insertStatement('root', undefined, 1, 'root 1'))).then((done) => done.sort()), [false, true]);
  assert.equal(await store.signingKeys.insertStatement('delegation', scope, 1, 'delegation 1'), true);
  assert.deepEqual(await store.signingKeys.listStatements('root', undefined), [{ ordinal: 1, statement: 'root 1' }]);
  assert.deepEqual(await store.signingKeys.listStatements('delegation', undefined), []);
  assert.equal(await store.signingKeys.insertKey({ purpose: 'certificate-authority', keyId: 'ca', scope: undefined, publicKey: 'p', certificate: 'c', privateKey: 'private' }), true);
  assert.equal(await store.signingKeys.insertKey({ purpose: 'certificate-authority', keyId: 'ca', scope: undefined, publicKey: 'p', certificate: 'c', privateKey: 'other' }), false);
  assert.equal(await store.signingKeys.retireKey('certificate-authority', 'ca', { tenantId: scope.tenantId, actor: TEST_ACTOR }), true);
  const [key] = await store.signingKeys.listKeys('certificate-authority', undefined);
  assert.equal(key?.privateKey, 'private');
  assert.ok(key?.retiredAt);
  assert.deepEqual(await store.signingKeys.listKeys('publish', scope), []);
});

// ---- telemetry ----

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 5, 1, 12);

function batch(fromMs: number, toMs: number, rows: readonly (readonly [routeId: string, status: number, requests: number])[]): TelemetryBatch {
  return telemetryBatch({ fromMs, toMs, usage: rows.map(([routeId, status, requests]) => usageRow({ routeId, status, requests, bytesIn: requests * 10, bytesOut: requests * 100, durationMicros: requests * 1_000 })) });
}

test('a batch counts once, however often and however concurrently it comes (T3)', async () => {
  const scope = await createGateway(store);
  const dataPlane = await enrol(scope);
  const [boot, route] = [newId(), newId()];
  const source = { ...scope, dataPlaneId: dataPlane.id, bootId: boot };
  const sends = Array.from({ length: 20 }, (_, index) => index + 1).flatMap((sequence) => [sequence, sequence, sequence]);
  const results = await Promise.all(sends.map((sequence) => store.telemetry.storeBatch(source, sequence, batch(START_MS, START_MS + 1_000, [[route, 200, 3], ['', 400, 1], [route, 200, 4]]))));
  assert.equal(results.filter((result) => result === 'stored').length, 20);
  // The same sequence of another boot is another batch.
  assert.equal(await store.telemetry.storeBatch({ ...source, bootId: newId() }, 1, batch(START_MS, START_MS + 1_000, [[route, 200, 1]])), 'stored');
  const { totals } = await store.telemetry.usage(scope, { groupBy: ['route', 'status-class'] });
  assert.deepEqual(totals.map(({ routeId, statusClass, requests, bytesIn, bytesOut, durationMicros, consumerId, dataPlaneId }) => ({ routeId, statusClass, requests, bytesIn, bytesOut, durationMicros, consumerId, dataPlaneId })), [
    { routeId: route, statusClass: 2, requests: 141, bytesIn: 1_410, bytesOut: 14_100, durationMicros: 141_000, consumerId: undefined, dataPlaneId: undefined },
    { routeId: null, statusClass: 4, requests: 20, bytesIn: 200, bytesOut: 2_000, durationMicros: 20_000, consumerId: undefined, dataPlaneId: undefined },
  ]);
});

test('counts by version are added up once per batch, and kept for the last versions alone', async () => {
  const scope = await createGateway(store);
  const dataPlane = await enrol(scope);
  const source = { ...scope, dataPlaneId: dataPlane.id, bootId: newId() };
  const counted = (sequence: number, requests: number, failed = 0, failedHere = 0) => ({ version: { epoch: sequence === 0 ? 0 : 1, sequence }, requests, failed, failedHere });
  const send = (sequence: number, fromMs: number, versions: readonly ReturnType<typeof counted>[], served = 9) =>
    store.telemetry.storeBatch(source, sequence, { ...batch(fromMs, fromMs + 1_000, []), versions, version: { epoch: 1, sequence: served } });
  await send(1, START_MS, [counted(1, 10, 2, 1), counted(0, 3)]);
  await Promise.all([send(2, START_MS + 5_000, [counted(2, 5), counted(1, 1, 1, 1)]), send(2, START_MS + 5_000, [counted(2, 5), counted(1, 1, 1, 1)])]);
  const read = async () => (await store.telemetry.versionCounts(scope, dataPlane.id)).map(({ version: { sequence }, requests, failed, failedHere }) => [sequence, requests, failed, failedHere]);
  assert.deepEqual(await read(), [[2, 5, 0, 0], [1, 11, 3, 2], [0, 3, 0, 0]]);
  const [, first] = await store.telemetry.versionCounts(scope, dataPlane.id);
  assert.deepEqual([first?.firstAt.getTime(), first?.lastAt.getTime()], [START_MS, START_MS + 6_000]);
  await send(3, START_MS, [counted(3, 1), counted(4, 1), counted(5, 1), counted(6, 1), counted(7, 1)]);
  await send(4, START_MS, [counted(2, 9)]);
  assert.deepEqual(await read(), [[7, 1, 0, 0], [6, 1, 0, 0], [5, 1, 0, 0], [4, 1, 0, 0], [3, 1, 0, 0], [0, 3, 0, 0]], 'a late batch brings no old version back');
  for (const sequence of [5, 6]) await send(sequence, START_MS, [counted(2, 4, 1), counted(8, 1)], 2);
  assert.deepEqual(await read(), [[8, 2, 0, 0], [7, 1, 0, 0], [6, 1, 0, 0], [5, 1, 0, 0], [4, 1, 0, 0], [2, 8, 2, 0], [0, 3, 0, 0]], 'what serves after a fall-back is kept, however old');
  await send(7, START_MS, [counted(9, 1)]);
  assert.deepEqual((await read()).map(([sequence]) => sequence), [9, 8, 7, 6, 5, 0]);
  assert.deepEqual(await store.telemetry.versionCounts(await createGateway(store), dataPlane.id), [], 'not for another tenant');
});

test('what is remembered of received batches is bounded per boot, and never forgets what may come again', async () => {
  const scope = await createGateway(store);
  const dataPlane = await enrol(scope);
  const source = { ...scope, dataPlaneId: dataPlane.id, bootId: newId() };
  const one = batch(START_MS, START_MS + 1, [['', 200, 1]]);
  for (let sequence = 1; sequence <= 120; sequence += 1) assert.equal(await store.telemetry.storeBatch(source, sequence, one), 'stored');
  const { rows } = await onServer(database.superuserConnectionString, (client) => client.query('SELECT min(sequence)::int AS oldest, count(*)::int AS rows FROM holdfast.telemetry_received WHERE boot_id = $1', [source.bootId]));
  assert.deepEqual(rows, [{ oldest: 21, rows: 100 }]);
  // Merged over a long outage, so a long way ahead; the connection broke before either was acknowledged.
  assert.equal(await store.telemetry.storeBatch(source, 90_000, one), 'stored');
  assert.equal(await store.telemetry.storeBatch(source, 120, one), 'duplicate');
  assert.equal(await store.telemetry.storeBatch(source, 90_000, one), 'duplicate');
  // A data plane that was killed finds the whole of its last segment again, with batches that were acknowledged long ago.
  for (const sequence of [1, 20, 21]) assert.equal(await store.telemetry.storeBatch(source, sequence, one), 'duplicate', `batch ${sequence}`);
  assert.deepEqual((await store.telemetry.usage(scope, { groupBy: [] })).totals.map((total) => total.requests), [121]);
  const records = { fromMs: START_MS, toMs: START_MS, records: [], drops: [{ reason: 'rate', count: 1 }] };
  await store.records.storeRecordBatches(scope.tenantId, Array.from({ length: 102 }, (_, index) => ({ source, sequence: index + 1, batch: records })));
  assert.equal(await store.records.storeRecords(source, 1, records), 'duplicate', 'of access records too');
});

test('totals are exact over any grouping, minutes are told apart, and an interval across an outage counts where it begins', async () => {
  const scope = await createGateway(store);
  const [one, two] = [await enrol(scope), await enrol(scope)];
  const route = newId();
  const store1 = (sequence: number, sent: TelemetryBatch) => store.telemetry.storeBatch({ ...scope, dataPlaneId: one.id, bootId: one.id }, sequence, sent);
  await store1(1, batch(START_MS, START_MS + 1_000, [[route, 200, 1]]));
  await store1(2, batch(START_MS + MINUTE_MS, START_MS + MINUTE_MS + 1_000, [[route, 200, 10]]));
  await store1(3, batch(START_MS + MINUTE_MS, START_MS + 9 * MINUTE_MS, [[route, 500, 100]]));
  await store.telemetry.storeBatch({ ...scope, dataPlaneId: two.id, bootId: two.id }, 1, batch(START_MS, START_MS + 1, [['', 0, 1_000]]));
  const requests = async (query: Parameters<typeof store.telemetry.usage>[1]) => (await store.telemetry.usage(scope, query)).totals.map((total) => total.requests);
  assert.deepEqual(await requests({ groupBy: [] }), [1_111]);
  assert.deepEqual((await requests({ groupBy: ['data-plane'] })).sort((a, b) => a - b), [111, 1_000]);
  assert.deepEqual(await requests({ groupBy: ['status-class'] }), [1_000, 11, 100]);
  assert.deepEqual((await store.telemetry.usage(scope, { groupBy: ['status'] })).totals.map((total) => [total.status, total.requests]), [[0, 1_000], [200, 11], [500, 100]]);
  assert.deepEqual(await requests({ groupBy: [], from: new Date(START_MS + MINUTE_MS) }), [110]);
  assert.deepEqual(await requests({ groupBy: [], to: new Date(START_MS + MINUTE_MS) }), [1_001]);
  assert.deepEqual(await requests({ groupBy: [], from: new Date(START_MS + HOUR_MS) }), [0]);
  assert.deepEqual((await store.telemetry.usage(await createGateway(store), { groupBy: ['route'] })).totals, []);
});

test('a batch that can never be stored is refused for good and leaves nothing, so that nobody tries it for ever', async () => {
  const scope = await createGateway(store);
  const source = { ...scope, dataPlaneId: (await enrol(scope)).id, bootId: newId() };
  const good = batch(START_MS, START_MS + 1, [['', 200, 1]]);
  const [row] = good.usage;
  assert.ok(row);
  const wrong: readonly TelemetryBatch[] = [
    { ...good, usage: Array.from({ length: 1_025 }, () => ({ ...row, bytesIn: Number.MAX_SAFE_INTEGER })) },
    { ...good, usage: [{ ...row, routeId: 'no uuid' }] },
  ];
  for (const one of wrong) await assert.rejects(store.telemetry.storeBatch(source, 1, one), { code: 'STORE_TELEMETRY_REFUSED', retryable: false });
  assert.equal(await store.telemetry.storeBatch(source, 1, good), 'stored');
});

test('drops add up and crash gaps are told once; a batch for another tenant’s data plane stores nothing', async () => {
  const scope = await createGateway(store);
  const dataPlane = await enrol(scope);
  const boot = newId();
  const lost = { ...batch(START_MS, START_MS + 1, []), drops: [{ reason: 'spool-full', count: 1 }, { reason: 'spool-full', count: 2 }], crashGaps: [{ bootId: boot, lastFoldMs: START_MS, atMostMs: 1_000, lastRatePerSecond: 2.5 }] };
  for (const sequence of [1, 2, 2]) await store.telemetry.storeBatch({ ...scope, dataPlaneId: dataPlane.id, bootId: newId() }, sequence, lost);
  const report = await store.telemetry.usage(scope, { groupBy: [] });
  assert.deepEqual(report.drops, [{ dataPlaneId: dataPlane.id, reason: 'spool-full', count: 9 }]);
  assert.deepEqual(report.crashGaps, [{ dataPlaneId: dataPlane.id, bootId: boot, lastFoldAt: new Date(START_MS), atMostMs: 1_000, lastRatePerSecond: 2.5 }]);
  const other = await createGateway(store);
  await assert.rejects(store.telemetry.storeBatch({ ...other, dataPlaneId: dataPlane.id, bootId: boot }, 1, batch(START_MS, START_MS + 1, [['', 200, 1]])), { code: 'STORE_TELEMETRY_REFUSED', retryable: false, message: /foreign key/ });
  assert.deepEqual((await store.telemetry.usage(other, { groupBy: [] })).totals.map((total) => total.requests), [0]);
});
