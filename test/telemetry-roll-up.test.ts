/** The roll-up of telemetry in a real Postgres: totals are exact at any moment, quantiles true, whatever comes late, twice, or is cut off. */
// What is added up waits for transactions of the whole server: none of other tests may be among them.
import './support/own-server.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalyticsQuery } from '../control-plane/store/analytics-store.ts';
import { Database } from '../control-plane/store/database.ts';
import { DatabaseMeter } from '../control-plane/store/database-meter.ts';
import { createRollUpStore } from '../control-plane/store/roll-up-store.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import type { TelemetryExpiryStore } from '../control-plane/store/telemetry-expiry-store.ts';
import { openStore, type Store } from '../control-plane/store/store.ts';
import { USAGE_FAMILY } from '../control-plane/store/telemetry-families.ts';
import { RollUp } from '../control-plane/telemetry/roll-up.ts';
import { TelemetryMeter } from '../control-plane/telemetry/telemetry-meter.ts';
import { defined } from '../shared/assert.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type DataPlaneId } from '../shared/model/ids.ts';
import { LatencySketch } from '../shared/telemetry/latency-sketch.ts';
import type { TelemetryBatch } from '../shared/wire/telemetry-codec.ts';
import { ManualClock } from './support/manual-clock.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer, whenDone } from './support/postgres-server.ts';
import { createGateway, insert, TEST_ACTOR } from './support/store-scene.ts';
import { telemetryBatch, usageRow } from './support/telemetry-rows.ts';

const NOW_MS = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 13 * 3_600_000 + 7 * 60_000;
const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
const clock = new ManualClock(NOW_MS);
const { store, database } = await openTestStore({ clock });
const { log } = createMemoryLogger('test');
/** What goes is tested in telemetry-expiry.test.ts. */
const nothingExpires: TelemetryExpiryStore = { prepare: async () => undefined, remove: async () => ({ partitions: 0, rows: 0 }) };
const rollUpOf = (of: Store): RollUp => new RollUp({ store: of.rollUp, expiry: nothingExpires, meter: new TelemetryMeter(clock), clock, log });
await store.telemetryExpiry.prepare(clock.nowMs());

async function enrol(scope: GatewayScope, labels: Readonly<Record<string, string>> = {}, into = store): Promise<DataPlaneId> {
  const { token, secret } = await into.joinTokens.create(scope, { uses: 1, expiresAt: new Date(clock.nowMs() + HOUR_MS), labels }, TEST_ACTOR);
  const certificate = { serial: 'ab01', fingerprint: Buffer.alloc(32, 7), notAfter: new Date(Date.UTC(2037, 0, 1)) };
  return defined(await into.dataPlanes.enrol(token.id, secret, async () => ({ id: newId<DataPlaneId>(), hostname: 'host', certificate })), 'the enrolled data plane').id;
}

/** Another control plane at the same database. */
async function another(): Promise<Store> {
  const other = await openStore({ ...database, log, clock });
  whenDone(() => other.stop());
  return other;
}

const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
let state = seed;
/** Mulberry32. */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (count: number): number => Math.floor(random() * count);

interface Sent {
  readonly atMs: number;
  readonly routeId: string;
  readonly dataPlaneId: string;
  readonly status: number;
  readonly micros: readonly number[];
}

function sketchOf(micros: readonly number[]): Uint8Array {
  const sketch = new LatencySketch();
  for (const one of micros) sketch.add(one);
  return sketch.encode();
}

/** Each a batch of a few rows; what they say beside them. */
function randomBatch(dataPlaneId: string, routes: readonly string[], atMs: number): { readonly batch: TelemetryBatch; readonly sent: readonly Sent[] } {
  const sent = Array.from({ length: 1 + below(3) }, (): Sent => ({ atMs, dataPlaneId, routeId: defined(routes[below(routes.length)], 'a route'), status: defined([200, 404, 503][below(3)], 'a status'), micros: Array.from({ length: 1 + below(20) }, () => Math.round(50 * 1.2 ** below(60))) }));
  const usage = sent.map(({ routeId, status, micros }) => usageRow({ routeId, status, requests: micros.length, bytesIn: micros.length * 3, durationMicros: micros.reduce((sum, one) => sum + one, 0), latencies: { request: sketchOf(micros), upstream: sketchOf([]), gateway: sketchOf(micros.map(() => 7)) } }));
  return { batch: telemetryBatch({ fromMs: atMs, toMs: atMs + 1_000, usage }), sent };
}

