/** What a supervisor, a load balancer and Prometheus learn of a control plane, from the first moment of its start to its end. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { request } from 'undici';
import { Counter, Histogram, Labelled } from '../shared/histogram.ts';
import { PrometheusText } from '../shared/prometheus-text.ts';
import { writeKongMetrics } from '../control-plane/status/kong-metrics.ts';
import { parseId, type DataPlaneId } from '../shared/model/ids.ts';
import { startControlPlane, type Started } from './support/control-plane-process.ts';
import { DatabaseCable } from './support/database-cable.ts';
import { createTestDatabase } from './support/postgres.ts';
import { checkWithPromtool, parsePrometheusText, type Family } from './support/prometheus-parser.ts';
import { waitUntil } from './support/wait-until.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-status-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function get(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const { statusCode, body } = await request(url);
  return { status: statusCode, text: await body.text() };
}

function addressOf(started: Started, event: string, field: string): string | undefined {
  const line = started.output().split('\n').find((candidate) => candidate.includes(`"event":"${event}"`));
  return line === undefined ? undefined : `http://${String((JSON.parse(line) as { readonly [name: string]: unknown })[field])}`;
}

function valueOf(families: ReadonlyMap<string, Family>, name: string, labels: Readonly<Record<string, string>> = {}, sample = name): number {
  const found = families.get(name)?.samples.find((row) => row.name === sample && Object.entries(labels).every(([label, text]) => row.labels[label] === text));
  assert.ok(found !== undefined, `${sample} ${JSON.stringify(labels)}`);
  return found.value;
}

test('live from the first moment, ready when all runs and while only the database is away, not ready while it stops; metrics all along', { timeout: 60_000 }, async (t) => {
  const database = await createTestDatabase();
  const cable = await DatabaseCable.to(database.connectionString);
  await cable.unplug();
  const controlPlane = startControlPlane({
    HOLDFAST_STATE_FOLDER: join(folder, 'state'), HOLDFAST_DATABASE_URL: cable.connectionString, HOLDFAST_KEY_ENCRYPTION_KEY: Buffer.from(database.keyEncryptionKey).toString('base64'),
    HOLDFAST_DEVELOPMENT_MODE: 'true', HOLDFAST_DRAIN_DELAY: '30s', HOLDFAST_CLICKHOUSE_URL: 'http://127.0.0.1:1', HOLDFAST_CLICKHOUSE_STREAMS: 'records',
  });
  const status = await waitUntil('the status port is open', () => addressOf(controlPlane, 'status-port-listening', 'address'));
  const seen = async (): Promise<readonly number[]> => Promise.all(['live', 'ready', 'database'].map(async (path) => (await get(`${status}/status/${path}`)).status));
  const metrics = async (): Promise<ReadonlyMap<string, Family>> => {
    const { text } = await get(`${status}/metrics`);
    checkWithPromtool(text);
    return parsePrometheusText(text);
  };

  assert.deepEqual(await seen(), [200, 503, 503]);
  assert.match((await get(`${status}/status/ready`)).text, /starting/);
  assert.equal(valueOf(await metrics(), 'holdfast_ready'), 0);
  assert.equal((await get(`${status}/status/other`)).status, 404);
  assert.equal((await request(`${status}/status`, { method: 'POST' })).statusCode, 405);

  await cable.plug();
  const admin = await waitUntil('it is ready', () => addressOf(controlPlane, 'ready', 'admin'), 30_000);
  await waitUntil('all three say yes', async () => (await seen()).every((code) => code === 200));

  await t.test('requests are counted by method, pattern and status', async () => {
    for (const name of ['a', 'b']) assert.equal((await request(`${admin}/services`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, host: 'a.test' }) })).statusCode, 201);
    for (const path of ['/services/a', '/services/b', '/services/canary-name', '/services/a/b/c/canary-path']) await get(admin + path);
    const families = await waitUntil('the release is counted', async () => {
      const read = await metrics();
      return valueOf(read, 'holdfast_publish_duration_seconds', {}, 'holdfast_publish_duration_seconds_count') > 0 ? read : undefined;
    });
    assert.equal(valueOf(families, 'holdfast_admin_requests_total', { method: 'POST', route: '/services', status: '201' }), 2);
    assert.equal(valueOf(families, 'holdfast_admin_requests_total', { method: 'GET', route: '/services/:id', status: '200' }), 2);
    assert.equal(valueOf(families, 'holdfast_admin_requests_total', { method: 'GET', route: 'none', status: '404' }), 1);
    assert.equal(valueOf(families, 'holdfast_admin_request_duration_seconds', { method: 'GET', route: '/services/:id' }, 'holdfast_admin_request_duration_seconds_count'), 3);
    assert.equal(valueOf(families, 'holdfast_database_connections_limit'), 10);
    assert.ok(valueOf(families, 'holdfast_database_transaction_duration_seconds', { role: 'holdfast_app', mode: 'write', outcome: 'committed' }, 'holdfast_database_transaction_duration_seconds_count') >= 2);
    assert.ok(valueOf(families, 'holdfast_database_connection_wait_seconds', {}, 'holdfast_database_connection_wait_seconds_count') > 2);
    assert.equal(valueOf(families, 'holdfast_sessions', { state: 'settled' }), 0);
    assert.deepEqual(['holdfast_sink_rows_sent_total', 'holdfast_sink_attempts_failed_total'].map((name) => valueOf(families, name, { sink: 'clickhouse', stream: 'records' })), [0, 0]);
    assert.ok(valueOf(families, 'holdfast_cpu_seconds_total', { mode: 'user' }) > 0 && valueOf(families, 'holdfast_event_loop_busy_seconds_total') > 0);
    assert.ok(!JSON.stringify([...families.values()]).includes('canary'), 'no label holds what a client chose');
  });

  await t.test('the database goes away: ready, and said to be away', async () => {
    await get(`${admin}/services`);
    await cable.unplug();
    await waitUntil('its absence is seen', async () => (await seen()).join() === '200,200,503');
    assert.equal((await get(`${admin}/services`)).status, 200);
    const families = await metrics();
    assert.deepEqual([valueOf(families, 'holdfast_ready'), valueOf(families, 'holdfast_database_reachable'), valueOf(families, 'holdfast_admin_answers_from_memory_total')], [1, 0, 1]);
    assert.match((await get(`${status}/status`)).text, /"database":\{"reachable":false,"reason":"the database does not answer since \d+ s/);
    await cable.plug();
    await waitUntil('it is back', async () => (await seen()).every((code) => code === 200));
  });

  await t.test('while it stops it is not ready, and still answers until load balancers have moved away', async () => {
    controlPlane.child.kill('SIGTERM');
    await waitUntil('it says so', async () => (await seen()).join() === '200,503,200');
    assert.match((await get(`${status}/status/ready`)).text, /stopping/);
    assert.equal((await get(`${admin}/services`)).status, 200);
    controlPlane.child.kill('SIGTERM');
    assert.equal(await controlPlane.ended, 1, 'a second signal ends it at once');
  });
});

test("Kong's metrics of a control plane tell of the data planes that are connected to it", () => {
  const text = new PrometheusText();
  const dataPlane = { dataPlaneId: parseId<DataPlaneId>('01a1fe71-b79b-7dc5-8e3f-92ee2e561a39') ?? assert.fail(), hostname: 'edge-1', softwareVersion: '0.1.0', heardAtMs: 4_000, contentRoot: 'ff'.repeat(32), certificateEnds: 'Jan  2 00:00:00 2027 GMT' };
  writeKongMetrics(text, { nowMs: 1_000_000_000, monotonicMs: 9_000, parts: undefined }, { sync: { seen: () => [dataPlane, { ...dataPlane, hostname: 'edge-2', contentRoot: undefined, certificateEnds: '' }] } });
  const lines = text.toString().split('\n');
  const labels = 'node_id="01a1fe71-b79b-7dc5-8e3f-92ee2e561a39",hostname="edge-1"';
  for (const line of [`kong_data_plane_last_seen{${labels}} 999995`, `kong_data_plane_config_hash{${labels}} ${0xf_ff_ff_ff_ff_ff_ff}`, `kong_data_plane_version_compatible{${labels},kong_version="0.1.0"} 1`, `kong_data_plane_cluster_cert_expiry_timestamp{${labels}} ${Date.UTC(2027, 0, 2) / 1000}`, 'kong_datastore_reachable 0']) assert.ok(lines.includes(line), line);
  assert.equal(lines.filter((line) => line.includes('edge-2')).length, 3);
  checkWithPromtool(text.toString());
});

test('the number of series is bounded: what comes after the last shares one', () => {
  const counters = new Labelled(() => new Counter(), 3);
  for (let index = 0; index < 10; index += 1) counters.of({ name: `n${index}`, other: 'x' }).add();
  assert.deepEqual(counters.entries().map(({ labels, value }) => [labels['name'], value.value]), [['n0', 1], ['n1', 1], ['n2', 1], ['other', 7]]);
});

test('a histogram counts into each bucket up to its bound, and is written cumulatively', () => {
  const histogram = new Histogram([0.1, 1]);
  for (const value of [0.1, 0.05, 0.5, 7]) histogram.observe(value);
  const text = new PrometheusText();
  text.histogram('holdfast_x_seconds', 'X', [{ labels: { a: 'q"\\\n' }, histogram }]);
  assert.deepEqual(text.toString().split('\n').slice(2, 5), ['holdfast_x_seconds_bucket{a="q\\"\\\\\\n",le="0.1"} 2', 'holdfast_x_seconds_bucket{a="q\\"\\\\\\n",le="1"} 3', 'holdfast_x_seconds_bucket{a="q\\"\\\\\\n",le="+Inf"} 4']);
  parsePrometheusText(text.toString());
  for (const wrong of ['holdfast_y 1\n', '# HELP a b\n# TYPE a counter\na 1\n', '# HELP a b\n# TYPE a gauge\na 1\na 1\n', '# HELP a b\n# TYPE a gauge\na{b="c} 1\n', '# HELP a b\n# TYPE a histogram\na_bucket{le="+Inf"} 1\na_sum 1\na_count 2\n', '# HELP a b\n# TYPE a gauge\na 1']) {
    assert.throws(() => parsePrometheusText(wrong), wrong);
  }
});
