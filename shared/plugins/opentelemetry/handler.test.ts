/** opentelemetry with hostile requests and collectors. What is sent is decoded by the public protocol's definitions (test/support). */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { JsonObject } from '../../model/definition.ts';
import { defined } from '../../assert.ts';
import type { UpstreamTry } from '../contract.ts';
import type { FetchAnswer, FetchOptions } from '../plugin-services.ts';
import { pluginRegistry } from '../registry.ts';
import { pluginContext, pluginRun, pluginServices, responseContext, type RecordedServices, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import { decodeLogRecords, decodeMetrics, decodeSpans, partialSuccessBytes, type OtlpSpan } from '../../../test/support/otlp-messages.ts';

const ID = 'c0ffee00c0ffee00c0ffee00ffffffff';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const ENDPOINT = 'https://collector.example/v1/traces';
const ALL = { traces_endpoint: ENDPOINT, sampling_rate: 1 } as const;
const traceparent = (flags: string) => ['traceparent', `00-${TRACE}-${PARENT}-${flags}`] as const;
const upstreamTry = (parts: Partial<UpstreamTry> = {}): UpstreamTry => ({ upstream: 'books', target: '10.0.0.1:80', address: '10.0.0.1', port: 80, startedAtMs: 1_700_000_000_002, connectMs: 0, totalMs: 5.5, status: 200, failure: undefined, ...parts });

interface Sent {
  readonly url: string;
  readonly options: FetchOptions;
  readonly body: Uint8Array;
}

interface Scene {
  readonly services: RecordedServices;
  readonly sent: readonly Sent[];
  /** One request through all phases. */
  request(parts?: ResponseParts): ReturnType<typeof pluginContext>;
  spans(): Promise<readonly OtlpSpan[]>;
  tick(): void;
  nowMs: number;
}

function scene(config: JsonObject, answer: (sent: Sent) => Partial<FetchAnswer> = () => ({})): Scene {
  const sent: Sent[] = [];
  const ticks: (() => void)[] = [];
  const around = { nowMs: 1_700_000_000_000 };
  const services = pluginServices({
    clock: { nowMs: () => around.nowMs, monotonicMs: () => 1 },
    fetch: (url, options) => {
      const body = options.body;
      assert.ok(body instanceof Uint8Array);
      // It is the sender's again when it was sent.
      const one = { url, options, body: Uint8Array.from(body) };
      sent.push(one);
      return Promise.resolve({ status: 200, header: () => undefined, body: new Uint8Array(0), ...answer(one) });
    },
    every: (_, run) => {
      ticks.push(run);
      return { cancel: () => undefined };
    },
  });
  const instance = defined(pluginRegistry.get('opentelemetry'), 'it is registered').create(config, services);
  return {
    services, sent,
    get nowMs() { return around.nowMs; },
    set nowMs(now: number) { around.nowMs = now; },
    tick: () => { for (const run of ticks) run(); },
    request(parts = {}) {
      const run = pluginRun(instance);
      const context = pluginContext({ requestId: ID, ...parts });
      run.begin(context);
      run.head(context);
      const log = { startedAtMs: 1_700_000_000_001.25, totalMs: 9.5, ...parts.log };
      run.log(responseContext({ requestId: ID, ...parts, log }));
      return context;
    },
    async spans() {
      await services.flush();
      return sent.flatMap(({ body }) => decodeSpans(body).items);
    },
  };
}

const shown = ({ name, kind, parentSpanId }: OtlpSpan, spans: readonly OtlpSpan[]) => `${name} (${['', 'internal', 'server', 'client'][kind]}) < ${spans.find(({ spanId }) => spanId === parentSpanId)?.name ?? parentSpanId}`;

describe('spans', () => {
  test('the server, each phase, each attempt; the last attempt is what the upstream hangs below', async () => {
    const one = scene(ALL);
    const context = one.request({
      headers: [['user-agent', 'curl/8'], ['authorization', 'Bearer secret']], query: 'token=secret', service: 'service-1', consumer: { id: 'consumer-1', username: 'ann', customId: null },
      log: {
        tries: [upstreamTry({ status: undefined, failure: 'connect' }), upstreamTry({ address: '10.0.0.2' })],
        phases: [{ name: 'routing', startMs: 1_700_000_000_001.25, endMs: 1_700_000_000_001.5 }, { name: 'requestHead', plugin: 'key-auth', startMs: 1_700_000_000_001.5, endMs: 1_700_000_000_002 }],
      },
    });
    const spans = await one.spans();
    assert.deepEqual(spans.map((span) => shown(span, spans)), ['GET route (server) < ', 'routing (internal) < GET route', 'key-auth requestHead (internal) < GET route', 'GET (client) < GET route', 'GET (client) < GET route']);
    const [server, , , first, second] = spans;
    assert.ok(server !== undefined && first !== undefined && second !== undefined);
    assert.ok(spans.every(({ traceId }) => traceId === ID));
    assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, 5);
    assert.deepEqual(server.attributes, {
      'http.route': 'route', 'holdfast.route.id': 'route-1', 'holdfast.route.name': 'route', 'holdfast.service.id': 'service-1', 'http.request.method': 'GET', 'url.scheme': 'http', 'network.protocol.version': '1.1',
      'http.response.status_code': 200, 'holdfast.config_version': '1.1', 'url.path': '/', 'server.address': 'example.com', 'server.port': 80, 'client.address': '192.0.2.1', 'user_agent.original': 'curl/8', 'holdfast.request_id': ID, 'holdfast.consumer.id': 'consumer-1',
    });
    assert.deepEqual([server.startMs, server.endMs], [1_700_000_000_001.25, 1_700_000_000_010.75]);
    assert.deepEqual([first.isError, first.attributes['error.type'], second.isError, second.attributes['http.request.resend_count'], second.attributes['network.peer.address']], [true, 'connect', false, 1, '10.0.0.2']);
    assert.deepEqual(context.upstreamHeaderValues('traceparent'), [`00-${ID}-${second.spanId}-01`]);
    assert.doesNotMatch(JSON.stringify(spans), /secret/);
  });

  test('below the span of whoever sent the request, with its state', async () => {
    const one = scene(ALL);
    one.request({ headers: [traceparent('01'), ['tracestate', 'a=1']] });
    const [server] = await one.spans();
    assert.deepEqual([server?.traceId, server?.parentSpanId, server?.traceState, server?.flags], [TRACE, PARENT, 'a=1', 0x301]);
  });

  test('errors: of ours by their code, of upstreams by their status, a client that went away', async () => {
    const one = scene(ALL);
    one.request({ status: 503, errorCode: 'PROXY_NO_TARGET' });
    one.request({ status: 500 });
    one.request({ status: 0 });
    one.request({ status: 404 });
    assert.deepEqual((await one.spans()).map(({ isError, attributes }) => [isError, attributes['error.type'], attributes['http.response.status_code']]), [[true, 'PROXY_NO_TARGET', 503], [true, '500', 500], [true, 'client_gone', undefined], [false, undefined, 404]]);
  });

  test('texts of any kind and length are cut and stay UTF-8; methods that clients make up are one', async () => {
    const one = scene(ALL);
    const odd = `/${'\u00fc'.repeat(600)}\ud800`;
    one.request({ method: 'BREW', path: odd, headers: [['user-agent', 'x'.repeat(16_000)]] });
    one.request({ path: '\u{1f600}'.repeat(700) });
    const [first, second] = await one.spans();
    assert.deepEqual([first?.name, first?.attributes['http.request.method'], first?.attributes['http.request.method_original']], ['HTTP route', '_OTHER', 'BREW']);
    assert.equal(first?.attributes['url.path'], odd.replace('\ud800', '\ufffd'));
    assert.equal(String(first?.attributes['user_agent.original']).length, 1_024);
    assert.equal(second?.attributes['url.path'], '\u{1f600}'.repeat(512));
  });

  test('thousands of requests, more than one batch', async () => {
    const one = scene({ ...ALL, queue: { max_batch_size: 700 } });
    for (let n = 0; n < 2_000; n += 1) one.request({ path: `/${n}`, log: { tries: [upstreamTry()] } });
    const spans = await one.spans();
    assert.deepEqual(spans.filter(({ kind }) => kind === 2).map(({ attributes }) => attributes['url.path']), Array.from({ length: 2_000 }, (_, n) => `/${n}`));
    assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, 4_000);
    assert.deepEqual(one.sent.map(({ body }) => decodeSpans(body).items.length / 2), [700, 700, 600]);
  });
});