async function checkAll(of: Store, scope: GatewayScope, sent: readonly Sent[]): Promise<void> {
  const expected = sent.reduce((sum, { micros }) => sum + micros.length, 0);
  const [total] = (await of.telemetry.usage(scope, { groupBy: [] })).totals;
  assert.equal(total?.requests, expected, `seed ${seed}`);
  assert.equal(total?.bytesIn, expected * 3);
}

/** The value that the quantile is of, of all values. */
function truth(micros: readonly number[], q: number): number {
  const sorted = micros.toSorted((a, b) => a - b);
  return defined(sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1], 'a value');
}

async function checkWindow(scope: GatewayScope, sent: readonly Sent[], query: AnalyticsQuery, keyOf: (one: Sent) => string): Promise<void> {
  const { groups, coverage } = await store.analytics.totals(scope, query);
  const inside = sent.filter(({ atMs }) => Math.floor(atMs / 10_000) * 10_000 >= coverage.from.getTime() && atMs < coverage.to.getTime());
  assert.ok(coverage.from <= query.from && coverage.to >= query.to);
  const expected = Map.groupBy(inside, keyOf);
  assert.equal(groups.length, expected.size);
  for (const group of groups) {
    const micros = defined(expected.get(group.key.join()), 'the group').flatMap((one) => one.micros);
    assert.equal(group.requests, micros.length);
    assert.equal(group.requestMicros, micros.reduce((sum, one) => sum + one, 0));
    for (const [name, q] of [['p50', 0.5], ['p90', 0.9], ['p99', 0.99]] as const) {
      const [found, real] = [defined(group.latencies?.request, 'a quantile')[name], truth(micros, q)];
      assert.ok(Math.abs(found - real) <= real * 0.0101 + 1, `${name}: ${found} for ${real}, seed ${seed}`);
    }
  }
}

