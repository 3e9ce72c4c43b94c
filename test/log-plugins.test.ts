/**
 * The log plugins on the real engine, with real receivers: UDP, TCP and TLS servers, a strict parser of syslog, a collector of Splunk's kind,
 * a Kafka REST proxy. What a client sends, what an operator called things, and receivers that go away and come back.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { ThreadPluginServices } from '../data-plane/plugin-services/thread-plugin-services.ts';
import { defined } from '../shared/assert.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import { mapCounterTable } from '../shared/plugin-kit/map-counter-table.ts';
import { pluginRegistry } from '../shared/plugins/registry.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { staticConfig, type StaticPlugin } from './support/static-config.ts';
import { testCertificate } from './support/test-certificates.ts';
import { waitUntil } from './support/wait-until.ts';

const NODE = { dataPlaneId: 'dp-1', gatewayId: 'gw-1', hostname: 'edge 1\n', softwareVersion: '1.0.0', labels: {} };
const ANN = { id: '0190f1c2-0000-7000-8000-0000000000a1', username: 'ann', customId: 'c:1|c kong.forged:1|c' };

interface Bench {
  readonly scene: ProxyScene;
  readonly thread: ThreadPluginServices;
  /** Events that plugins logged, with their reasons. */
  readonly told: readonly string[];
  /** Serves with these plugins on the one route, as consumer `ann`. */
  readonly use: (plugins: Readonly<Record<string, JsonObject>>) => void;
  readonly get: (path: string, ...headers: readonly string[]) => Promise<number>;
  readonly release: () => void;
}

async function startBench(t: TestContext, networks: readonly string[] = ['127.0.0.0/8']): Promise<Bench> {
  const told: string[] = [];
  const thread = new ThreadPluginServices({
    clock: systemClock, counters: mapCounterTable(), random: Math.random, log: createMemoryLogger('test').log, fetchNetworks: networks, node: NODE,
    logOf: (plugin) => ({ warn: (event, fields) => void told.push(`${plugin} ${event} ${JSON.stringify(fields)}`) }),
  });
  const scene = await startProxyScene();
  const lent: { release(): void }[] = [];
  const release = (): void => {
    for (const one of lent.splice(0)) one.release();
  };
  t.after(async () => {
    release();
    await scene.close();
  });
  const authenticator: StaticPlugin = { name: 'as-ann', priority: 2_000, instance: { requestHead: (context) => {
    context.authenticate(ANN, undefined);
    return undefined;
  } } };
  const use: Bench['use'] = (plugins) => {
    const made = Object.entries(plugins).map(([name, config]): StaticPlugin => {
      const services = thread.servicesOf({ id: `id of ${name}`, name, consumerGroupId: undefined });
      lent.push(services);
      return { name, priority: 5, instance: defined(pluginRegistry.get(name), name).create(config, services.given) };
    });
    scene.serve(staticConfig({ consumers: [ANN], routes: [{ path: '/', name: 'orders', stripPath: false, service: { port: scene.origin.port, name: 'shop.v1' }, plugins: [authenticator, ...made] }] }));
  };
  const get: Bench['get'] = async (path, ...headers) => (await scene.exchange([`GET ${path} HTTP/1.1`, 'Host: api.example', ...headers, '', ''].join('\r\n'))).status;
  return { scene, thread, told, use, get, release };
}

async function listenUdp(t: TestContext): Promise<{ readonly port: number; readonly got: string[] }> {
  const socket = createSocket('udp4');
  const got: string[] = [];
  socket.on('message', (message) => void got.push(message.toString('utf8')));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return { port: socket.address().port, got };
}

interface StreamReceiver {
  readonly port: number;
  /** All that came, over all connections. */
  readonly text: () => string;
  readonly open: ReadonlySet<Socket>;
  readonly connections: () => number;
  readonly stop: () => Promise<void>;
}