describe('sampling', () => {
  const isSampled = async (config: JsonObject, headers: ResponseParts['headers'], requestId = ID) => {
    const one = scene({ traces_endpoint: ENDPOINT, ...config });
    const context = one.request({ headers: headers ?? [], requestId });
    const sent = context.upstreamHeaderValues('traceparent')[0]?.endsWith('-01');
    assert.equal((await one.spans()).length > 0, sent, 'what goes upstream says whether it is recorded');
    return sent;
  };

  test('parent_probability_fallback: as the sender decided, else a share', async () => {
    const config = { sampling_strategy: 'parent_probability_fallback' };
    assert.deepEqual([
      await isSampled({ ...config, sampling_rate: 0 }, [traceparent('01')]), await isSampled({ ...config, sampling_rate: 1 }, [traceparent('00')]),
      await isSampled({ ...config, sampling_rate: 1 }, []), await isSampled({ ...config, sampling_rate: 0 }, []),
    ], [true, false, true, false]);
  });

  test('parent_drop_probability_fallback: not what the sender dropped, of all else a share', async () => {
    assert.deepEqual([
      await isSampled({ sampling_rate: 1 }, [traceparent('01')]), await isSampled({ sampling_rate: 1 }, [traceparent('00')]), await isSampled({ sampling_rate: 0 }, [traceparent('01')]), await isSampled({ sampling_rate: 1 }, []),
    ], [true, false, false, true]);
  });

  test('the share is decided by the id, alike everywhere', async () => {
    assert.deepEqual([
      await isSampled({ sampling_rate: 0.5 }, [], `${'0'.repeat(17)}17fffffff${'0'.repeat(6)}`), await isSampled({ sampling_rate: 0.5 }, [], `${'0'.repeat(17)}180000000${'0'.repeat(6)}`),
      await isSampled({}, [], `${'f'.repeat(18)}fd000000${'f'.repeat(6)}`), await isSampled({}, [], `${'f'.repeat(18)}fe000000${'f'.repeat(6)}`),
    ], [false, true, false, true]);
  });

  test('one that is not recorded says so upstream, below its sender in the same trace, and costs no times of phases', () => {
    const context = scene({ ...ALL, sampling_rate: 0, http_response_header_for_traceid: 'X-Trace' }).request({ headers: [traceparent('01'), ['tracestate', 'a=1']] });
    assert.match(context.upstreamHeaderValues('traceparent')[0] ?? '', new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-00$`));
    assert.deepEqual([context.traceId, context.responseHeaders.get('X-Trace'), context.effects.includes('time-phases')], [TRACE, TRACE, false]);
  });

  test('another plugin has begun a trace: this one joins it', async () => {
    const one = scene(ALL);
    one.request({ traceId: TRACE });
    one.request({ traceId: ID, headers: [traceparent('01')] });
    assert.deepEqual((await one.spans()).map(({ traceId, parentSpanId }) => [traceId, parentSpanId]), [[TRACE, ''], [ID, '']]);
  });
});

describe('the collector', () => {
  test('gets the headers, also secret ones, and what it is told from', async () => {
    const one = scene({ ...ALL, headers: { 'X-Tenant': 'a' }, secret_headers: ['Authorization: Bearer b'], resource_attributes: { 'service.name': 'edge', zone: 'z' }, connect_timeout: 1, send_timeout: 2, read_timeout: 3 });
    one.request();
    await one.services.flush();
    const [sent] = one.sent;
    assert.deepEqual([sent?.url, sent?.options.method, sent?.options.headers, sent?.options.timeoutMs], [ENDPOINT, 'POST', { 'x-tenant': 'a', authorization: 'Bearer b', 'content-type': 'application/x-protobuf' }, 6]);
    const { resource } = decodeSpans(defined(sent, 'a request').body);
    assert.deepEqual([resource['service.name'], resource['zone'], typeof resource['host.name']], ['edge', 'z', 'string']);
  });

  for (const [status, retryable] of [[429, true], [502, true], [503, true], [504, true], [400, false], [401, false], [404, false], [413, false], [500, false], [301, false]] as const) {
    test(`answers ${status}: ${retryable ? 'tried again' : 'given up'}`, async () => {
      const one = scene(ALL, () => ({ status }));
      one.request();
      await assert.rejects(one.services.flush(), { retryable, code: retryable ? 'OTLP_UNAVAILABLE' : 'OTLP_REFUSED' });
    });
  }

  test('is left in peace for as long as Retry-After says', async () => {
    let status = 503;
    const one = scene(ALL, () => ({ status, header: (name) => (name === 'retry-after' ? '2' : undefined) }));
    one.request();
    await assert.rejects(one.services.flush(), { code: 'OTLP_UNAVAILABLE' });
    status = 200;
    for (const [afterMs, requests] of [[1_999, 1], [1, 2]] as const) {
      one.nowMs += afterMs;
      one.request();
      await one.services.flush().catch(() => undefined);
      assert.equal(one.sent.length, requests);
    }
  });

  test('took a part: said in the log and counted; an answer that is no protobuf says nothing', async () => {
    const answers = [partialSuccessBytes(3, 'too \n old'), Uint8Array.of(0x0a, 0xff, 0xff), Buffer.from('<html>')];
    const one = scene({ ...ALL, metrics: { endpoint: 'https://collector.example/v1/metrics' } }, ({ url }) => (url === ENDPOINT ? { body: answers.shift() ?? new Uint8Array(0), header: () => 'application/x-protobuf' } : {}));
    for (let n = 0; n < 3; n += 1) {
      one.request();
      await one.services.flush();
    }
    assert.deepEqual(one.services.warnings, ['otlp-partial-success']);
    one.tick();
    const rejected = decodeMetrics(defined(one.sent.at(-1), 'a push').body).items.find(({ name }) => name === 'holdfast.otlp.rejected');
    assert.deepEqual(rejected?.points.map(({ value, attributes }) => [value, attributes]), [[3, { 'holdfast.signal': 'traces' }]]);
  });
});

test('logs: a record of each request, sampled or not, with its trace', async () => {
  const one = scene({ logs_endpoint: 'https://collector.example/v1/logs' });
  const context = one.request({ headers: [traceparent('01')], status: 502, errorCode: 'PROXY_UPSTREAM_FAILED', path: '/a', query: 'token=secret' });
  await one.services.flush();
  const { items: [record] } = decodeLogRecords(defined(one.sent[0], 'a request').body);
  assert.deepEqual([record?.body, record?.severityText, record?.traceId, record?.spanId, record?.attributes['error.type'], record?.attributes['holdfast.duration_ms']], ['GET /a 502', 'ERROR', TRACE, '', 'PROXY_UPSTREAM_FAILED', 10]);
  assert.deepEqual(context.upstreamHeaderValues('traceparent'), [`00-${TRACE}-${PARENT}-01`], 'without traces the headers pass as they are');
});

test('metrics: durations by route, method and status, requests under way, an exemplar; series are bounded', () => {
  const one = scene({ ...ALL, metrics: { endpoint: 'https://collector.example/v1/metrics', push_interval: 5 } });
  one.request({ log: { totalMs: 9.5 } });
  one.request({ log: { totalMs: 20_000 } });
  for (let status = 200; status < 2_300; status += 1) one.request({ status });
  one.tick();
  const metrics = decodeMetrics(defined(one.sent[0], 'a push').body).items;
  const [durations, active] = metrics;
  assert.deepEqual(metrics.map(({ name, unit, temporality }) => [name, unit, temporality]), [['http.server.request.duration', 's', 2], ['http.server.active_requests', '{request}', 2]]);
  const [point] = durations?.points ?? [];
  assert.deepEqual([point?.count, point?.attributes, point?.exemplarTraceId], [3, { 'http.request.method': 'GET', 'url.scheme': 'http', 'http.route': 'route', 'http.response.status_code': 200 }, ID]);
  assert.deepEqual([point?.bounds.length, point?.buckets], [14, [0, 2, ...Array.from({ length: 12 }, () => 0), 1]]);
  assert.deepEqual([durations?.points.length, durations?.points.at(-1)?.attributes, durations?.points.at(-1)?.count], [2_001, { 'otel.metric.overflow': 'true' }, 100]);
  assert.deepEqual(active?.points.map(({ value }) => value), [0]);
});

test('a request that ended before the instance joined is recorded all the same', async () => {
  const bodies: unknown[] = [];
  const services = pluginServices({
    fetch: (_, { body }) => {
      bodies.push(body);
      return Promise.resolve({ status: 200, header: () => undefined, body: new Uint8Array(0) });
    },
  });
  const run = pluginRun(defined(pluginRegistry.get('opentelemetry'), 'it is registered').create({ ...ALL }, services));
  run.log(responseContext({ requestId: ID, status: 401 }));
  await services.flush();
  const [body] = bodies;
  assert.ok(body instanceof Uint8Array);
  assert.deepEqual(decodeSpans(body).items.map(({ traceId, name }) => [traceId, name]), [[ID, 'GET route']]);
});
