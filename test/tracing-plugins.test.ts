/**
 * opentelemetry and zipkin on the real engine with a real collector, which decodes what it gets by the public protocol: two gateways behind
 * each other, retries, what is refused or broken off, WebSockets and gRPC, and both plugins at once.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import { ThreadPluginServices } from '../data-plane/plugin-services/thread-plugin-services.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import { compiled, testServices } from './support/compile-config.ts';
import { put, ref, testId } from './support/config-content.ts';
import { GrpcClient, startGrpcServer, type Metadata } from './support/grpc-scene.ts';
import { decodeLogRecords, decodeSpans, type OtlpLogRecord, type OtlpSpan } from './support/otlp-messages.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { waitUntil } from './support/wait-until.ts';

/** What came, by path. */
class Collector {
  readonly spans: OtlpSpan[] = [];
  readonly records: OtlpLogRecord[] = [];
  readonly zipkin: { readonly traceId: string; readonly id: string; readonly parentId?: string; readonly name: string }[] = [];
  /** Statuses of the next answers; 200 after them. */
  readonly refusals: number[] = [];
  requests = 0;
  port = 0;
  readonly #server = createServer((request, answer) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      this.requests += 1;
      const refusal = this.refusals.shift();
      if (refusal !== undefined) return void answer.writeHead(refusal).end();
      const body = Buffer.concat(pieces);
      if (request.url === '/v1/traces') this.spans.push(...decodeSpans(body).items);
      else if (request.url === '/v1/logs') this.records.push(...decodeLogRecords(body).items);
      else this.zipkin.push(...JSON.parse(body.toString('utf8')));
      return void answer.writeHead(200).end();
    });
  });

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Those of the only trace there is, parents before children. */
  async trace(count: number): Promise<readonly OtlpSpan[]> {
    await waitUntil(`${count} spans`, () => this.spans.length >= count);
    assert.equal(this.spans.length, count);
    assert.equal(new Set(this.spans.map(({ traceId }) => traceId)).size, 1);
    return this.spans;
  }
}

interface TracedScene extends ProxyScene {
  readonly collector: Collector;
  /** Serves these plugins, by name; the service is at that port, the origin's where absent. */
  readonly use: (plugins: Readonly<Record<string, JsonObject>>, options?: { readonly port?: number; readonly service?: JsonObject; readonly route?: JsonObject; readonly entities?: readonly EntityChange[] }) => void;
  /** Another gateway, before the same origin. */
  readonly another: () => Promise<TracedScene>;
}

const QUEUE = { max_batch_size: 100, max_coalescing_delay: 0.02 };
const request = (path: string, lines: readonly string[] = []): string => [`GET ${path} HTTP/1.1`, 'Host: client.test', ...lines, '', ''].join('\r\n');

function tracing(name: string, run: (scene: TracedScene) => Promise<void>): void {
  test(name, async () => {
    const collector = new Collector();
    await collector.listen();
    const closing: (() => Promise<void>)[] = [() => collector.close()];
    const start = async (): Promise<TracedScene> => {
      const scene = await startProxyScene();
      const thread = new ThreadPluginServices({
        clock: systemClock, counters: { take: () => ({ kind: 'full' }), add: () => [] }, random: Math.random, log: createMemoryLogger('plugins').log, fetchNetworks: ['127.0.0.0/8'],
        node: { dataPlaneId: 'dp-1', gatewayId: 'gw-1', hostname: 'host-1', softwareVersion: '1.2.3', labels: {} }, logOf: () => ({ warn: () => undefined }),
      });
      const services = testServices({ clock: systemClock, servicesOf: thread.servicesOf });
      closing.unshift(async () => {
        await scene.close();
        await thread.flush(2_000);
        thread.fetching.close();
      });
      return {
        ...scene, collector, another: start,
        use: (plugins, { port = scene.origin.port, service = {}, route = { paths: ['/'] }, entities = [] } = {}) => {
          const { config, quarantined } = compiled([
            put('services', { id: testId('a1'), name: 'books', host: '127.0.0.1', port, ...service }),
            put('routes', { id: testId('b1'), name: 'all', service: ref('a1'), strip_path: false, ...route }),
            ...Object.entries(plugins).map(([plugin, settings], n) => put('plugins', { id: testId(`f${n}`), name: plugin, config: settings })),
            ...entities,
          ], { services });
          assert.deepEqual(quarantined, []);
          scene.serve(config);
          closing.unshift(async () => config.release());
        },
      };
    };
    try {
      await run(await start());
    } finally {
      for (const close of closing) await close();
    }
  });
}

