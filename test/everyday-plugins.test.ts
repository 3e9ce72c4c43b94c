/**
 * The plugins that nearly every gateway has, on the real engine, from configurations as they are published: what clients of HTTP/1.1,
 * HTTP/2 and gRPC get, and what reaches the backend. Each plugin's own rules are tested beside it.
 */
import assert from 'node:assert/strict';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import { ThreadPluginServices } from '../data-plane/plugin-services/thread-plugin-services.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { compiled, testServices } from './support/compile-config.ts';
import { put, ref, testId } from './support/config-content.ts';
import { GrpcClient, startGrpcServer, status } from './support/grpc-scene.ts';
import { Http2Client, type Http2Outcome } from './support/http2-client.ts';
import type { ProxyScene, SceneOptions } from './support/proxy-scene.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';

interface Plugins {
  readonly [name: string]: JsonObject;
}

interface PluginScene extends ProxyScene {
  /** One request over HTTP/2. */
  readonly exchange2: (fields: Readonly<Record<string, string | readonly string[]>>, body?: string) => Promise<Http2Outcome>;
}

const thread = new ThreadPluginServices({ clock: systemClock, counters: { take: () => ({ kind: 'full' }), add: () => [] }, random: Math.random, log: createMemoryLogger('plugins').log, fetchNetworks: [], logOf: () => ({ warn: () => undefined }) });

/** One service with the origin behind it, one route, and these plugins for everything. */
function withPlugins(name: string, plugins: Plugins, run: (scene: PluginScene) => Promise<void>, options: SceneOptions & { readonly route?: JsonObject; readonly entities?: readonly EntityChange[] } = {}): void {
  scenario(name, options, async (scene) => {
    const changes = [
      put('services', { id: testId('a1'), host: '127.0.0.1', port: scene.origin.port }),
      put('routes', { id: testId('b1'), service: ref('a1'), strip_path: false, ...(options.route ?? { paths: ['/'] }) }),
      ...Object.entries(plugins).map(([plugin, config], n) => put('plugins', { id: testId(`f${n}`), name: plugin, config })),
      ...(options.entities ?? []),
    ];
    const { config, quarantined } = compiled(changes, { services: testServices({ servicesOf: (plugin) => thread.servicesOf(plugin) }) });
    assert.deepEqual(quarantined, []);
    scene.serve(config);
    const exchange2: PluginScene['exchange2'] = async (fields, body) => {
      const client = await Http2Client.open(scene.port);
      try {
        return await client.exchange({ ':authority': 'client.test', ...fields }, body);
      } finally {
        client.close();
      }
    };
    await run({ ...scene, exchange2 });
  });
}

const request = (line: string, lines: readonly string[] = [], body = ''): string => [`${line} HTTP/1.1`, 'Host: client.test', ...lines, '', body].join('\r\n');
const ANN: readonly EntityChange[] = [put('consumers', { id: testId('c1'), username: 'ann' }), put('keyauth_credentials', { id: testId('d1'), consumer: ref('c1'), key: 'right' })];
const [APP, EVIL] = ['https://app.example', 'https://evil.example'];

withPlugins('a browser asks before it has a key, and may read a refusal for the lack of one', { 'key-auth': {}, cors: { origins: [APP, 'https://.*\\.b\\.example'], credentials: true, max_age: 60 } }, async ({ exchange, exchange2, origin }) => {
  origin.respond(() => response('hello', [`Access-Control-Allow-Origin: ${EVIL}`, 'Vary: Accept']));
  const preflight = await exchange(request('OPTIONS /', [`Origin: ${APP}`, 'Access-Control-Request-Method: PUT', 'Access-Control-Request-Headers: apikey']));
  assert.deepEqual([preflight.status, preflight.header('access-control-allow-origin'), preflight.header('access-control-allow-headers'), preflight.header('access-control-max-age'), preflight.header('vary'), preflight.header('content-length')], [200, APP, 'apikey', '60', 'Origin', '0']);
  const preflight2 = await exchange2({ ':method': 'OPTIONS', origin: 'https://x.b.example', 'access-control-request-method': 'PUT' });
  assert.deepEqual([preflight2.status, preflight2.header('access-control-allow-origin'), preflight2.header('access-control-allow-credentials'), preflight2.body.length], [200, 'https://x.b.example', 'true', 0]);
  assert.equal(origin.requests.length, 0, 'the backend has nothing to do with it');

  const refused = await exchange(request('GET /', [`Origin: ${APP}`]));
  assert.deepEqual([refused.status, refused.header('access-control-allow-origin'), refused.header('vary')], [401, APP, 'Origin']);
  assert.equal((await exchange(request('OPTIONS /', [`Origin: ${APP}`]))).status, 401, 'what is no preflight needs a key');

  const passed = await exchange2({ origin: APP, apikey: 'right' });
  assert.deepEqual([passed.status, passed.header('access-control-allow-origin'), passed.fields.filter((_, at) => passed.fields[at - 1]?.toLowerCase() === 'vary')], [200, APP, ['Accept', 'Origin']]);
  const other = await exchange(request('HEAD /', [`Origin: ${EVIL}`, 'apikey: right']), { noBody: true });
  assert.deepEqual([other.status, other.header('access-control-allow-origin')], [200, undefined]);
}, { entities: ANN });

