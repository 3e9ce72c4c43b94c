/** zipkin with hostile requests, and what Zipkin gets of them. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { JsonObject } from '../../model/definition.ts';
import { defined } from '../../assert.ts';
import type { FetchOptions } from '../plugin-services.ts';
import { pluginRegistry } from '../registry.ts';
import { pluginContext, pluginRun, pluginServices, responseContext, type ResponseParts } from '../../plugin-kit/plugin-host.ts';

const ID = 'c0ffee00c0ffee00c0ffee00ffffffff';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const ALL = { http_endpoint: 'http://zipkin.example/api/v2/spans', sample_ratio: 1 } as const;
const b3 = [['x-b3-traceid', TRACE], ['x-b3-spanid', PARENT], ['x-b3-sampled', '1']] as const;

interface Span {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly name: string;
  readonly kind: string;
  readonly timestamp: number;
  readonly duration: number;
  readonly localEndpoint: unknown;
  readonly remoteEndpoint: unknown;
  readonly annotations?: readonly { readonly value: string; readonly timestamp: number }[];
  readonly tags: Readonly<Record<string, string>>;
}

function scene(config: JsonObject, status = 202) {
  const sent: { readonly url: string; readonly options: FetchOptions }[] = [];
  const services = pluginServices({
    fetch: (url, options) => {
      sent.push({ url, options });
      return Promise.resolve({ status, header: () => undefined, body: new Uint8Array(0) });
    },
  });
  const instance = defined(pluginRegistry.get('zipkin'), 'it is registered').create(config, services);
  return {
    services, sent,
    request(parts: ResponseParts = {}) {
      const run = pluginRun(instance);
      const context = pluginContext({ requestId: ID, ...parts });
      run.begin(context);
      run.head(context);
      run.log(responseContext({ requestId: ID, ...parts, log: { startedAtMs: 1_700_000_000_001.25, totalMs: 9.5, ...parts.log } }));
      return context;
    },
    async spans(): Promise<readonly Span[]> {
      await services.flush();
      // The door: what Zipkin would parse.
      return sent.flatMap(({ options }) => JSON.parse(String(options.body)) as readonly Span[]);
    },
  };
}

describe('spans', () => {
  test("the request, the proxying, each attempt, with Kong's names", async () => {
    const one = scene({ ...ALL, local_service_name: 'edge', default_service_name: 'behind', static_tags: [{ name: 'zone', value: 'z' }], http_span_name: 'method_path' });
    const context = one.request({
      path: '/a', headers: [...b3, ['zipkin-tags', 'team=blue; http.path=lie ;nonsense; __proto__=x; =y']], service: 'service-1', consumer: { id: 'consumer-1', username: 'ann', customId: null },
      status: 502, errorCode: 'PROXY_UPSTREAM_FAILED',
      log: {
        tries: [{ upstream: 'books', target: 'a:80', address: '10.0.0.1', port: 80, startedAtMs: 1_700_000_000_002, connectMs: 0, totalMs: 1.5, status: undefined, failure: 'connect' }, { upstream: 'books', target: 'b:80', address: '2001:db8::1', port: 81, startedAtMs: 1_700_000_000_004, connectMs: 0, totalMs: 0, status: 200, failure: undefined }],
        phases: [{ name: 'routing', startMs: 1_700_000_000_001.25, endMs: 1_700_000_000_001.5 }, { name: 'requestHead', plugin: 'zipkin', startMs: 1_700_000_000_001.5, endMs: 1_700_000_000_001.75 }],
      },
    });
    const spans = await one.spans();
    assert.deepEqual(one.sent.map(({ url, options }) => [url, options.method, options.headers?.['content-type']]), [[ALL.http_endpoint, 'POST', 'application/json']]);
    const [request, proxy, first, second] = spans;
    assert.ok(request !== undefined && proxy !== undefined);
    assert.deepEqual(spans.map(({ name, kind, traceId, parentId }) => [name, kind, traceId, parentId === request.id ? 'request' : parentId]), [
      ['GET /a', 'SERVER', TRACE, PARENT], ['GET /a (proxy)', 'CLIENT', TRACE, 'request'], ['GET /a (balancer try 1)', 'CLIENT', TRACE, 'request'], ['GET /a (balancer try 2)', 'CLIENT', TRACE, 'request'],
    ]);
    assert.deepEqual(context.upstreamHeaderValues('x-b3-spanid'), [proxy.id]);
    assert.deepEqual(context.upstreamHeaderValues('x-b3-parentspanid'), [request.id]);
    assert.deepEqual([request.timestamp, request.duration, second?.duration], [1_700_000_000_001_250, 9_500, 1]);
    const { 'kong.node.id': nodeId, ...tags } = request.tags;
    assert.equal(typeof nodeId, 'string');
    assert.deepEqual(Object.entries(tags).toSorted(), Object.entries({
      team: 'blue', zone: 'z', lc: 'edge', 'http.method': 'GET', 'http.host': 'example.com', 'http.path': '/a', 'http.protocol': 'HTTP/1.1', 'http.status_code': '502', error: 'PROXY_UPSTREAM_FAILED', 'kong.consumer': 'consumer-1', 'kong.request_id': ID, 'kong.config_version': '1.1', ['__proto__']: 'x',
    }).toSorted());
    assert.deepEqual(proxy.tags, { lc: 'edge', 'kong.route': 'route-1', 'kong.route_name': 'route', 'kong.service': 'service-1', 'peer.hostname': 'books', error: 'true' });
    assert.deepEqual(proxy.annotations?.map(({ value }) => value), ['krs', 'krf', 'kas', 'kaf']);
    assert.deepEqual([first?.tags['kong.balancer.state'], first?.tags['error'], second?.tags['error'], second?.remoteEndpoint], ['connect', 'true', undefined, { serviceName: 'behind', ipv6: '2001:db8::1', port: 81 }]);
  });

  test('phases as tags', async () => {
    const one = scene({ ...ALL, phase_duration_flavor: 'tags' });
    one.request({ log: { phases: [{ name: 'requestHead', plugin: 'a', startMs: 5, endMs: 6 }, { name: 'upstreamRequest', plugin: 'b', startMs: 6, endMs: 7.5 }] } });
    const [, proxy] = await one.spans();
    assert.deepEqual([proxy?.tags['kong.access.duration_ms'], proxy?.annotations], ['2.5', []]);
  });

  test('what was answered before it could go upstream has no span of proxying', async () => {
    const one = scene(ALL);
    const run = pluginRun(defined(pluginRegistry.get('zipkin'), 'it is registered').create({ ...ALL }, one.services));
    run.begin(pluginContext({ requestId: ID }));
    run.log(responseContext({ requestId: ID, status: 401 }));
    assert.deepEqual((await one.spans()).map(({ name, kind }) => [name, kind]), [['GET', 'SERVER']]);
  });

  test('tags that a client sends are bounded', async () => {
    const one = scene(ALL);
    one.request({ headers: [['zipkin-tags', Array.from({ length: 100 }, (_, n) => `t${n}=${'x'.repeat(9)}`).join(';')]] });
    one.request({ headers: [['zipkin-tags', `t=${'x'.repeat(5_000)}`]] });
    one.request({ path: `/${'x'.repeat(9_000)}` });
    const counts = (await one.spans()).filter(({ kind }) => kind === 'SERVER').map(({ tags }) => [Object.keys(tags).filter((name) => name.startsWith('t')).length, tags['http.path']?.length]);
    assert.deepEqual(counts, [[32, 1], [0, 1], [0, 1_024]]);
  });
});

describe('sampling and headers', () => {
  const flags = (config: JsonObject, headers: ResponseParts['headers'] = []) => scene(config).request({ headers }).effects.filter((effect) => effect.startsWith('set-upstream')).map((effect) => effect.slice(13));

  test('the sender decides, else a share', () => {
    assert.equal(flags({ ...ALL, sample_ratio: 0 }, b3).at(-1), 'x-b3-sampled: 1');
    assert.equal(flags(ALL, [['x-b3-sampled', '0']]).at(-1), 'x-b3-sampled: 0');
    assert.equal(flags(ALL).at(-1), 'x-b3-sampled: 1');
    assert.equal(flags({ ...ALL, sample_ratio: 0 }).at(-1), 'x-b3-sampled: 0');
    assert.equal(flags({ ...ALL, sample_ratio: 0 }, [...b3.slice(0, 2), ['x-b3-flags', '1']]).at(-1), 'x-b3-flags: 1');
  });

  test('traceid_byte_count 8: short ids', async () => {
    const one = scene({ ...ALL, traceid_byte_count: 8 });
    const context = one.request();
    assert.deepEqual([context.upstreamHeaderValues('x-b3-traceid'), context.traceId], [[ID.slice(16)], ID.slice(16).padStart(32, '0')]);
    assert.deepEqual(new Set((await one.spans()).map(({ traceId }) => traceId)), new Set([ID.slice(16).padStart(32, '0')]));
  });

  test('default_header_type where nothing came; rubbish goes no further', () => {
    assert.match(flags({ ...ALL, default_header_type: 'gcp' }, [['x-b3-traceid', 'rubbish']])[0] ?? '', /^x-cloud-trace-context: c0ffee00/);
    assert.match(scene(ALL).request({ headers: [['b3', 'rubbish']] }).effects.join('\n'), /remove-upstream b3\n/);
  });
});

for (const [status, retryable] of [[400, false], [413, false], [429, true], [500, true], [503, true], [302, true]] as const) {
  test(`Zipkin answers ${status}: ${retryable ? 'tried again' : 'given up'}`, async () => {
    const one = scene(ALL, status);
    one.request();
    await assert.rejects(one.services.flush(), { retryable });
  });
}

test('without an endpoint traces are carried on, and nothing is sent', async () => {
  const one = scene({ sample_ratio: 1 });
  assert.equal(one.request().upstreamHeaderValues('x-b3-sampled')[0], '1');
  await one.services.flush();
  assert.equal(one.sent.length, 0);
});

test('a static tag of a name that is the plugin\'s own is refused', () => {
  assert.throws(() => scene({ static_tags: [{ name: 'http.path', value: 'x' }] }), { code: 'PLUGIN_CONFIG_INVALID', message: /a tag of the plugin's own/ });
});