const otel = ({ collector }: TracedScene, more: JsonObject = {}): JsonObject => ({ traces_endpoint: collector.url('/v1/traces'), sampling_rate: 1, queue: QUEUE, ...more });
const kindOf = (spans: readonly OtlpSpan[], kind: number): readonly OtlpSpan[] => spans.filter((span) => span.kind === kind);
const [SERVER, CLIENT] = [2, 3];

tracing('two gateways and a backend: one trace, each span below the one that called it, whatever headers it goes by', async (front) => {
  const back = await front.another();
  back.use({ opentelemetry: otel(back, { header_type: 'datadog' }) });
  front.use({ 'correlation-id': {}, opentelemetry: otel(front, { header_type: 'b3-single' }) }, { port: back.port });
  assert.equal((await front.exchange(request('/a'))).status, 200);
  // Each: the server's, routing, requestHead of opentelemetry, the client's; and requestHead of correlation-id.
  const spans = await front.collector.trace(9);
  const [root] = kindOf(spans, SERVER).filter(({ parentSpanId }) => parentSpanId === '');
  const [first] = kindOf(spans, CLIENT).filter(({ parentSpanId }) => parentSpanId === root?.spanId);
  const [second] = kindOf(spans, SERVER).filter(({ parentSpanId }) => parentSpanId === first?.spanId);
  const [last] = kindOf(spans, CLIENT).filter(({ parentSpanId }) => parentSpanId === second?.spanId);
  assert.ok(root !== undefined && first !== undefined && second !== undefined && last !== undefined);
  const names = (of: OtlpSpan) => spans.filter(({ parentSpanId, kind }) => parentSpanId === of.spanId && kind === 1).map(({ name }) => name);
  assert.deepEqual(names(root), ['routing', 'correlation-id requestHead', 'opentelemetry requestHead']);
  assert.deepEqual([root.name, root.attributes['http.response.status_code'], root.attributes['holdfast.service.name'], first.attributes['server.port']], ['GET all', 200, 'books', back.port]);
  for (const span of spans) {
    assert.ok(span.startMs <= span.endMs && Math.abs(span.startMs - Date.now()) < 60_000, `${span.name} is of now`);
    if (span !== root && (span.parentSpanId === root.spanId)) assert.ok(span.startMs >= root.startMs - 0.01 && span.endMs <= root.endMs + 0.01, `${span.name} lies within the request`);
  }
  const sent = back.origin.requests[0];
  assert.equal(sent?.header('x-datadog-parent-id'), BigInt(`0x${last.spanId}`).toString());
  assert.equal(sent?.header('b3'), `${root.traceId}-${last.spanId}-1-${second.spanId}`);
});

tracing('retries: a client span for each attempt, the last of which went upstream', async (scene) => {
  const dead = await startProxyScene();
  await dead.close();
  const upstream = ref('c1');
  scene.use({ opentelemetry: otel(scene) }, {
    service: { host: 'pool' },
    entities: [
      put('upstreams', { id: testId('c1'), name: 'pool', algorithm: 'round-robin' }),
      put('targets', { id: testId('c2'), upstream, target: `127.0.0.1:${dead.port}`, weight: 1_000 }), put('targets', { id: testId('c3'), upstream, target: `127.0.0.1:${scene.origin.port}`, weight: 1 }),
    ],
  });
  assert.equal((await scene.exchange(request('/a'))).status, 200);
  await waitUntil('spans', () => scene.collector.spans.length > 0);
  const tries = kindOf(scene.collector.spans, CLIENT);
  assert.ok(tries.length >= 2);
  assert.deepEqual(tries.map(({ attributes }) => attributes['http.request.resend_count']), tries.map((_, n) => (n === 0 ? undefined : n)));
  assert.deepEqual([tries[0]?.isError, tries[0]?.attributes['error.type'], tries.at(-1)?.isError, tries.at(-1)?.attributes['holdfast.target']], [true, 'connect', false, `127.0.0.1:${scene.origin.port}`]);
  assert.equal(scene.origin.requests[0]?.header('traceparent')?.split('-')[2], tries.at(-1)?.spanId);
});