withPlugins('what a cache keeps has no origin: each gets its own', { 'proxy-cache': { strategy: 'memory' }, cors: { origins: [APP, 'https://b.example'], credentials: true } }, async ({ exchange, origin }) => {
  origin.respond(() => response('hello', ['Content-Type: application/json']));
  for (const [from, status, allowed] of [[APP, 'Miss', APP], ['https://b.example', 'Hit', 'https://b.example'], [EVIL, 'Hit', undefined]] as const) {
    const answer = await exchange(request('GET /', [`Origin: ${from}`]));
    assert.deepEqual([answer.header('x-cache-status'), answer.header('access-control-allow-origin'), answer.header('vary')], [status, allowed, 'Origin']);
  }
  assert.equal(origin.requests.length, 1);
});

withPlugins('an id for one consumer is made once the consumer is known', { 'key-auth': {} }, async ({ exchange }) => {
  assert.match((await exchange(request('GET /', ['apikey: right']))).header('kong-request-id') ?? '', /#1$/);
  assert.equal((await exchange(request('GET /'))).header('kong-request-id'), undefined);
}, { entities: [...ANN, put('plugins', { id: testId('f9'), name: 'correlation-id', consumer: ref('c1'), config: { echo_downstream: true }, ordering: { after: { access: ['key-auth'] } } })] });

withPlugins('an address that is refused is refused whatever the client says about it', { 'ip-restriction': { deny: ['127.0.0.0/8'] } }, async ({ exchange, exchange2, origin }) => {
  const lies = ['X-Forwarded-For: 10.0.0.1', 'X-Real-IP: 10.0.0.1', 'Forwarded: for=10.0.0.1'];
  const refused = await exchange(request('GET /', lies));
  assert.deepEqual([refused.status, refused.message()], [403, 'IP address not allowed: 127.0.0.1']);
  assert.equal((await exchange2({ 'x-forwarded-for': '10.0.0.1' })).status, 403);
  assert.equal((await exchange(request('HEAD /', lies), { noBody: true })).status, 403);
  assert.equal(origin.requests.length, 0);
});

withPlugins('behind a trusted proxy the address is the one that it tells, in either form', { 'ip-restriction': { allow: ['192.0.2.0/24'] } }, async ({ exchange, origin }) => {
  assert.equal((await exchange(request('GET /', ['X-Forwarded-For: 192.0.2.9']))).status, 200);
  assert.equal((await exchange(request('GET /', ['X-Forwarded-For: ::ffff:192.0.2.9']))).status, 200);
  assert.equal((await exchange(request('GET /', ['X-Forwarded-For: 192.0.2.9, 198.51.100.1']))).status, 403);
  assert.equal(origin.requests.length, 2);
}, { proxy: { trustedAddresses: ['127.0.0.1'] } });

withPlugins('a body that is too long never gets to the backend whole', { 'request-size-limiting': { allowed_payload_size: 10, size_unit: 'bytes' } }, async ({ exchange, exchange2, origin }) => {
  const message = 'Request size limit exceeded';
  const long = await exchange(request('POST /', ['Content-Length: 11'], 'x'.repeat(11)));
  assert.deepEqual([long.status, long.message()], [413, message]);
  const asked = await exchange(request('POST /', ['Content-Length: 11', 'Expect: 100-continue']));
  assert.deepEqual([asked.status, asked.message()], [417, message]);
  const chunked = await exchange(request('POST /', ['Transfer-Encoding: chunked'], 'b\r\n01234567890\r\n0\r\n\r\n'));
  assert.deepEqual([chunked.status, chunked.message()], [413, message]);
  assert.equal((await exchange2({ ':method': 'POST' }, 'x'.repeat(11))).status, 413);
  assert.equal(origin.requests.length, 0);

  assert.equal((await exchange(request('POST /', ['Content-Length: 10'], '0123456789'))).status, 200);
  assert.equal((await exchange(request('POST /', ['Transfer-Encoding: chunked'], 'a\r\n0123456789\r\n0\r\n\r\n'))).status, 200);
  assert.equal((await exchange2({ ':method': 'POST' }, '0123456789')).status, 200);
  assert.equal((await exchange2({})).status, 200);
  assert.deepEqual(origin.requests.map(({ raw }) => raw.includes('0123456789')), [true, true, true, false]);
});

const VALIDATOR = {
  version: 'draft7', verbose_response: true, body_schema: '{"type":"object","required":["name"]}',
  parameter_schema: [{ in: 'path', name: 'id', required: true, style: 'simple', explode: false, schema: '{"type":"integer"}' }, { in: 'query', name: 'limit', required: false, style: 'form', explode: false, schema: '{"type":"integer","maximum":10}' }],
};
withPlugins('a body and parameters that conform go on byte for byte, others do not', { 'request-validator': VALIDATOR }, async ({ exchange, exchange2, origin }) => {
  const post = (target: string, body: string, type = 'application/json') => exchange(request(`POST ${target}`, [`Content-Type: ${type}`, `Content-Length: ${body.length}`], body));
  const body = '{ "name" : "Ann" , "x" : 1.0 }';
  assert.equal((await post('/users/12?limit=10', body)).status, 200);
  assert.equal((await exchange(request('POST /users/12', ['Content-Type: application/json', 'Transfer-Encoding: chunked'], `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`))).status, 200);
  assert.equal((await exchange2({ ':method': 'POST', ':path': '/users/12', 'content-type': 'application/json' }, body)).status, 200);
  assert.deepEqual(origin.requests.map(({ raw }) => raw.includes(body)), [true, true, true]);

  for (const [answer, message] of [
    [await post('/users/ann', body), "path 'id' validation failed, [error] must be integer"],
    [await post('/users/12?limit=11', body), "query 'limit' validation failed, [error] must be <= 10"],
    [await post('/users/12?limit=1&limit=99', body), "query 'limit' validation failed, [error] parameter is given several times"],
    [await post('/users/12', '{}'), 'property "name" is required'],
    [await post('/users/12', '{"name":1,"name":2}'), 'a name stands twice in an object'],
    [await post('/users/12', body, 'text/plain'), 'specified Content-Type is not allowed'],
    [await exchange(request('GET /users/12')), 'property "name" is required'],
  ] as const) assert.deepEqual([answer.status, answer.message()], [400, message]);
  assert.equal((await exchange2({ ':method': 'POST', ':path': '/users/12', 'content-type': 'application/json' }, `{"name":"${'x'.repeat(1_100_000)}"}`)).status, 413);
  assert.equal(origin.requests.length, 3);
}, { route: { paths: ['~/users/(?<id>[^/]+)'] } });

withPlugins('a redirect leads to its own host, whatever the request looks like', { redirect: { location: 'https://new.example/x?y=1', keep_incoming_path: true, status_code: 308 } }, async ({ exchange, exchange2, origin }) => {
  for (const [target, location] of [['/a/../b?q=%0d%0aX', 'https://new.example/b?q=%0d%0aX'], ['//evil.example/', 'https://new.example/evil.example/'], ['/%2e%2e//evil.example', 'https://new.example/evil.example'], ['/%0d%0aSet-Cookie:x', 'https://new.example/%0D%0ASet-Cookie:x']] as const) {
    const answer = await exchange(request(`GET ${target}`));
    assert.deepEqual([answer.status, answer.header('location'), answer.body], [308, location, 'redirecting'], target);
    assert.equal((await exchange2({ ':path': target })).header('location'), location);
  }
  const head = await exchange(request('HEAD /a'), { noBody: true });
  assert.deepEqual([head.status, head.header('location'), head.header('content-length')], [308, 'https://new.example/a', '11']);
  assert.equal(origin.requests.length, 0);
});

withPlugins('one id goes both ways, and bots are turned away with it', { 'correlation-id': { header_name: 'X-Id', echo_downstream: true, generator: 'uuid' }, 'bot-detection': { deny: ['^curl'] } }, async ({ exchange, exchange2, origin }) => {
  const made = await exchange(request('GET /', ['User-Agent: Firefox']));
  assert.match(made.header('x-id') ?? '', /^[0-9a-f-]{36}$/);
  assert.equal(origin.requests[0]?.header('x-id'), made.header('x-id'));
  assert.equal((await exchange(request('GET /', ['x-id: mine-1']))).header('x-id'), 'mine-1');
  assert.equal(origin.requests[1]?.header('x-id'), 'mine-1');
  const twice = await exchange2({ 'x-id': ['one', 'two'] });
  assert.match(String(twice.header('x-id')), /^[0-9a-f-]{36}$/);
  assert.equal(origin.requests[2]?.raw.match(/x-id/gi)?.length, 1);
  assert.equal((await exchange(request('GET /', [`x-id: ${'x'.repeat(300)}`]))).header('x-id')?.length, 36);

  const bot = await exchange(request('GET /', ['User-Agent: Mozilla (compatible; Googlebot/2.1)', 'X-Id: mine-2']));
  assert.deepEqual([bot.status, bot.message(), bot.header('x-id')], [403, 'Forbidden', 'mine-2']);
  assert.equal((await exchange2({ 'user-agent': 'curl/8' })).status, 403);
  const several = await exchange(request('GET /', ['User-Agent: Firefox', 'User-Agent: Googlebot/2.1']));
  assert.deepEqual([several.status, several.message()], [400, 'Only one User-Agent header allowed']);
  assert.equal(origin.requests.length, 4);
});

withPlugins('a marked request is answered with a copy of itself, others go on', { 'request-termination': { trigger: 'X-Debug', echo: true, status_code: 200, message: 'copy' }, 'correlation-id': {} }, async ({ exchange, exchange2, origin }) => {
  const echo = await exchange(request('POST /a?__proto__=1', ['X-Debug: 1', 'Accept: text/html', 'Content-Length: 8'], '<script>'));
  assert.deepEqual([echo.status, echo.header('content-type')], [200, 'application/json; charset=utf-8']);
  const copy: { readonly message: string; readonly request: Readonly<Record<string, unknown>> } = JSON.parse(echo.body);
  assert.deepEqual([copy.message, copy.request['method'], copy.request['path'], copy.request['raw_body']], ['copy', 'POST', '/a', '<script>']);
  assert.match(JSON.stringify(copy.request['headers']), /kong-request-id/, 'as other plugins left it');
  assert.equal(origin.requests.length, 0);
  assert.equal((await exchange2({ ':path': '/a?X-Debug' })).status, 200);
  assert.equal(origin.requests.length, 0);
  assert.equal((await exchange(request('GET /'))).status, 200);
  assert.equal(origin.requests.length, 1);
});

scenario('gRPC clients get refusals as statuses of their own, and pass with an id', {}, async (scene) => {
  const server = await startGrpcServer();
  const client = new GrpcClient(scene.port);
  try {
    const serve = (plugins: Plugins): void => scene.serve(compiled([
      put('services', { id: testId('a1'), protocol: 'grpc', host: '127.0.0.1', port: server.port }),
      put('routes', { id: testId('b1'), service: ref('a1'), protocols: ['grpc'], strip_path: false, paths: ['/'] }),
      ...Object.entries(plugins).map(([plugin, config], n) => put('plugins', { id: testId(`f${n}`), name: plugin, config })),
    ]).config);
    const call = async (size: number) => (await client.unary(Buffer.alloc(size))).code;
    serve({ 'request-size-limiting': { allowed_payload_size: 100, size_unit: 'bytes' }, 'correlation-id': { echo_downstream: true }, cors: {}, 'bot-detection': {} });
    const passed = await client.unary(Buffer.alloc(20));
    assert.equal(passed.code, status.OK);
    assert.match(String(passed.initial?.get('kong-request-id')[0]), /#1$/);
    assert.equal(await call(200), status.RESOURCE_EXHAUSTED);
    serve({ 'ip-restriction': { allow: ['10.0.0.1'] } });
    assert.equal(await call(20), status.PERMISSION_DENIED);
    serve({ 'request-termination': { status_code: 503 } });
    assert.equal(await call(20), status.UNAVAILABLE);
  } finally {
    client.close();
    server.kill();
  }
});