test('totals are exact at any moment and quantiles within 1 % of any window and grouping, with late and double batches, two that roll up, and steps cut off', async () => {
  const scope = await createGateway(store);
  const planes = [await enrol(scope, { zone: 'east' }), await enrol(scope, { zone: 'west' })];
  const service = await insert(store, scope, 'services', { url: 'http://a.test' });
  const routes: string[] = [];
  for (let index = 0; index < 3; index += 1) routes.push((await insert(store, scope, 'routes', { paths: [`/${index}`], service: { id: service.id } })).id);
  const other = await another();
  const rollers = [rollUpOf(store), rollUpOf(other)];
  const sent: Sent[] = [];
  const boots = planes.map(() => newId());
  for (let sequence = 1; sequence <= 24; sequence += 1) {
    const plane = below(planes.length);
    const dataPlaneId: DataPlaneId = defined(planes[plane], 'a data plane');
    // Most of now, some of hours and days ago.
    const atMs = clock.nowMs() - (random() < 0.6 ? below(20_000) : below(random() < 0.5 ? 3 * HOUR_MS : 9 * DAY_MS));
    const { batch, sent: rows } = randomBatch(dataPlaneId, routes, atMs);
    const source = { ...scope, dataPlaneId, bootId: defined(boots[plane], 'a boot') };
    sent.push(...rows);
    const times = random() < 0.3 ? 2 : 1;
    await Promise.all(Array.from({ length: times }, () => store.telemetry.storeBatch(source, sequence, batch)));
    if (sequence % 4 === 0) await Promise.all([...rollers.map((one) => one.tick()), checkAll(other, scope, sent), checkAll(store, scope, sent)]);
    if (sequence % 12 === 0) {
      // The next step ends in its middle: its connection is gone.
      let cut = false;
      await store.rollUp.takeRaw(USAGE_FAMILY, 5, async () => {
        if (cut) return;
        cut = true;
        await onServer(database.superuserConnectionString, (client) => client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%FETCH FIRST%'"));
      }).catch(() => undefined);
      await checkAll(store, scope, sent);
    }
    clock.advance(below(40 * MINUTE_MS));
  }
  for (const roller of rollers) await roller.tick();
  await checkAll(store, scope, sent);
  const levels = await onServer(database.superuserConnectionString, (client) => client.query('SELECT (SELECT count(*)::int FROM holdfast.usage_hours) AS hours, (SELECT count(*)::int FROM holdfast.usage_days) AS days'));
  const [counted] = levels.rows as readonly { readonly hours: number; readonly days: number }[];
  assert.ok((counted?.hours ?? 0) > 0 && (counted?.days ?? 0) > 0, 'hours and days were reached');
  const now = clock.nowMs();
  for (const [from, to] of [[now - 10 * DAY_MS, now], [now - 40 * DAY_MS, now + DAY_MS], [now - 7 * HOUR_MS, now - 90 * MINUTE_MS], [now - 10 * MINUTE_MS, now]] as const) {
    const query = { from: new Date(from), to: new Date(to), filter: {}, latencies: true };
    await checkWindow(scope, sent, { ...query, groupBy: ['route'] }, ({ routeId }) => routeId);
    await checkWindow(scope, sent, { ...query, groupBy: ['service', 'status-class'] }, ({ status }) => `${service.id},${Math.floor(status / 100)}`);
    await checkWindow(scope, sent, { ...query, groupBy: ['label:zone'] }, ({ dataPlaneId }) => (dataPlaneId === planes[0] ? 'east' : 'west'));
    await checkWindow(scope, sent.filter(({ status }) => status === 503), { ...query, groupBy: ['data-plane'], filter: { statuses: [503], services: [service.id] } }, ({ dataPlaneId }) => dataPlaneId);
  }
});

test('top, series and targets: ranked by counts and by quantiles, points by step, steps without requests left out', async () => {
  const scope = await createGateway(store);
  const dataPlaneId = await enrol(scope);
  const source = { ...scope, dataPlaneId, bootId: newId() };
  const routes: readonly string[] = [newId(), newId(), newId()];
  const now = Math.floor(clock.nowMs() / HOUR_MS) * HOUR_MS;
  const at = (hoursAgo: number, rows: readonly (readonly [route: number, status: number, requests: number, micros: number])[]): TelemetryBatch => telemetryBatch({
    fromMs: now - hoursAgo * HOUR_MS, toMs: now - hoursAgo * HOUR_MS + 1_000,
    usage: rows.map(([route, status, requests, micros]) => usageRow({ routeId: defined(routes[route], 'a route'), status, requests, latencies: { request: sketchOf(Array.from({ length: requests }, () => micros)), upstream: sketchOf([]), gateway: sketchOf([]) } })),
    targets: [{ upstream: 'u', target: 'h:1', address: '10.0.0.1:1', attempts: 3, failed: 1, status5xx: 1, latency: sketchOf([500, 1_000]) }],
    routeVersions: [{ routeId: defined(routes[0], 'a route'), version: { epoch: 1, sequence: 7 }, failed: 2, failedHere: 1 }],
    overflow: hoursAgo === 2 ? { request: sketchOf([77_000]), upstream: sketchOf([]), gateway: sketchOf([]) } : undefined,
    drops: [{ reason: 'spool-full', count: 1 }],
  });
  await store.telemetry.storeBatch(source, 1, at(5, [[0, 200, 100, 1_000], [1, 500, 30, 9_000]]));
  await rollUpOf(store).tick();
  await store.telemetry.storeBatch(source, 2, at(2, [[0, 200, 10, 2_000], [2, 200, 40, 50]]));
  const query = { from: new Date(now - 20 * HOUR_MS), to: new Date(now), groupBy: ['route'] as const, filter: {}, latencies: false };
  const order = async (by: 'requests' | 'errors' | 'p99' | 'error-rate', limit = 10) => (await store.analytics.top(scope, { ...query, by, limit })).groups.map(({ key: [route] }) => routes.indexOf(route ?? ''));
  assert.deepEqual([await order('requests'), await order('errors', 1), await order('error-rate', 1), await order('p99', 2)], [[0, 2, 1], [1], [1], [1, 0]]);
  const top = await store.analytics.top(scope, { ...query, by: 'requests', limit: 1 });
  assert.deepEqual([top.groupCount, top.total.requests, top.total.errors, top.coverage.resolution, top.groups[0]?.latencies], [3, 180, 30, '1h', undefined]);
  assert.deepEqual(top.coverage.missing.drops, [{ dataPlaneId, reason: 'spool-full', count: 2 }]);
  assert.deepEqual(top.coverage.missing.silent.map((one) => one.dataPlaneId), [dataPlaneId], 'its last counts are two hours old');
  assert.deepEqual(top.coverage.countedUntil, new Date(now - 2 * HOUR_MS + 1_000));

  const { series, stepMs } = await store.analytics.series(scope, { ...query, latencies: true, stepMs: HOUR_MS, limit: 2 });
  assert.equal(stepMs, HOUR_MS);
  assert.deepEqual(series.map(({ points }) => points.map((point) => [(now - point.at.getTime()) / HOUR_MS, point.requests])), [[[5, 100], [2, 10]], [[2, 40]]]);
  const p50 = series[0]?.points[1]?.latencies?.request?.p50 ?? 0;
  assert.ok(Math.abs(p50 - 2_000) <= 20, `${p50}`);
  const [whole] = (await store.analytics.totals(scope, { ...query, groupBy: [], latencies: true })).groups;
  assert.equal(whole?.latencies?.request?.count, 181, 'with latencies of rows beyond the bound');

  const { targets } = await store.analytics.targets(scope, { from: query.from, to: query.to, limit: 5 });
  assert.deepEqual(targets.map(({ attempts, failed, status5xx, latency }) => [attempts, failed, status5xx, latency?.count]), [[6, 2, 2, 4]]);
  assert.deepEqual(await store.analytics.routeVersionErrors(scope, { ...query, limit: 5 }), [{ routeId: routes[0], version: { epoch: 1, sequence: 7 }, failed: 4, failedHere: 2 }]);
  const empty = await store.analytics.totals(await createGateway(store), { ...query, groupBy: [] });
  assert.deepEqual([empty.groups.length, empty.total.requests], [1, 0], 'not for another tenant');
});

test('the first row ever is not taken for one that was: the roll-up began before it', async () => {
  const { store: fresh } = await openTestStore({ clock });
  const roller = rollUpOf(fresh);
  for (let tick = 0; tick < 2; tick += 1) await roller.tick();
  const scope = await createGateway(fresh);
  const one = { source: { ...scope, dataPlaneId: await enrol(scope, {}, fresh), bootId: newId() }, sequence: 1, batch: telemetryBatch({ fromMs: clock.nowMs(), toMs: clock.nowMs(), usage: [usageRow({ requests: 7 })] }) };
  assert.deepEqual(await fresh.telemetry.storeBatches(scope.tenantId, [one, one]), ['stored', 'duplicate']);
  const total = async () => (await fresh.telemetry.usage(scope, { groupBy: [] })).totals.map(({ requests }) => requests);
  assert.deepEqual(await total(), [7]);
  const backlog = await fresh.rollUp.backlog(USAGE_FAMILY);
  assert.ok(backlog.rows === 1 && Math.abs(Date.now() - (backlog.oldest?.getTime() ?? 0)) < 60_000);
  for (let tick = 0; tick < 2; tick += 1) await roller.tick();
  assert.deepEqual(await total(), [7]);
  assert.deepEqual(await fresh.rollUp.backlog(USAGE_FAMILY), { rows: 0, oldest: undefined });
});

test('after a failover to a server that lacks the last rows, those that get their numbers again are not passed by', async () => {
  const { store: fresh, database: itsDatabase } = await openTestStore({ clock });
  let server = 'first';
  const own = new Database({ ...itsDatabase, log, clock, poolSize: 2, statementTimeoutMs: 30_000, meter: new DatabaseMeter(clock) });
  whenDone(() => own.stop());
  const asServer = <Row extends object>(rows: readonly Row[]): readonly Row[] => rows.map((row) => ('server' in row ? { ...row, server } : row));
  const rollUp = createRollUpStore({
    query: async (...given) => asServer(await own.query(...given)),
    transaction: (options, work) => own.transaction(options, (transaction) => work({
      query: async (...given) => asServer(await transaction.query(...given)), commitWith: (...given) => transaction.commitWith(...given), send: (...given) => transaction.send(...given),
      copyIn: (...given) => transaction.copyIn(...given), abandon: () => transaction.abandon(),
    })),
  });
  const scope = await createGateway(fresh);
  const source = { ...scope, dataPlaneId: await enrol(scope, {}, fresh), bootId: newId() };
  const batch = (requests: number) => telemetryBatch({ fromMs: clock.nowMs(), toMs: clock.nowMs(), usage: Array.from({ length: requests }, () => usageRow()) });
  await fresh.telemetry.storeBatch(source, 1, batch(30));
  const step = () => rollUp.takeRaw(USAGE_FAMILY, 5, async () => undefined);
  await step();
  server = 'second';
  await onServer(itsDatabase.superuserConnectionString, async (client) => {
    await client.query("DELETE FROM holdfast.usage_raw WHERE id > 20; SELECT setval('holdfast.telemetry_ids', 20)");
    // Somebody writes for long: of what is new nothing may be taken.
    await client.query('BEGIN; SELECT pg_current_xact_id()');
    for (let count = 0; count < 10; count += 1) await step();
    await fresh.telemetry.storeBatch(source, 2, batch(8));
    await client.query('COMMIT');
  });
  for (let count = 0; count < 10; count += 1) await step();
  assert.deepEqual((await fresh.telemetry.usage(scope, { groupBy: [] })).totals.map(({ requests }) => requests), [28]);
});

test('what control planes of an older release store is moved once, and counts before and after', async () => {
  const scope = await createGateway(store);
  const dataPlaneId = await enrol(scope);
  const at = new Date(Math.floor(clock.nowMs() / MINUTE_MS) * MINUTE_MS - 3 * DAY_MS);
  const add = () => onServer(database.superuserConnectionString, (client) => client.query(
    `INSERT INTO holdfast.usage AS u VALUES ($1, $2, $3, $4, $4::timestamptz + interval '1 minute', NULL, NULL, 2, 5, 1, 1, 1)
     ON CONFLICT (tenant_id, gateway_id, interval_start, interval_end, data_plane_id, route_id, consumer_id, status_class) DO UPDATE SET requests = u.requests + excluded.requests`, [scope.tenantId, scope.gatewayId, dataPlaneId, at]));
  const requests = async () => (await store.telemetry.usage(scope, { groupBy: ['route', 'consumer', 'status-class'] })).totals.map((total) => [total.routeId, total.consumerId, total.statusClass, total.requests]);
  await add();
  assert.deepEqual(await requests(), [[null, null, 2, 5]]);
  await Promise.all([add(), rollUpOf(store).tick(), add(), rollUpOf(await another()).tick(), add()]);
  assert.deepEqual(await requests(), [[null, null, 2, 20]]);
  await rollUpOf(store).tick();
  assert.deepEqual(await requests(), [[null, null, 2, 20]]);
  const { rows } = await onServer(database.superuserConnectionString, (client) => client.query('SELECT count(*)::int AS count FROM holdfast.usage'));
  assert.deepEqual(rows, [{ count: 0 }]);
});
