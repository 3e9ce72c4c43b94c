/**
 * Sinks with real receivers and a real Postgres: each row arrives, and at ClickHouse once, through refusals, cut connections, a control
 * plane that ends in the middle and one that takes over; what retention takes first is counted and told; no secret is logged.
 */
// What is added up waits for transactions of the whole server: none of other tests may be among them.
import './support/own-server.ts';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AlarmDesk } from '../control-plane/alarms/alarm-desk.ts';
import { parseSinkSettings } from '../control-plane/sinks/sink-settings.ts';
import { startSinks, type Sinks } from '../control-plane/sinks/start-sinks.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import { openStore, type Store } from '../control-plane/store/store.ts';
import { FAMILIES } from '../control-plane/store/telemetry-families.ts';
import { RollUp } from '../control-plane/telemetry/roll-up.ts';
import { UsageExporter } from '../control-plane/telemetry/usage-exporter.ts';
import { defined } from '../shared/assert.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type DataPlaneId } from '../shared/model/ids.ts';
import { LatencySketch } from '../shared/telemetry/latency-sketch.ts';
import { accessRecord, requestIdOf } from './support/access-record.ts';
import { ManualClock } from './support/manual-clock.ts';
import { partialSuccessBytes } from './support/otlp-messages.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { ClickhouseReceiver, CollectorReceiver } from './support/sink-receivers.ts';
import { createGateway, TEST_ACTOR } from './support/store-scene.ts';
import { telemetryBatch, testTarget, usageRow } from './support/telemetry-rows.ts';
import { waitUntil } from './support/wait-until.ts';

const PASSWORD = 'canary-of-a-clickhouse-password';
const TOKEN = 'canary-of-a-collector-token';
const OFF = { clickhouseUrl: undefined, clickhouseDatabase: 'default', clickhouseUser: 'default', clickhousePassword: undefined, clickhouseTablePrefix: 'holdfast_', clickhouseStreams: ['usage', 'targets', 'records'], otlpEndpoint: undefined, otlpHeaders: [], otlpStreams: ['usage', 'targets', 'records'] } as const;

