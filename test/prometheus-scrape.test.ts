/**
 * Prometheus itself, as Debian has it, scrapes both planes: it takes all that they tell, and leads from a bucket of a latency to the id of the request
 * that failed. It looks at its targets some five seconds after its start, so it starts first and finds the planes when they are there.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { request } from 'undici';
import { AdminClient } from '../deploy/quickstart/admin-client.ts';
import { ready, startControlPlane } from './support/control-plane-process.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { createTestDatabase } from './support/postgres.ts';
import { waitUntil } from './support/wait-until.ts';

const DEADLINE_MS = 30_000;
const folder = mkdtempSync(join(tmpdir(), 'holdfast-prometheus-'));

/** Of the parts of an answer of Prometheus' API that are asked for here. */
interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [at: number, value: string];
}
interface ExemplarSeries {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string }[];
}

test('Prometheus takes what both planes tell, and knows the request behind a bucket', { timeout: 90_000 }, async (t) => {
  const [own, controlPlaneStatus, dataPlaneStatus] = [await freePort(), await freePort(), await freePort()];
  const log = await startPrometheus(own, { 'data-plane': dataPlaneStatus, 'control-plane': controlPlaneStatus });
  const ask = async (question: string): Promise<unknown> => {
    const { statusCode, body } = await request(`http://127.0.0.1:${own}/api/v1/${question}`);
    const text = await body.text();
    assert.equal(statusCode, 200, text);
    return (JSON.parse(text) as { readonly data: unknown }).data;
  };
  const samples = async (query: string): Promise<readonly Sample[]> => (await ask(`query?query=${encodeURIComponent(query)}`) as { readonly result: readonly Sample[] }).result;

  const { connectionString, keyEncryptionKey } = await createTestDatabase();
  const admin = new AdminClient(Number(new URL(await ready(startControlPlane({
    HOLDFAST_STATE_FOLDER: join(folder, 'control-plane'), HOLDFAST_DATABASE_URL: connectionString, HOLDFAST_KEY_ENCRYPTION_KEY: Buffer.from(keyEncryptionKey).toString('base64'), HOLDFAST_DEVELOPMENT_MODE: 'true',
    HOLDFAST_STATUS_LISTEN: `127.0.0.1:${controlPlaneStatus}`,
  }))).port));
  await admin.send('POST', '/services', { name: 'gone', host: '127.0.0.1', port: 1, retries: 0 });
  await admin.send('POST', '/services/gone/routes', { name: 'broken', paths: ['/broken'] });
  const { token } = await admin.send('POST', '/v1/join-tokens', {}) as { readonly token: string };
  const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: token, HOLDFAST_PROXY_THREADS: '1', HOLDFAST_STATUS_LISTEN: `127.0.0.1:${dataPlaneStatus}` });
  t.after(() => dataPlane.destroy());
  await waitUntil('the data plane is ready', async () => (await dataPlane.get('/status/ready', dataPlaneStatus)).status === 200, DEADLINE_MS);
  const { statusCode, headers, body } = await request(`http://127.0.0.1:${dataPlane.proxyPort}/broken`);
  await body.dump();
  assert.equal(statusCode, 502);

  const counted = await waitUntil('both are up and the request is counted', async () => {
    const up = await samples('up == 1').catch(() => []);
    return up.length === 2 ? (await samples('holdfast_request_duration_seconds_count > 0'))[0] : undefined;
  }, DEADLINE_MS);
  assert.deepEqual([counted.metric['job'], counted.value[1]], ['data-plane', '1']);
  const window = `start=${Date.now() / 1_000 - 60}&end=${Date.now() / 1_000 + 60}`;
  const exemplar = await waitUntil('the exemplar of the 502', async () => {
    const [series] = await ask(`query_exemplars?query=holdfast_request_duration_seconds_bucket&${window}`) as readonly ExemplarSeries[];
    return series?.exemplars[0];
  }, DEADLINE_MS);
  assert.equal(exemplar.labels['request_id'], headers['x-kong-request-id']);
  const taken = await samples('scrape_samples_post_metric_relabeling > 50');
  assert.deepEqual(taken.map(({ metric }) => metric['job']).toSorted(), ['control-plane', 'data-plane']);
  assert.ok(!log().includes('scrape_pool'), log());
});

/** Ended after the tests, before its folder is deleted. What it logs from `warn` on is given. */
async function startPrometheus(port: number, targets: Readonly<Record<string, number>>): Promise<() => string> {
  const jobs = Object.entries(targets).map(([name, target]) => ({ job_name: name, static_configs: [{ targets: [`127.0.0.1:${target}`] }] }));
  writeFileSync(join(folder, 'prometheus.yaml'), JSON.stringify({ global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: jobs }));
  const child = spawn('prometheus', ['--config.file=prometheus.yaml', '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${port}`, '--enable-feature=exemplar-storage', '--log.level=warn'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  after(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  await assert.doesNotReject(once(child, 'spawn'), 'prometheus is installed (Debian: apt-get install prometheus)');
  return () => log;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
