/**
 * `npm run bench -- ingest`: what the control plane's store takes of telemetry, in this process on a real Postgres beside it: folded rows and
 * access records per second, a day's backlog of 100 data planes beside live ones, rankings over 10,000 series. Method in bench/README.md.
 */
import { writeFileSync } from 'node:fs';
import { createIngest, type Ingests } from '../control-plane/telemetry/ingest.ts';
import { RollUp } from '../control-plane/telemetry/roll-up.ts';
import { TelemetryMeter } from '../control-plane/telemetry/telemetry-meter.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import type { Store } from '../control-plane/store/store.ts';
import { defined } from '../shared/assert.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type DataPlaneId } from '../shared/model/ids.ts';
import { LatencySketch } from '../shared/telemetry/latency-sketch.ts';
import { encodeRecordBatch } from '../shared/wire/access-record-codec.ts';
import { encodeTelemetryBatch, type UsageRow } from '../shared/wire/telemetry-codec.ts';
import { accessRecord, requestIdOf } from '../test/support/access-record.ts';
import { FleetScene } from '../test/support/fleet-scene.ts';
import { openTestStore, type TestDatabase } from '../test/support/postgres.ts';
import { onServer } from '../test/support/postgres-server.ts';
import { createGateway } from '../test/support/store-scene.ts';
import { telemetryBatch, usageRow } from '../test/support/telemetry-rows.ts';
import { quantile } from './admin/closed-loop.ts';
import type { BenchOptions } from './main.ts';
import { machine } from './turns.ts';

interface Scene {
  readonly store: Store;
  readonly database: TestDatabase;
  readonly scope: GatewayScope;
  readonly dataPlanes: readonly DataPlaneId[];
  readonly ingests: Ingests;
  readonly seconds: number;
}

type Figures = Readonly<Record<string, number>>;

const DATA_PLANES = 100;
/** Combinations of route, consumer and status that a data plane sees in a second. */
const ROWS_OF_BATCH = 200;
const RECORDS_OF_BATCH = 200;
/** Requests of a row in a second: most rows have few, some many. */
const REQUESTS = [1, 1, 1, 2, 2, 3, 5, 8, 20, 100];
const SERIES = 10_000;
const HOUR_MS = 3_600_000;
const CASES: Readonly<Record<string, (scene: Scene) => Promise<Figures>>> = { rows: measureRows, records: measureRecords, replay: measureReplay, top: measureTop };

