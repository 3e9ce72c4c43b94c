/** Real proxy threads behind one port: swapped together, replaced when one dies, counted by telemetry to the last request. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { after, before, test, type TestContext } from 'node:test';
import { defined } from '../shared/assert.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { parseId, type EntityId } from '../shared/model/ids.ts';
import { parseSettings } from '../shared/settings.ts';
import { ContentTree } from '../shared/trust/content-hash.ts';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import type { ConfigContent } from '../data-plane/config/config-content.ts';
import { packChanges } from '../data-plane/config/packed-changes.ts';
import { allocateCounterTable } from '../data-plane/counters/shared-counter-table.ts';
import { dataPlaneSettings } from '../data-plane/settings.ts';
import { FoldedCounts } from '../data-plane/telemetry/folded-counts.ts';
import { ThreadTables } from '../data-plane/telemetry/thread-tables.ts';
import { makeDefaultCertificate } from '../data-plane/listeners/default-certificate.ts';
import { downstreamTlsOf, listenersOf } from '../data-plane/listeners/listen-settings.ts';
import { ProxyPool } from '../data-plane/threads/proxy-pool.ts';
import { createWorkerStarter } from '../data-plane/threads/proxy-worker.ts';
import type { WorkerPort } from '../data-plane/threads/thread-link.ts';
import { CONTENT_KEYS, put, ref, testId } from './support/config-content.ts';
import { askOverTls } from './support/tls-client.ts';
import { waitUntil } from './support/wait-until.ts';

let origin: Server;
let originUrl: string;

before(async () => {
  origin = createServer((_request, response) => response.setHeader('Content-Type', 'text/plain').end('origin'));
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = origin.address();
  originUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
after(() => {
  origin.closeAllConnections();
  origin.close();
});

function pack(changes: readonly EntityChange[]): SharedArrayBuffer {
  return packChanges(changes.map(({ kind, id, bytes }) => {
    const entityId = defined(parseId<EntityId>(id), 'an id');
    return bytes === undefined ? { op: 'delete', kind, id: entityId } : { op: 'put', kind, id: entityId, entity: bytes };
  }));
}

/** Content as verification leaves it; what the threads do with it is the matter here. */
function content(sequence: number, changes: readonly EntityChange[], base?: ConfigContent): ConfigContent {
  const packed = pack(changes);
  return {
    version: { epoch: 1, sequence },
    contentRoot: String(sequence).padStart(64, '0'),
    tree: new ContentTree(),
    parts: [...(base?.parts ?? []), packed],
    change: base === undefined ? undefined : { base, packed },
    proof: { manifestStatement: '', epochStatement: '', rootStatements: [], delegationStatement: '' },
  };
}

const service = () => put('services', { id: testId('a'), name: 'origin', url: originUrl });
const route = (digits: string, path: string) => put('routes', { id: testId(digits), paths: [path], service: ref('a') });

const testNode = () => ({ dataPlaneId: 'd', gatewayId: 'g', hostname: 'h', softwareVersion: '0.1.0', labels: {} });

function scene(context: TestContext, threads: number, environment: Readonly<Record<string, string>> = {}) {
  const settings = parseSettings(dataPlaneSettings, { environment, arguments: ['--proxy-listen', '127.0.0.1:0', '--proxy-tls-listen', '127.0.0.1:0'], readFile: () => '', workingFolder: '/' });
  const listeners = listenersOf(settings);
  const ticketKeys = randomBytes(48);
  const workers: WorkerPort[] = [];
  const tables = new Map<number, ThreadTables>();
  const folded = new FoldedCounts();
  const start = createWorkerStarter({ settings, listeners, tls: downstreamTlsOf(settings, makeDefaultCertificate(Date.now(), new Uint8Array(16))), softwareVersion: '0.1.0', plugins: [], node: testNode, counters: allocateCounterTable(1_024) });
  const { log, lines } = createMemoryLogger('test');
  let crashes = 0;
  const pool = new ProxyPool({
    threads,
    ports: listeners.map(({ port }) => port),
    ticketKeys: () => ticketKeys,
    startWorker: (index, events) => {
      const worker = start(index, events);
      workers.push(worker);
      return worker;
    },
    clock: systemClock,
    random: () => 0.1,
    log,
    threadLog: () => log,
    prepareTimeoutMs: 30_000,
    contentKeys: () => CONTENT_KEYS,
    onTelemetryTable: (threadId, table) => {
      const ofThread = tables.get(threadId) ?? new ThreadTables();
      tables.set(threadId, ofThread);
      ofThread.add(table);
    },
    onThreadGone: () => undefined,
    onCrash: () => (crashes += 1),
    onListenFailed: (reason) => assert.fail(reason),
  });
  context.after(() => pool.stop());
  pool.start();
  const foldAll = (): FoldedCounts => {
    for (const ofThread of tables.values()) ofThread.fold(folded);
    return folded;
  };
  const counted = (): number => foldAll().requests;
  /** Requests by sequence. */
  const countedByVersion = (): ReadonlyMap<number, number> => new Map([...foldAll().versions.values()].map(({ version: { sequence }, requests }) => [sequence, requests]));
  const serve = async (next: ConfigContent): Promise<void> => {
    const outcome = await pool.prepare(next);
    assert.equal(outcome.kind, 'prepared', JSON.stringify(outcome));
    await pool.commit();
  };
  return { pool, workers, serve, counted, countedByVersion, lines, crashes: () => crashes };
}

