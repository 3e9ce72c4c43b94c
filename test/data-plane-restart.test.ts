/** S1, S2, S5 with real processes: killed at any moment, started without anybody, drained without failing a request. */
import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, loadavg } from 'node:os';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import { put, ref, testId } from './support/config-content.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { FakeControlPlane } from './support/fake-control-plane.ts';
import { waitUntil } from './support/wait-until.ts';

/** S2, times the share of the machine that others take while this runs. */
const READY_WITHIN_MS = 2_000;
const ROUTES = 10_000;

let origin: Server;
let originUrl: string;
/** What log plugins sent. */
const logged: string[] = [];
/** Requests to `/slow` that wait for the test to answer them. */
const held: ServerResponse[] = [];

before(async () => {
  origin = createServer((request, response) => {
    if (request.url === '/slow') held.push(response);
    else if (request.url === '/log') {
      request.setEncoding('utf8').on('data', (piece: string) => void logged.push(piece)).on('end', () => response.end());
    }
    else response.end('origin');
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = origin.address();
  originUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
after(() => {
  origin.closeAllConnections();
  origin.close();
});

const service = () => put('services', { id: testId('a'), name: 'origin', url: originUrl });
const route = (number: number, path: string) => put('routes', { id: testId((0xb0_0000 + number).toString(16)), name: `route-${number}`, paths: [path], service: ref('a') });

/** An enrolled data plane that serves what a control plane published. */
async function scene(context: TestContext, options: { readonly routes?: number; readonly entities?: readonly EntityChange[]; readonly environment?: Readonly<Record<string, string>> } = {}) {
  const controlPlane = await FakeControlPlane.start();
  const processes: DataPlaneProcess[] = [];
  context.after(async () => {
    // Two may share a folder: nobody writes any more before it is deleted.
    for (const process of processes) await process.kill();
    for (const process of processes) await process.destroy();
    await controlPlane.stop();
  });
  const start = async (earlier?: DataPlaneProcess, environment: Readonly<Record<string, string>> = {}): Promise<DataPlaneProcess> => {
    const dataPlane = await DataPlaneProcess.start({ ...options.environment, ...environment, ...(earlier === undefined ? { HOLDFAST_JOIN_TOKEN: controlPlane.joinToken() } : {}) }, earlier);
    processes.push(dataPlane);
    return dataPlane;
  };
  await controlPlane.publish([service(), ...Array.from({ length: options.routes ?? 1 }, (_, number) => route(number, `/route/${number}`)), ...(options.entities ?? [])]);
  const dataPlane = await start();
  await dataPlane.ready(60_000);
  return { controlPlane, start, dataPlane };
}

test(`S2: killed and started without a control plane, it is ready within 2 s at ${ROUTES} routes with the same content hash`, async (context) => {
  const { controlPlane, start, dataPlane } = await scene(context, { routes: ROUTES });
  await controlPlane.publish([route(ROUTES, '/one/more')]);
  await controlPlane.heard('applied', ({ version }) => version.sequence === 2, 60_000);
  const { configuration_hash: hash } = await dataPlane.status();
  await dataPlane.kill();
  await controlPlane.stop();
  let earlier = dataPlane;
  const tookMs: number[] = [];
  for (let run = 0; run < 3; run++) {
    const startedAt = performance.now();
    const again = await start(earlier);
    await again.ready(60_000);
    tookMs.push(performance.now() - startedAt);
    const status = await again.status();
    assert.equal(status.configuration_hash, hash);
    assert.equal(status.holdfast.config?.source, 'cache');
    assert.equal(status.holdfast.config.version, '1.2');
    assert.equal((await again.get(`/route/${ROUTES - 1}`)).status, 200);
    assert.equal((await again.get('/one/more')).status, 200);
    again.signal('SIGTERM');
    assert.equal(await again.exited, 0);
    earlier = again;
  }
  const limitMs = READY_WITHIN_MS * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
  context.diagnostic(`ready after ${tookMs.map(Math.round).join(', ')} ms; limit ${Math.round(limitMs)} ms at load ${loadavg()[0]}`);
  assert.ok(Math.min(...tookMs) <= limitMs, `ready after ${tookMs.map(Math.round).join(', ')} ms, the limit is ${Math.round(limitMs)} ms`);
});

test('S5: killed at any moment while changes stream in, it starts with what it had answered for, or newer', async (context) => {
  const { controlPlane, start, dataPlane } = await scene(context, { environment: { HOLDFAST_CRASH_LOOP_WINDOW: '1s' } });
  let current = dataPlane;
  for (let round = 0; round < 4; round++) {
    await current.statusWhere('the connection', ({ holdfast }) => holdfast.control_plane.connected);
    await controlPlane.heard('applied', ({ version }) => version.sequence === controlPlane.version.sequence);
    let answered = controlPlane.version.sequence;
    let killed: Promise<void> | undefined;
    for (let change = 0; change < 12; change++) {
      const version = await controlPlane.publish([route(1_000 + round * 100 + change, `/round/${round}/${change}`)]);
      // Cut off in the middle of whatever the seventh one makes it do.
      if (change === 7) killed = current.kill();
      if (change < 7) answered = (await controlPlane.heard('applied', (applied) => applied.version.sequence === version.sequence)).version.sequence;
    }
    await killed;
    const again = await start(current);
    const served = await again.logged('serving-from-cache');
    const sequence = Number(String(served['version']).split('.')[1]);
    assert.ok(sequence >= answered && sequence <= controlPlane.version.sequence, `answered for 1.${answered}, serves 1.${sequence}`);
    await again.ready();
    await again.statusWhere('the newest version', ({ holdfast }) => holdfast.config?.version === `1.${controlPlane.version.sequence}`);
    assert.equal((await again.status()).holdfast.config?.content_root, controlPlane.contentRoot);
    current = again;
  }
});

test('S5: a configuration that the process dies of three times is left for the one before, which is reported', async (context) => {
  const { controlPlane, start, dataPlane } = await scene(context, { environment: { HOLDFAST_CRASH_LOOP_WINDOW: '60s' } });
  await controlPlane.publish([route(7, '/bad')]);
  await controlPlane.heard('applied', ({ version }) => version.sequence === 2);
  await dataPlane.kill();
  let current = dataPlane;
  for (let run = 0; run < 2; run++) {
    current = await start(current);
    assert.equal((await current.logged('serving-from-cache'))['version'], '1.2');
    await current.kill();
  }
  current = await start(current);
  await current.logged('fell-back');
  await current.ready();
  assert.equal((await current.get('/bad')).status, 404);
  assert.equal((await current.get('/route/0')).status, 200);
  const fellBack = await controlPlane.heard('fell-back');
  assert.deepEqual([fellBack.from, fellBack.to], [{ epoch: 1, sequence: 2 }, { epoch: 1, sequence: 1 }]);
  await controlPlane.heard('applied', ({ version, already }) => already && version.sequence === 1);
  assert.equal((await current.status()).holdfast.fell_back?.to, '1.1');
  // The fake offers the barred one again, as it does to anybody who is behind.
  await controlPlane.heard('rejected', ({ code }) => code === 'CONFIG_BARRED');
  await controlPlane.publish([route(8, '/good')]);
  await controlPlane.heard('rejected', ({ version }) => version.sequence === 3);
  controlPlane.offer(await controlPlane.snapshot(), 'snapshot');
  await controlPlane.heard('applied', ({ version }) => version.sequence === 3);
  assert.equal((await current.get('/good')).status, 200);
});

test('S3: a cache that was tampered with is not served, and each file says why', async (context) => {
  const { controlPlane, start, dataPlane } = await scene(context);
  await dataPlane.kill();
  await controlPlane.stop();
  const folder = join(dataPlane.stateFolder, 'cache');
  const files = readdirSync(folder).filter((name) => name.endsWith('.config'));
  assert.ok(files.length > 0);
  for (const name of files) {
    const bytes = readFileSync(join(folder, name));
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
    writeFileSync(join(folder, name), bytes);
  }
  const again = await start(dataPlane);
  assert.match((await again.logged('cache-file-refused')).msg, /its seal does not hold/);
  await again.logged('nothing-cached');
  const answer = await again.get('/status/ready', again.statusPort);
  assert.equal(answer.status, 503);
  assert.match(answer.body, /no configuration available/);
  assert.equal((await again.get('/route/0')).status, 0, 'it does not listen before it has something to serve');
});

test('R3: SIGTERM fails readiness first, serves on, lets requests in flight end, and exits with 0', async (context) => {
  const queue = { max_batch_size: 100, max_coalescing_delay: 3_600 };
  const entities = [put('plugins', { id: testId('f1'), name: 'http-log', config: { http_endpoint: `${originUrl}/log`, queue } })];
  const { dataPlane } = await scene(context, { entities, environment: { HOLDFAST_DRAIN_DELAY: '1s', HOLDFAST_PLUGIN_FETCH_NETWORKS: '127.0.0.1' } });
  const slow = dataPlane.get('/route/0/slow');
  const response = await waitUntil('the request at the origin', () => held.pop());
  dataPlane.signal('SIGTERM');
  await waitUntil('not ready', async () => (await dataPlane.get('/status/ready', dataPlane.statusPort)).status === 503);
  assert.match((await dataPlane.get('/status/ready', dataPlane.statusPort)).body, /draining/);
  assert.equal((await dataPlane.get('/route/0')).status, 200, 'it accepts for the drain delay');
  await waitUntil('the listener to close', async () => (await dataPlane.get('/route/0')).status === 0, 10_000);
  response.end('late');
  assert.deepEqual(await slow, { status: 200, body: 'late' });
  assert.equal(await dataPlane.exited, 0);
  assert.match(logged.join(''), /"uri":"\/route\/0\/slow"/, 'what waited to be logged was sent before the end');
  assert.match(logged.join(''), /"data_plane":\{"id":"[0-9a-f-]{36}","hostname":"[^"]+"/);
});

test('a second signal ends it at once', async (context) => {
  const { dataPlane } = await scene(context, { environment: { HOLDFAST_DRAIN_DELAY: '10m' } });
  dataPlane.signal('SIGTERM');
  await dataPlane.logged('draining');
  dataPlane.signal('SIGINT');
  assert.equal(await dataPlane.exited, 1);
});

test('T3: what was counted before a stop is delivered before the end', async (context) => {
  const { controlPlane, dataPlane } = await scene(context, { environment: { HOLDFAST_TELEMETRY_FOLD_INTERVAL: '60s' } });
  for (let count = 0; count < 5; count++) assert.equal((await dataPlane.get('/route/0')).status, 200);
  dataPlane.signal('SIGTERM');
  assert.equal(await dataPlane.exited, 0);
  await controlPlane.heard('telemetry');
  assert.deepEqual(readdirSync(join(dataPlane.stateFolder, 'telemetry')), [], 'nothing is left to deliver');
});

test('two data planes can not share a state folder, nor a port', async (context) => {
  const { start, dataPlane } = await scene(context);
  const twin = await start(dataPlane, { HOLDFAST_STATUS_LISTEN: '127.0.0.1:0', HOLDFAST_PROXY_LISTEN: '127.0.0.1:0', HOLDFAST_PROXY_TLS_LISTEN: 'off' });
  assert.equal(await twin.exited, 1);
  assert.match((await twin.logged('failed')).msg, /another data plane uses the state folder/);
  const other = await start(undefined, { HOLDFAST_PROXY_LISTEN: `127.0.0.1:${dataPlane.proxyPort}` });
  assert.equal(await other.exited, 1);
  assert.match((await other.logged('failed')).msg, /proxy address 127\.0\.0\.1:\d+ can't be used/);
  assert.equal((await dataPlane.get('/route/0')).status, 200);
});

test('T2: the key and everything beside it are readable by the owner alone', async (context) => {
  const { dataPlane } = await scene(context);
  const open = readdirSync(dataPlane.stateFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => (statSync(join(entry.parentPath, entry.name)).mode & 0o077) !== 0)
    .map((entry) => join(entry.parentPath, entry.name).slice(dataPlane.stateFolder.length));
  assert.deepEqual(open, []);
});