tracing('what a plugin refuses, what no upstream answers, what a client leaves: each is a trace', async (scene) => {
  scene.use({ opentelemetry: otel(scene, { logs_endpoint: scene.collector.url('/v1/logs'), http_response_header_for_traceid: 'X-Trace-Id' }), 'key-auth': {} });
  const refused = await scene.exchange(request('/refused'));
  assert.equal(refused.status, 401);
  await waitUntil('a trace', () => scene.collector.spans.length > 0 && scene.collector.records.length > 0);
  const [server] = kindOf(scene.collector.spans, SERVER);
  assert.deepEqual([server?.traceId, server?.attributes['http.response.status_code'], server?.isError], [refused.header('x-trace-id'), 401, false]);
  assert.deepEqual(scene.collector.spans.filter(({ kind }) => kind === 1).map(({ name }) => name), ['routing', 'key-auth requestHead']);
  assert.deepEqual(scene.collector.records.map(({ body, traceId, spanId }) => [body, traceId, spanId]), [['GET /refused 401', server?.traceId, server?.spanId]]);
  scene.collector.spans.length = 0;
  scene.use({ opentelemetry: otel(scene) });
  scene.origin.respond(() => undefined);
  const client = await scene.connect();
  client.send(request('/left'));
  await waitUntil('it went upstream', () => scene.origin.requests.length === 1);
  client.close();
  await waitUntil('its trace', () => scene.collector.spans.length > 0);
  assert.deepEqual(kindOf(scene.collector.spans, SERVER).map(({ attributes, isError }) => [attributes['error.type'], isError]), [['client_gone', true]]);
  assert.deepEqual(kindOf(scene.collector.spans, CLIENT).map(({ attributes }) => attributes['error.type']), ['abandoned']);
});

tracing('a WebSocket and a gRPC call', async (scene) => {
  scene.use({ opentelemetry: otel(scene) });
  scene.origin.respond((_, socket) => {
    setImmediate(() => socket.end());
    return 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';
  });
  const client = await scene.connect();
  client.send(request('/chat', ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']));
  await waitUntil('its trace', () => scene.collector.spans.length > 0);
  assert.deepEqual([kindOf(scene.collector.spans, SERVER)[0]?.attributes['http.response.status_code'], kindOf(scene.collector.spans, CLIENT)[0]?.attributes['http.response.status_code']], [101, 101]);
  scene.collector.spans.length = 0;
  const parents: unknown[] = [];
  const server = await startGrpcServer({
    unary: (call: { readonly request: Buffer; readonly metadata: Metadata }, answer: (error: null, reply: Buffer) => void) => {
      parents.push(...call.metadata.get('traceparent'));
      answer(null, call.request);
    },
  });
  const caller = new GrpcClient(scene.port);
  try {
    scene.use({ opentelemetry: otel(scene) }, { port: server.port, service: { protocol: 'grpc' }, route: { protocols: ['grpc'], paths: ['/'] } });
    assert.equal((await caller.unary(Buffer.from('hello'))).code, 0);
  } finally {
    caller.close();
    server.kill();
  }
  await waitUntil('its trace', () => scene.collector.spans.length > 0);
  const [span] = kindOf(scene.collector.spans, SERVER);
  assert.deepEqual([span?.name, span?.attributes['url.path'], span?.attributes['network.protocol.version']], ['POST all', '/echo.Echo/Unary', '2']);
  assert.deepEqual(parents, [`00-${span?.traceId}-${kindOf(scene.collector.spans, CLIENT)[0]?.spanId}-01`]);
});

tracing('zipkin and opentelemetry on one request: one trace, each with its own spans', async (scene) => {
  scene.use({ zipkin: { http_endpoint: scene.collector.url('/api/v2/spans'), sample_ratio: 1, queue: QUEUE }, opentelemetry: otel(scene) });
  await scene.exchange(request('/a'));
  await waitUntil('both', () => scene.collector.spans.length > 0 && scene.collector.zipkin.length > 0);
  const [server] = kindOf(scene.collector.spans, SERVER);
  assert.deepEqual(scene.collector.zipkin.map(({ name, traceId }) => [name, traceId]), [['GET', server?.traceId], ['GET (proxy)', server?.traceId], ['GET (balancer try 1)', server?.traceId]]);
  assert.equal(scene.origin.requests[0]?.header('x-b3-spanid'), scene.collector.zipkin[1]?.id);
  assert.equal(scene.origin.requests[0]?.header('traceparent')?.split('-')[2], kindOf(scene.collector.spans, CLIENT)[0]?.spanId);
});

tracing('a collector that is down for a while loses nothing, and no request waits for it', async (scene) => {
  scene.collector.refusals.push(503, 502, 429);
  scene.use({ opentelemetry: otel(scene, { queue: { ...QUEUE, initial_retry_delay: 0.01, max_retry_delay: 0.02 } }) });
  for (let n = 0; n < 20; n += 1) assert.equal((await scene.exchange(request(`/${n}`))).status, 200);
  await waitUntil('all', () => kindOf(scene.collector.spans, SERVER).length === 20);
  assert.deepEqual(kindOf(scene.collector.spans, SERVER).map(({ attributes }) => attributes['url.path']).toSorted(), Array.from({ length: 20 }, (_, n) => `/${n}`).toSorted());
  assert.ok(scene.collector.requests >= 4);
});