/** The status of a request on a connection of its own; 0 where the connection broke. */
function get(port: number, path: string): Promise<number> {
  return new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent: false }, (incoming) => {
      incoming.resume();
      incoming.on('end', () => resolve(incoming.statusCode ?? 0));
      incoming.on('error', () => resolve(0));
    });
    outgoing.on('error', () => resolve(0));
    outgoing.end();
  });
}

test('the settings of messages reach the threads', async (context) => {
  const { pool, serve } = scene(context, 1, { HOLDFAST_COMPRESSION: 'gzip', HOLDFAST_COMPRESSION_TYPES: 'text/plain', HOLDFAST_COMPRESSION_MIN_BYTES: '0', HOLDFAST_UPSTREAM_STATUS_HEADER: 'true' });
  await serve(content(1, [service(), route('b1', '/one')]));
  const { headers } = await fetch(`http://127.0.0.1:${pool.ports[0] ?? 0}/one`, { headers: { accept: '*/*', 'accept-encoding': 'gzip' } });
  assert.deepEqual([headers.get('content-encoding'), headers.get('x-kong-upstream-status')], ['gzip', '200']);
});

test('after commit every thread serves the new configuration, whichever takes the connection', async (context) => {
  const { pool, serve } = scene(context, 3);
  const first = content(1, [service(), route('b1', '/one')]);
  await serve(first);
  assert.equal(pool.serving, true);
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 60 }, () => get((pool.ports[0] ?? 0), '/one')))), new Set([200]));
  await serve(content(2, [route('b2', '/two'), { kind: 'routes', id: testId('b1'), bytes: undefined }], first));
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 60 }, () => get((pool.ports[0] ?? 0), '/two')))), new Set([200]));
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 60 }, () => get((pool.ports[0] ?? 0), '/one')))), new Set([404]));
});

test('R3: swapping under load fails no request', async (context) => {
  const { pool, serve, counted, countedByVersion } = scene(context, 2);
  let active = content(1, [service(), route('b1', '/one')]);
  await serve(active);
  const statuses: number[] = [];
  let isOver = false;
  const load = Promise.all(Array.from({ length: 4 }, async () => {
    while (!isOver) statuses.push(await get((pool.ports[0] ?? 0), '/one'));
  }));
  for (let sequence = 2; sequence <= 30; sequence++) {
    active = content(sequence, [route(`c${sequence}`, `/more/${sequence}`)], active);
    await serve(active);
  }
  isOver = true;
  await load;
  assert.ok(statuses.length > 30);
  assert.deepEqual(statuses.filter((status) => status !== 200), []);
  await waitUntil('each to be counted with the version that it ran on', () => counted() === statuses.length && [...countedByVersion().values()].reduce((sum, requests) => sum + requests, 0) === statuses.length);
  assert.ok(countedByVersion().size > 2 && !countedByVersion().has(0), 'over several versions');
});

test('one of the threads probes, another when that one dies, and all know what it finds', async (context) => {
  const { pool, workers, serve, crashes } = scene(context, 2);
  let isWell = true;
  let probes = 0;
  const target = createServer((incoming, answer) => {
    if (incoming.url === '/health') probes += 1;
    answer.writeHead(incoming.url === '/health' && !isWell ? 500 : 200).end();
  });
  context.after(() => target.close());
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = target.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const healthchecks = { active: { http_path: '/health', healthy: { interval: 0.2, successes: 1 }, unhealthy: { interval: 0.2, http_failures: 1 } } };
  await serve(content(1, [
    put('upstreams', { id: testId('d1'), name: 'pool.test', healthchecks }), put('targets', { id: testId('d2'), upstream: ref('d1'), target: `127.0.0.1:${port}` }),
    put('services', { id: testId('a'), name: 'balanced', host: 'pool.test' }), route('b1', '/one'),
  ]));
  const statuses = async (): Promise<ReadonlySet<number>> => new Set(await Promise.all(Array.from({ length: 20 }, () => get(pool.ports[0] ?? 0, '/one'))));
  await waitUntil('the first probes', () => probes >= 2);
  const [before, startMs] = [probes, systemClock.monotonicMs()];
  await waitUntil('some more probes', () => probes >= before + 5);
  assert.ok((systemClock.monotonicMs() - startMs) / (probes - before) > 150, 'two threads would probe twice as often');
  assert.deepEqual(await statuses(), new Set([200]));
  isWell = false;
  await waitUntil('every thread to know', async () => [...await statuses()].join() === '503');
  await waitUntil('the agent to know', () => pool.targets()[0]?.state === 'open');
  workers[0]?.terminate();
  await waitUntil('the death to be noticed', () => crashes() === 1);
  await waitUntil('the replacement', () => pool.serving, 20_000);
  assert.deepEqual(await statuses(), new Set([503]), 'also one that has just begun');
  isWell = true;
  await waitUntil('another to probe, and all to know', async () => [...await statuses()].join() === '200');
});