export async function runIngestBench(options: BenchOptions): Promise<void> {
  const { store, database } = await openTestStore();
  const { log } = createMemoryLogger('bench');
  const scope = await createGateway(store);
  const fleet = new FleetScene(store, scope);
  const dataPlanes: DataPlaneId[] = [];
  for (let index = 0; index < DATA_PLANES * 2; index += 1) dataPlanes.push(await fleet.enrol(`host-${index}`));
  await store.telemetryExpiry.prepare(Date.now());
  const meter = new TelemetryMeter(systemClock);
  const rollUp = new RollUp({ store: store.rollUp, expiry: store.telemetryExpiry, meter, clock: systemClock, log });
  rollUp.start();
  const scene: Scene = { store, database, scope, dataPlanes, ingests: createIngest({ telemetry: store.telemetry, records: store.records, meter, clock: systemClock, log }), seconds: options.smoke ? 1 : options.seconds };
  const results: Record<string, Figures[]> = {};
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      for (const name of options.only.length > 0 ? options.only : Object.keys(CASES)) {
        const figures = await defined(CASES[name], `the case ${name}`)(scene);
        (results[name] ??= []).push(figures);
        console.log(`${name}: ${Object.entries(figures).map(([what, value]) => `${what} ${value}`).join(', ')}`);
      }
    }
  } finally {
    await rollUp.stop();
    await store.stop();
  }
  if (!options.smoke && options.only.length === 0) writeFileSync(new URL('./results/ingest.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- ingest', machine: machine(), seconds: options.seconds, results }, null, 1)}\n`);
}

/** Latencies around 20 ms, with a tail. */
function sketch(requests: number, centreMicros: number): Uint8Array {
  const made = new LatencySketch();
  for (let index = 0; index < requests; index += 1) made.add(Math.round(centreMicros * Math.exp(0.6 * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()))));
  return made.encode();
}

const routes = Array.from({ length: 50 }, () => newId());
const consumers = Array.from({ length: 200 }, () => newId());

function row(index: number): UsageRow {
  const requests = defined(REQUESTS[index % REQUESTS.length], 'a count');
  return usageRow({
    routeId: defined(routes[index % routes.length], 'a route'), consumerId: defined(consumers[(index * 7) % consumers.length], 'a consumer'), status: index % 20 === 0 ? 503 : 200, requests, bytesIn: requests * 700, bytesOut: requests * 4_000,
    durationMicros: requests * 20_000, upstreamMicros: requests * 19_800, gatewayMicros: requests * 200, latencies: { request: sketch(requests, 20_000), upstream: sketch(requests, 19_800), gateway: sketch(requests, 200) },
  });
}

function rowsOf(count: number): readonly UsageRow[] {
  return Array.from({ length: count }, (_, index) => row(index));
}

/** One after the other of each data plane, as sessions do; what each took in milliseconds. */
async function sendAll(dataPlanes: readonly DataPlaneId[], seconds: number, send: (dataPlaneId: DataPlaneId, bootId: string, sequence: number) => Promise<void>, everyMs = 0): Promise<readonly number[]> {
  const took: number[] = [];
  const endMs = performance.now() + seconds * 1_000;
  await Promise.all(dataPlanes.map(async (dataPlaneId) => {
    const bootId = newId();
    if (everyMs > 0) await pause(Math.random() * everyMs);
    for (let sequence = 1; performance.now() < endMs; sequence += 1) {
      const begunMs = performance.now();
      await send(dataPlaneId, bootId, sequence);
      took.push(performance.now() - begunMs);
      if (everyMs > 0) await pause(Math.max(0, everyMs - (performance.now() - begunMs)));
    }
  }));
  return took.toSorted((a, b) => a - b);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

async function measureRows({ ingests, scope, dataPlanes, seconds, database }: Scene): Promise<Figures> {
  const usage = rowsOf(ROWS_OF_BATCH);
  const begunMs = performance.now();
  const took = await sendAll(dataPlanes.slice(0, DATA_PLANES), seconds, (dataPlaneId, bootId, sequence) => {
    const fromMs = Date.now() - 1_000;
    return ingests.ingest({ ...scope, dataPlaneId, bootId }, sequence, encodeTelemetryBatch(telemetryBatch({ fromMs, toMs: fromMs + 1_000, usage })));
  });
  const elapsed = (performance.now() - begunMs) / 1_000;
  const sizes = usage.map((one) => encodeTelemetryBatch(telemetryBatch({ usage: [one] })).length - encodeTelemetryBatch(telemetryBatch()).length).toSorted((a, b) => a - b);
  const { rows } = await onServer(database.superuserConnectionString, (client) => client.query<{ readonly bytes: number }>('SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY pg_column_size(r.*))::int AS bytes FROM (SELECT * FROM holdfast.usage_raw ORDER BY id DESC LIMIT 2000) r'));
  return { 'rows/s': Math.round((took.length * ROWS_OF_BATCH) / elapsed), 'ack p50 ms': Math.round(quantile(took, 0.5)), 'ack p99 ms': Math.round(quantile(took, 0.99)), 'row bytes sent p50': sizes[sizes.length >> 1] ?? 0, 'row bytes stored p50': rows[0]?.bytes ?? 0 };
}

async function measureRecords({ ingests, scope, dataPlanes, seconds }: Scene): Promise<Figures> {
  const begunMs = performance.now();
  let made = 0;
  const took = await sendAll(dataPlanes.slice(0, 20), seconds, (dataPlaneId, bootId, sequence) => {
    const now = Date.now();
    const records = Array.from({ length: RECORDS_OF_BATCH }, (_, index) => accessRecord({ requestId: requestIdOf((made += 1)), startedMicros: now * 1_000, routeId: defined(routes[index % routes.length], 'a route'), path: `/things/${index}`, userAgent: 'Mozilla/5.0 (X11; Linux x86_64)', clientAddress: '203.0.113.7', target: '10.0.0.1:8080', totalMicros: 20_000 }));
    return ingests.ingestRecords({ ...scope, dataPlaneId, bootId }, sequence, encodeRecordBatch({ fromMs: now, toMs: now, records, drops: [] }));
  });
  return { 'records/s': Math.round((took.length * RECORDS_OF_BATCH) / ((performance.now() - begunMs) / 1_000)), 'ack p99 ms': Math.round(quantile(took, 0.99)) };
}

/** A data plane keeps a day as some 1,440 minutes: what is told late is old batches, as fast as they are taken. */
async function measureReplay({ ingests, scope, dataPlanes, seconds }: Scene): Promise<Figures> {
  const [live, late] = [rowsOf(50), rowsOf(ROWS_OF_BATCH)];
  const sendLive = (during: number): Promise<readonly number[]> => sendAll(dataPlanes.slice(0, DATA_PLANES), during, (dataPlaneId, bootId, sequence) => {
    const fromMs = Date.now() - 1_000;
    return ingests.ingest({ ...scope, dataPlaneId, bootId }, sequence, encodeTelemetryBatch(telemetryBatch({ fromMs, toMs: fromMs + 1_000, usage: live })));
  }, 1_000);
  const before = await sendLive(seconds);
  const begunMs = performance.now();
  const [during, replayed] = await Promise.all([
    sendLive(seconds),
    sendAll(dataPlanes.slice(DATA_PLANES), seconds, (dataPlaneId, bootId, sequence) => {
      const fromMs = Date.now() - 24 * HOUR_MS + sequence * 60_000;
      return ingests.ingest({ ...scope, dataPlaneId, bootId }, sequence, encodeTelemetryBatch(telemetryBatch({ fromMs, toMs: fromMs + 60_000, usage: late })));
    }),
  ]);
  const perSecond = replayed.length / ((performance.now() - begunMs) / 1_000);
  return {
    'live p50 ms before': Math.round(quantile(before, 0.5)), 'live p99 ms before': Math.round(quantile(before, 0.99)), 'live p50 ms during': Math.round(quantile(during, 0.5)), 'live p99 ms during': Math.round(quantile(during, 0.99)),
    'replayed rows/s': Math.round(perSecond * ROWS_OF_BATCH), 'minutes for a day of 100': Math.round((DATA_PLANES * 1_440) / perSecond / 60),
  };
}

/** A gateway of its own: a day of hours, and the minutes that are not taken to them yet. */
async function measureTop({ store, database, seconds }: Scene): Promise<Figures> {
  const scope = await createGateway(store);
  const dataPlaneId = await new FleetScene(store, scope).enrol('top');
  const pack = Buffer.concat([1, 1, 1].map(() => { const one = sketch(200, 20_000); return Buffer.concat([Buffer.from([(one.length & 127) | 128, one.length >> 7]), one]); }));
  await onServer(database.superuserConnectionString, async (client) => {
    // As the roll-up leaves it: hours up to a mark some minutes back, minutes from there on.
    const mark = new Date(Math.floor((Date.now() - 120_000) / 300_000) * 300_000);
    for (const [table, from, to, step] of [['usage_hours', new Date(Date.now() - 24 * HOUR_MS), mark, '1 hour'], ['usage_minutes', mark, new Date(), '1 minute']] as const) {
      await client.query(
        `INSERT INTO holdfast.${table} SELECT $1, $2, t, $3, md5('r' || s / 20)::uuid, md5('c' || s)::uuid, 200, (random() * 1000)::int, 1, 1, 1, 1, 1
         FROM generate_series(CASE WHEN $6 = '1 hour' THEN date_trunc('hour', $4::timestamptz) ELSE $4 END, $5::timestamptz - interval '1 second', $6::interval) t, generate_series(1, ${SERIES}) s`,
        [scope.tenantId, scope.gatewayId, dataPlaneId, from, to, step]);
      await client.query(`INSERT INTO holdfast.${table}_latencies SELECT tenant_id, gateway_id, at, data_plane_id, route_id, consumer_id, status, $2 FROM holdfast.${table} WHERE gateway_id = $1`, [scope.gatewayId, pack]);
      for (const one of [table, `${table}_latencies`]) await client.query(`ANALYZE holdfast.${one}`);
    }
    await client.query("UPDATE holdfast.roll_up_watermarks SET hours_until = $1 WHERE family = 'usage'", [mark]);
  });
  const figures: Record<string, number> = {};
  for (const [name, latencies] of [['counts', false], ['with quantiles', true]] as const) {
    const took: number[] = [];
    for (const endMs = performance.now() + seconds * 1_000; performance.now() < endMs;) {
      const begunMs = performance.now();
      const { groupCount } = await store.analytics.top(scope, { from: new Date(Date.now() - 24 * HOUR_MS), to: new Date(), groupBy: ['consumer'], filter: {}, latencies, by: 'requests', limit: 10 });
      took.push(performance.now() - begunMs);
      figures['series'] = groupCount;
    }
    took.sort((a, b) => a - b);
    figures[`${name} p50 ms`] = Math.round(quantile(took, 0.5));
    figures[`${name} p99 ms`] = Math.round(quantile(took, 0.99));
  }
  return figures;
}