async function listenTcp(t: TestContext, server: Server = createServer(), { port = 0, event = 'connection' } = {}): Promise<StreamReceiver> {
  const open = new Set<Socket>();
  const pieces: Buffer[] = [];
  let connections = 0;
  server.on(event, (socket: Socket) => {
    connections += 1;
    open.add(socket);
    // Some greet; nobody is to wait for what reads it.
    socket.write('hello\r\n');
    socket.on('data', (piece: Buffer) => void pieces.push(piece)).on('error', () => undefined).on('close', () => open.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  t.after(stop);
  return { port: (server.address() as AddressInfo).port, text: () => Buffer.concat(pieces).toString('utf8'), open, connections: () => connections, stop };
}

interface Asked {
  readonly request: IncomingMessage;
  readonly body: string;
}

async function listenHttp(t: TestContext, answer: (asked: Asked, count: number) => readonly [status: number, body: string]): Promise<{ readonly port: number; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createHttpServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => void pieces.push(piece)).on('end', () => {
      const one = { request, body: Buffer.concat(pieces).toString('utf8') };
      asked.push(one);
      const [status, body] = answer(one, asked.length);
      response.writeHead(status).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, asked };
}

/** RFC 5424, as strict as it is written; undefined where the text is none. */
function syslogMessage(text: string): { readonly severity: number; readonly facility: number; readonly hostname: string; readonly appName: string; readonly data: string; readonly entry: JsonObject } | undefined {
  const [, priority, hostname = '', appName = '', data = '', json = ''] = /^<(0|[1-9]\d?|1[0-8]\d|19[01])>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z ([\x21-\x7e]{1,255}) ([\x21-\x7e]{1,48}) [\x21-\x7e]{1,128} - (-|\[[^ =\]"]{1,64}(?: [^ =\]"]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*\]) (\{.*\})$/s.exec(text) ?? [];
  return priority === undefined ? undefined : { severity: Number(priority) % 8, facility: Math.floor(Number(priority) / 8), hostname, appName, data, entry: JSON.parse(json) };
}

/** RFC 6587 §3.4.1. */
function framesOf(text: string): readonly string[] {
  const frames: string[] = [];
  for (let bytes = Buffer.from(text); bytes.length > 0;) {
    const blank = bytes.indexOf(' ');
    const length = Number(bytes.subarray(0, blank));
    assert.ok(Number.isSafeInteger(length) && blank > 0 && bytes.length >= blank + 1 + length, 'a whole frame');
    frames.push(bytes.subarray(blank + 1, blank + 1 + length).toString('utf8'));
    bytes = bytes.subarray(blank + 1 + length);
  }
  return frames;
}

const entriesOf = (text: string): readonly JsonObject[] => text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
const uriOf = (entry: JsonObject | undefined): unknown => Reflect.get(Object(entry?.['request']), 'uri');

test('by UDP: entries, syslog, Loggly, statsd and Datadog, each whole and unforged', async (t) => {
  const bench = await startBench(t);
  const [plain, syslog, loggly, statsd, datadog] = [await listenUdp(t), await listenUdp(t), await listenUdp(t), await listenUdp(t), await listenUdp(t)];
  const to = (receiver: { readonly port: number }): JsonObject => ({ host: '127.0.0.1', port: receiver.port });
  bench.use({
    'udp-log': to(plain), syslog: { ...to(syslog), facility: 'local3', client_errors_severity: 'warning' }, loggly: { ...to(loggly), key: 'token-1', tags: ['a"]b'] },
    statsd: { ...to(statsd), udp_packet_size: 1_400 }, datadog: to(datadog),
  });
  bench.scene.origin.respond(() => 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
  assert.equal(await bench.get(`/a?q=%0A%3C0%3E1&token=s3cr3t`, 'Authorization: Bearer s3cr3t', `X-Odd: <0>1 - - "]\\ |#:\xff`, `X-Long: ${'x'.repeat(15_000)}`), 404);
  await waitUntil('all five got theirs', () => [plain, syslog, loggly, statsd, datadog].every(({ got }) => got.length > 0));

  const [entry] = plain.got.map((text): JsonObject => JSON.parse(text));
  assert.deepEqual([uriOf(entry), entry?.['client_ip'], Reflect.get(Object(entry?.['service']), 'name')], ['/a?q=%0A%3C0%3E1&token=REDACTED', '127.0.0.1', 'shop.v1']);
  const message = syslogMessage(syslog.got[0] ?? '');
  assert.deepEqual([message?.facility, message?.severity, message?.hostname, message?.appName, message?.data, uriOf(message?.entry)], [19, 4, 'edge_1_', 'kong', '-', uriOf(entry)]);
  const tagged = syslogMessage(loggly.got[0] ?? '');
  assert.deepEqual([tagged?.data, uriOf(tagged?.entry)], ['[token-1@41058 tag="a\\"\\]b"]', uriOf(entry)]);
  assert.ok(statsd.got.length === 1 && statsd.got[0]?.split('\n').every((line) => /^kong\.(?:service\.shop_v1|route\.route-0)\.[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+\|(?:c|ms|s)$/.test(line)), statsd.got.join());
  assert.ok(datadog.got.length === 1 && datadog.got[0]?.split('\n').every((line) => /^kong\.[a-z_.]+:[0-9.]+\|(?:c|ms)\|#name:shop_v1,status:404,consumer:c_1_c_kong\.forged_1_c,app:kong$/.test(line)), datadog.got.join());
  assert.equal([plain, syslog, loggly, statsd, datadog].some(({ got }) => got.join().includes('s3cr3t')), false);

  // A target stands in an entry four times, and a quote takes two letters in JSON: more than a datagram holds.
  assert.equal(await bench.get(`/b?${'x'.repeat(7_000)}`, `X-Long: ${'"'.repeat(24_000)}`), 404);
  await waitUntil('the second one', () => plain.got.length === 2 && syslog.got.length === 2);
  const cut = `/b?${'x'.repeat(2_045)}`;
  assert.deepEqual([JSON.parse(plain.got[1] ?? '').truncated, uriOf(JSON.parse(plain.got[1] ?? '')), uriOf(syslogMessage(syslog.got[1] ?? '')?.entry)], [true, cut, cut]);
  assert.deepEqual(['udp-log', 'syslog', 'loggly', 'statsd', 'datadog'].map((name) => [bench.thread.sent[name]?.sent, bench.thread.sent[name]?.dropped]), Array.from({ length: 5 }, () => [2, {}]));
});

test('by TCP: one connection is kept, another made when the receiver closed it; what waits for a receiver that is away arrives', async (t) => {
  const bench = await startBench(t);
  const first = await listenTcp(t);
  bench.use({ 'tcp-log': { host: '127.0.0.1', port: first.port, queue: { initial_retry_delay: 0.005, max_retry_delay: 0.02 } }, statsd: { host: '127.0.0.1', port: first.port, use_tcp: true, metrics: [] } });
  for (const path of ['/1', '/2', '/3']) assert.equal(await bench.get(path), 200);
  await waitUntil('three lines', () => entriesOf(first.text()).length === 3);
  assert.deepEqual([entriesOf(first.text()).map(uriOf), first.connections()], [['/1', '/2', '/3'], 1]);

  for (const socket of first.open) socket.end();
  await waitUntil('the connection is gone on both sides', () => first.open.size === 0 && bench.thread.connections.size === 0);
  assert.equal(await bench.get('/4'), 200);
  await waitUntil('a fourth', () => entriesOf(first.text()).length === 4);
  assert.equal(first.connections(), 2);

  await first.stop();
  await waitUntil('nobody is there', () => bench.thread.connections.size === 0);
  for (const path of ['/5', '/6']) assert.equal(await bench.get(path), 200);
  await waitUntil('it was tried', () => (bench.thread.sent['tcp-log']?.failedDeliveries ?? 0) > 0);
  const second = await listenTcp(t, createServer(), { port: first.port });
  await waitUntil('what waited', () => entriesOf(second.text()).length === 2);
  assert.deepEqual([entriesOf(second.text()).map(uriOf), bench.thread.sent['tcp-log']?.dropped], [['/5', '/6'], {}]);
});

test('by TLS: frames are counted in bytes; a certificate of nobody is not spoken to; idle connections end, and all do with the instance', async (t) => {
  const { cert, key } = await testCertificate({ names: ['syslog.example'] });
  const bench = await startBench(t);
  const receiver = await listenTcp(t, createTlsServer({ cert, key }), { event: 'secureConnection' });
  const place = { host: '127.0.0.1', port: receiver.port };
  bench.use({ syslog: { ...place, protocol: 'tls', tls_sni: 'syslog.example', tls_verify: false, queue: { max_batch_size: 2, max_coalescing_delay: 0.01 } } });
  const odd = 'X-Odd: \xc3\xbc 5 <0>1 forged';
  await Promise.all([bench.get('/1', odd), bench.get('/2', odd)]);
  await waitUntil('both messages', () => receiver.text().includes('"/1"') && receiver.text().includes('"/2"') && receiver.text().endsWith('}'));
  const messages = framesOf(receiver.text()).map(syslogMessage);
  assert.deepEqual(messages.map((message) => uriOf(message?.entry)).toSorted(), ['/1', '/2']);
  assert.equal(Reflect.get(Object(Reflect.get(Object(messages[0]?.entry['request']), 'headers')), 'x-odd'), '\u00fc 5 <0>1 forged');
  bench.release();
  await waitUntil('with the instance its connection ends', () => receiver.open.size === 0);

  bench.use({ 'tcp-log': { ...place, tls: true, tls_sni: 'syslog.example', queue: { max_retry_time: 0 } } });
  const before = receiver.text();
  assert.equal(await bench.get('/3'), 200);
  await waitUntil('it was given up', () => bench.thread.sent['tcp-log']?.dropped['retries-over'] === 1);
  assert.deepEqual([receiver.text(), bench.told.some((line) => /tcp-log plugin-queue-failing .*self-signed|certificate/.test(line))], [before, true]);

  bench.use({ 'tcp-log': { ...place, tls: true, tls_verify: false, keepalive: 20 } });
  assert.equal(await bench.get('/4'), 200);
  await waitUntil('the line, and then nothing for a while', () => receiver.text().endsWith('}\n') && receiver.open.size === 0);
});

test('a collector of Splunk: batches with the token, tried again while it is busy; a Kafka REST proxy: only what it did not store is sent again', async (t) => {
  const bench = await startBench(t);
  const splunk = await listenHttp(t, (_asked, count) => (count === 1 ? [503, '{"text":"Server is busy","code":9}'] : [200, '{"text":"Success","code":0}']));
  const stored: string[] = [];
  const kafka = await listenHttp(t, ({ body }, count) => {
    const { records } = JSON.parse(body);
    const offsets = records.map(({ value }: { readonly value: JsonObject }, index: number) => {
      const isRefused = count === 1 && index === 1;
      if (!isRefused) stored.push(String(uriOf(value)));
      return isRefused ? { partition: null, offset: null, error_code: 2, error: 'a broker is away' } : { partition: 0, offset: index, error_code: null, error: null };
    });
    return [200, JSON.stringify({ key_schema_id: null, value_schema_id: null, offsets })];
  });
  const queue = { max_batch_size: 3, max_coalescing_delay: 5, initial_retry_delay: 0.005, max_retry_delay: 0.01 };
  bench.use({
    splunk: { endpoint: `http://127.0.0.1:${splunk.port}`, token: 'canary-hec-token', index: 'gateway', queue },
    'kafka-log': { topic: 'requests', rest_proxy: { url: `http://127.0.0.1:${kafka.port}/rest/` }, authentication: { user: 'ann', password: 'canary-kafka' }, producer_request_limits_messages_per_request: 3, producer_request_retries_backoff_timeout: 5, producer_request_retries_max_attempts: 100 },
  });
  for (const path of ['/1', '/2', '/3']) assert.equal(await bench.get(path), 200);
  await waitUntil('both have all', () => splunk.asked.length === 2 && stored.length === 3);
  const { request, body } = defined(splunk.asked[1], 'a second try');
  assert.deepEqual([request.method, request.url, request.headers.authorization, entriesOf(body).map(({ event, index, sourcetype, host }) => [uriOf(event as JsonObject), index, sourcetype, host])], ['POST', '/services/collector/event', 'Splunk canary-hec-token', ['/1', '/2', '/3'].map((uri) => [uri, 'gateway', '_json', NODE.hostname])]);
  assert.deepEqual([kafka.asked.map((one) => one.request.url), stored, kafka.asked[0]?.request.headers.authorization], [['/rest/topics/requests', '/rest/topics/requests'], ['/1', '/3', '/2'], `Basic ${Buffer.from('ann:canary-kafka').toString('base64')}`]);
  assert.deepEqual([bench.thread.sent['splunk']?.dropped, bench.thread.sent['kafka-log']?.dropped, bench.told.join().includes('canary-')], [{}, {}, false]);

  // What still waits for more to come goes out at a drain.
  assert.equal(await bench.get('/last'), 200);
  await waitUntil('it waits', () => bench.thread.sent['splunk']?.waiting === 1);
  await bench.thread.flush(2_000);
  assert.deepEqual([uriOf(entriesOf(splunk.asked[2]?.body ?? '')[0]?.['event'] as JsonObject), stored.at(-1)], ['/last', '/last']);
});

test('where an operator did not allow their addresses, requests are served, nothing is sent anywhere, and each plugin counts what it dropped', async (t) => {
  const bench = await startBench(t, []);
  const [udp, tcp, http] = [await listenUdp(t), await listenTcp(t), await listenHttp(t, () => [200, ''])];
  const place = { host: '127.0.0.1', port: udp.port };
  const plugins: Readonly<Record<string, JsonObject>> = {
    'udp-log': place, syslog: place, loggly: { ...place, key: 'k' }, statsd: place, datadog: place, 'tcp-log': { host: '127.0.0.1', port: tcp.port },
    splunk: { endpoint: `http://127.0.0.1:${http.port}`, token: 't' }, 'kafka-log': { topic: 't', rest_proxy: { url: `http://127.0.0.1:${http.port}` }, producer_async: false },
  };
  bench.use(plugins);
  assert.equal(await bench.get('/a'), 200);
  await waitUntil('all eight gave up', () => Object.keys(plugins).every((name) => bench.thread.sent[name]?.dropped.refused === 1));
  assert.deepEqual([udp.got.length, tcp.connections(), http.asked.length], [0, 0, 0]);
  assert.equal(Object.keys(plugins).every((name) => bench.told.some((line) => line.startsWith(`${name} plugin-queue-`) && line.includes('HOLDFAST_PLUGIN_FETCH_NETWORKS'))), true);
});