test('a thread that dies takes its connections along and nothing else: the port serves on, a new one takes its place, no count is lost', async (context) => {
  const { pool, workers, serve, counted, countedByVersion, crashes, lines } = scene(context, 2);
  const first = content(1, [service(), route('b1', '/one')]);
  await serve(first);
  await serve(content(2, [route('b2', '/two')], first));
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 40 }, () => get((pool.ports[0] ?? 0), '/two')))), new Set([200]));
  await waitUntil('all to be counted', () => counted() === 40);
  workers[0]?.terminate();
  await waitUntil('the death to be noticed', () => crashes() === 1);
  assert.equal(await get((pool.ports[0] ?? 0), '/two'), 200, 'the other thread has the port');
  await waitUntil('the replacement', () => pool.serving, 20_000);
  assert.equal(workers.length, 3);
  assert.deepEqual(pool.status().map(({ version }) => version), ['1.2', '1.2']);
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 40 }, () => get((pool.ports[0] ?? 0), '/two')))), new Set([200]));
  await waitUntil('all to be counted', () => counted() === 81);
  assert.deepEqual([...countedByVersion()], [[2, 81]]);
  assert.ok(lines().some((line) => line.includes('proxy thread 0 died')));
});

test('a thread that dies in the middle of handshakes takes those along alone, and sessions resume on its replacement', async (context) => {
  const { pool, workers, serve, crashes } = scene(context, 2);
  await serve(content(1, [service(), route('b1', '/one')]));
  const [, port = 0] = pool.ports;
  const ask = async (session?: Buffer) => askOverTls(port, session === undefined ? {} : { session }, 'GET /one HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n').catch(() => undefined);
  const { session } = defined(await ask(), 'an answer');
  // Some stand still in their handshake, others come and go.
  const halves = Array.from({ length: 20 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  for (const half of halves) half.write(Buffer.from('16030100c8010000c4', 'hex'));
  let isOver = false;
  let [served, lost] = [0, 0];
  const clients = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      if ((await ask())?.text.startsWith('HTTP/1.1 200') === true) served += 1;
      else lost += 1;
    }
  });
  await waitUntil('traffic', () => served > 20);
  workers[0]?.terminate();
  await waitUntil('the death to be noticed', () => crashes() === 1);
  const servedBefore = served;
  await waitUntil('traffic on the other thread', () => served > servedBefore + 20);
  await waitUntil('the replacement', () => pool.serving, 20_000);
  isOver = true;
  await Promise.all(clients);
  // Each client had one, and may have met the listener once more while it died.
  assert.ok(lost <= 2 * clients.length, `${lost} connections were lost`);
  const resumed = await Promise.all(Array.from({ length: 20 }, () => ask(session)));
  assert.ok(resumed.every((answer) => answer?.isReused === true), 'on both threads');
  for (const half of halves) half.destroy();
});

test('what one thread can not compile no thread serves', async (context) => {
  const { pool, serve } = scene(context, 2);
  const first = content(1, [service(), route('b1', '/one')]);
  await serve(first);
  const outcome = await pool.prepare(content(2, [{ kind: 'plugins', id: testId('d1'), bytes: Buffer.from('no plugin') }], first));
  assert.equal(outcome.kind === 'refused' && outcome.code, 'CONFIG_ENTITY_UNREADABLE');
  assert.equal(await get((pool.ports[0] ?? 0), '/one'), 200);
  await serve(content(3, [route('b3', '/three')], first));
  assert.equal(await get((pool.ports[0] ?? 0), '/three'), 200);
});

test('draining lets a thread end its requests, then nobody has the port any more', async (context) => {
  const { pool, serve } = scene(context, 2);
  await serve(content(1, [service(), route('b1', '/one')]));
  const [port = 0] = pool.ports;
  assert.equal(await get(port, '/one'), 200);
  await pool.drain({ acceptForMs: 0, boundMs: 5_000 });
  await waitUntil('the port to be free', async () => (await get(port, '/one')) === 0);
});