/** A database of its own, with a gateway, a data plane, and what it sends. */
async function scene() {
  const { store, database } = await openTestStore({ clock: systemClock });
  const { log, lines } = createMemoryLogger('test');
  const scope = await createGateway(store);
  const { token, secret } = await store.joinTokens.create(scope, { uses: 1, expiresAt: new Date(Date.now() + 3_600_000), labels: { zone: 'east' } }, TEST_ACTOR);
  const certificate = { serial: 'ab01', fingerprint: Buffer.alloc(32, 7), notAfter: new Date(Date.UTC(2037, 0, 1)) };
  const dataPlane = defined(await store.dataPlanes.enrol(token.id, secret, async () => ({ id: newId<DataPlaneId>(), hostname: 'edge-1', certificate })), 'a data plane');
  const source = { ...scope, dataPlaneId: dataPlane.id, bootId: newId() };
  const rollUp = new RollUp({ store: store.rollUp, expiry: store.telemetryExpiry, clock: systemClock, log });
  const exporter = new UsageExporter({ making: store.usageExportMaking, clock: systemClock, log });
  let sequence = 0;
  /** Some batches of counts and records, which may be read then. */
  const count = async (batches: number): Promise<void> => {
    for (let index = 0; index < batches; index += 1) {
      sequence += 1;
      const sketch = new LatencySketch();
      for (let one = 0; one < sequence; one += 1) sketch.add(1_000 * (one + 1));
      const latencies = { request: sketch.encode(), upstream: new Uint8Array(0), gateway: sketch.encode() };
      const usage = [200, 503, 0].map((status) => usageRow({ status, requests: sequence, bytesIn: 3 * sequence, bytesOut: 5 * sequence, durationMicros: 500 * sequence * (sequence + 1), latencies, consumerId: '' }));
      await store.telemetry.storeBatch(source, sequence, telemetryBatch({ fromMs: Date.now() - 60_000, toMs: Date.now(), usage, targets: [testTarget({ attempts: sequence, failed: 1, latency: sketch.encode() })], overflow: index === 0 ? latencies : undefined }));
      const records = [accessRecord({ requestId: requestIdOf(sequence), startedMicros: Date.now() * 1_000 + 7, status: 502, traceId: requestIdOf(sequence + 100), headers: new Map([['request.accept', 'a"\\b']]), path: `/ü/${sequence}` })];
      await store.records.storeRecords(source, sequence, { fromMs: Date.now(), toMs: Date.now(), records, drops: [] });
    }
    // Sinks follow the roll-up, which waits for all transactions that began before.
    await waitUntil('all is rolled up', async () => {
      await rollUp.tick();
      const waiting = await Promise.all(FAMILIES.map((family) => store.rollUp.backlog(family)));
      return waiting.every(({ rows }) => rows === 0);
    });
    await exporter.tick();
  };
  const requests = async (): Promise<number> => (await store.telemetry.usage(scope, { groupBy: [] })).totals.reduce((sum, one) => sum + one.requests, 0);
  return { store, database, log, lines, scope, count, requests };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** What a control plane has of it; its clock is moved by hand. */
function sinksOf(context: TestContext, { log }: Scene, store: Store, scope: GatewayScope, given: Partial<Parameters<typeof parseSinkSettings>[0]>, leaseMs = 60_000): { readonly sinks: Sinks; readonly clock: ManualClock } {
  const clock = new ManualClock(Date.now());
  const alarms = new AlarmDesk({ store: store.alarms, clock, log });
  const sinks = startSinks({ settings: parseSinkSettings({ ...OFF, ...given }), store: store.sinks, alarms, scope, softwareVersion: '1.0.0', clock, random: () => 0.5, log, leaseMs });
  context.after(async () => {
    await sinks.stop();
    await alarms.stop();
  });
  return { sinks, clock };
}

const sum = (numbers: readonly unknown[]): number => numbers.reduce<number>((all, one) => all + Number(one), 0);

test('each row is in ClickHouse exactly once and totals are those of usage, through refusals, cut connections, a crash in the middle of a batch and a takeover', async (context) => {
  const receiver = await new ClickhouseReceiver(PASSWORD).listen();
  context.after(() => receiver.close());
  const here = await scene();
  const { store, database, log, scope, count, requests } = here;
  const settings = { clickhouseUrl: receiver.url, clickhousePassword: PASSWORD };
  // What it says of itself repeats the password: nobody may log it.
  receiver.fates.push({ kind: 'answer', status: 404, headers: { 'x-clickhouse-exception-code': '60' }, body: `Code: 60. DB::Exception: no ${PASSWORD} here. (UNKNOWN_TABLE)` }, { kind: 'drop' }, { kind: 'cut' }, { kind: 'cut' }, { kind: 'answer', status: 200, headers: { 'x-clickhouse-exception-code': '241' } });
  await count(4);
  const first = await openStore({ ...database, log, clock: systemClock });
  const dying = sinksOf(context, here, first, scope, settings, 300);
  const arrived = (): number => sum(receiver.rows('holdfast_usage').map((row) => row['requests']));
  const drive = (clocks: readonly ManualClock[], isReached: () => boolean) => waitUntil('rows at the receiver', () => {
    for (const clock of clocks) clock.advance(5_000);
    return isReached();
  }, 10_000);
  // Four batches: three rows of usage and one beyond the bound, a target and a record each. None is on its way then.
  await drive([dying.clock], () => sum(dying.sinks.view().map(({ sentRows }) => sentRows)) === 4 * 3 + 1 + 4 + 4);
  assert.equal(arrived(), 3 * 10);

  // Batches of all streams are on their way, and answered by nobody, when the control plane loses its database for good.
  const held = Promise.withResolvers<void>();
  receiver.fates.push(...Array.from({ length: 3 }, () => ({ kind: 'hold' as const, until: held.promise })));
  await count(3);
  const before = receiver.requests;
  await drive([dying.clock], () => receiver.requests >= before + 3);
  await first.stop();
  await count(2);
  const taking = sinksOf(context, here, store, scope, settings);
  held.resolve();
  await drive([taking.clock], () => arrived() === 3 * 45 && receiver.rows('holdfast_access_records').length === 9 && receiver.rows('holdfast_targets').length === 9);

  assert.equal(arrived(), await requests());
  assert.deepEqual(receiver.faults, []);
  assert.ok(receiver.duplicates >= 2, 'batches came again under their tokens');
  for (const [table, rows] of receiver.tables) assert.equal(new Set(rows.map((row) => row['id'])).size, rows.length, table);
  const usage = receiver.rows('holdfast_usage');
  assert.ok(usage.every((row) => row['tenant_id'] === scope.tenantId && row['gateway_id'] === scope.gatewayId));
  // Of the latencies, those beyond the bound stand alone: three calls of count, each a pack of them.
  assert.equal(sum(usage.filter((row) => row['status'] === 503).flatMap((row) => row['request_counts'])), 45);
  assert.equal(usage.filter((row) => row['status'] === -1).length, 3);
  assert.deepEqual(receiver.rows('holdfast_access_records').map((row) => [row['path'], row['headers']]).at(-1), ['/ü/9', { 'request.accept': 'a"\\b' }]);
  assert.equal(here.lines().some((line) => line.includes('code 60 UNKNOWN_TABLE')), true);
  assert.equal(here.lines().join('\n').includes('canary'), false);
});

test('a collector gets all counts as deltas that follow one another, latencies within 2.1 %, and records with their traces; Retry-After is kept, what it rejects is counted', async (context) => {
  const receiver = await new CollectorReceiver(TOKEN).listen();
  context.after(() => receiver.close());
  const here = await scene();
  const { store, scope, count, requests } = here;
  receiver.fates.push(...Array.from({ length: 3 }, () => ({ kind: 'answer' as const, status: 503, headers: { 'retry-after': '120' }, body: TOKEN })));
  await count(4);
  const { sinks, clock } = sinksOf(context, here, store, scope, { otlpEndpoint: `${receiver.url}/otlp/`, otlpHeaders: [`authorization=Bearer ${TOKEN}`] });
  const failed = (): number => sum(sinks.view().map((view) => view.failedAttempts));
  await waitUntil('the first answers', () => {
    clock.advance(1);
    return failed() === 3;
  });
  const waits = here.lines().map((line): { readonly event?: string; readonly againInMs?: number } => JSON.parse(line)).filter(({ event }) => event === 'sink-failed');
  assert.deepEqual(waits.map(({ againInMs }) => againInMs), [120_000, 120_000, 120_000]);
  const drive = (isReached: () => boolean) => waitUntil('points at the receiver', () => {
    clock.advance(5_000);
    return isReached();
  });
  await drive(() => receiver.sumOf('holdfast.requests') === 30 && receiver.logs.length > 0 && receiver.sumOf('holdfast.target.attempts') === 10);
  receiver.fates.push({ kind: 'cut' });
  await count(2);
  await drive(() => receiver.sumOf('holdfast.requests') === 63 && receiver.logs.flatMap(({ items }) => items).length === 6);

  assert.deepEqual(receiver.faults, []);
  assert.equal(receiver.sumOf('holdfast.requests'), await requests());
  assert.equal(receiver.sumOf('holdfast.received'), 3 * 63);
  // Those beyond the bound too: of the first batch of each call, 1 and 5.
  assert.equal(receiver.sumOf('holdfast.request.duration', 'count'), 63 + 6);
  for (const { count: all, scale, zeroCount, offset, buckets } of receiver.metrics.flatMap(({ items }) => items).filter(({ name }) => name === 'holdfast.request.duration').flatMap(({ points }) => points)) {
    assert.equal(zeroCount + sum(buckets), all);
    // All took whole milliseconds, up to six: the last bucket holds one of them.
    const longest = 2 ** ((offset + buckets.length) / 2 ** scale) * 1_000;
    assert.ok(Math.abs(longest - Math.round(longest)) <= longest * 0.035 && longest < 6.3, `${longest} ms`);
  }
  assert.ok(receiver.metrics.every(({ items }) => items.every(({ points }) => points.length > 0)), 'no metric is empty');
  const [resource] = receiver.metrics;
  assert.partialDeepStrictEqual(resource?.resource, { 'service.name': 'holdfast', 'holdfast.tenant.id': scope.tenantId, 'holdfast.gateway.id': scope.gatewayId, 'host.name': 'edge-1', 'holdfast.label.zone': 'east' });
  const ofErrors = receiver.metrics.flatMap(({ items }) => items).filter(({ name }) => name === 'holdfast.requests').flatMap(({ points }) => points).filter(({ attributes }) => attributes['http.response.status_code'] === 503);
  assert.equal(ofErrors.length >= 2, true);
  for (const [index, point] of ofErrors.entries()) {
    assert.ok(point.startNanos < point.endNanos);
    if (index > 0) assert.equal(point.startNanos, ofErrors[index - 1]?.endNanos);
  }
  const { items: [record] } = defined(receiver.logs[0], 'log records');
  assert.partialDeepStrictEqual(record, { body: 'GET /ü/1 502', severityText: 'ERROR', traceId: requestIdOf(101), attributes: { 'http.response.status_code': 502, 'http.request.header.accept': 'a"\\b' } });

  receiver.fates.push({ kind: 'answer', status: 200, headers: { 'content-type': 'application/x-protobuf' }, body: partialSuccessBytes(1, TOKEN) }, { kind: 'answer', status: 400 }, { kind: 'answer', status: 400 });
  await count(1);
  await drive(() => receiver.requests >= 3 && sum(sinks.view().map((view) => view.lostRows)) >= 3);
  assert.equal(here.lines().some((line) => line.includes('sink-refused')), true);
  assert.equal(here.lines().join('\n').includes('canary'), false);
});

test('a dead sink is told of by an alarm and holds nothing back: what retention takes is counted, logged and told, and what comes after is sent', async (context) => {
  const receiver = await new ClickhouseReceiver(PASSWORD).listen();
  context.after(() => receiver.close());
  const here = await scene();
  const { store, database, scope, count, requests } = here;
  let isDead = true;
  receiver.fates.push(...Array.from({ length: 200 }, () => ({ kind: 'drop' as const })));
  await count(2);
  const { sinks, clock } = sinksOf(context, here, store, scope, { clickhouseUrl: receiver.url, clickhousePassword: PASSWORD, clickhouseStreams: ['usage'] });
  const drive = (what: string, isReached: () => boolean | Promise<boolean>) => waitUntil(what, async () => {
    clock.advance(isDead ? 31_000 : 1_000);
    return isReached();
  });
  const open = async (): Promise<readonly string[]> => (await store.alarms.list(scope, { cleared: false, limit: 10 })).map(({ code }) => code);
  await drive('the alarm', async () => (await open()).includes('SINK_FAILING'));
  const [{ failedAttempts, behind } = { failedAttempts: 0, behind: undefined }] = sinks.view();
  assert.ok(failedAttempts >= 2);
  assert.equal(behind?.rows, 7);

  // Two batches of three rows and one beyond the bound are on their way. What comes now goes with its partition, or row by row, and they too.
  const asOwner = (sql: string, values: readonly string[] = []) => onServer(database.superuserConnectionString, (client) => client.query(sql, [...values]));
  await count(1);
  await asOwner("SELECT holdfast.ensure_telemetry_partition('usage_raw', now() - interval '9 days')");
  await asOwner("UPDATE holdfast.usage_raw SET arrived_at = now() - interval '9 days' WHERE id > (SELECT batch_until_id FROM holdfast.sink_watermarks)");
  await count(1);
  await asOwner('INSERT INTO holdfast.tenant_retention (tenant_id, raw_s) VALUES ($1, 1)', [scope.tenantId]);
  const removed = await store.telemetryExpiry.remove(Date.now(), () => false);
  assert.equal(removed.partitions, 1);
  await asOwner('DELETE FROM holdfast.tenant_retention');
  isDead = false;
  receiver.fates.length = 0;
  await count(1);
  await drive('all that is left', () => sum(receiver.rows('holdfast_usage').map((row) => row['requests'])) === 3 * (1 + 2 + 5));
  assert.equal(await requests(), 3 * 15, 'in Holdfast nothing is missing');
  await drive('the word of the loss', () => sinks.view()[0]?.lostRows === 8);
  await drive('the alarm of the loss', async () => (await open()).includes('SINK_ROWS_LOST') && !(await open()).includes('SINK_FAILING'));
  const told = here.lines().map((line): { readonly event?: string; readonly rows?: number } => JSON.parse(line)).filter(({ event }) => event === 'sink-rows-lost');
  assert.equal(sum(told.map((line) => line.rows)), 8);
});
