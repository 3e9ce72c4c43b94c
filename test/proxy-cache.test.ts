/** proxy-cache on the real engine and a real Redis: what reaches the origin, what clients get, one request for many, refreshes, purges, a Redis that dies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ThreadPluginServices } from '../data-plane/plugin-services/thread-plugin-services.ts';
import type { Clock } from '../shared/clock.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import type { PluginInstance } from '../shared/plugins/contract.ts';
import { makeCache } from './support/cache-scene.ts';
import { Http2Client } from './support/http2-client.ts';
import type { ProxyScene } from './support/proxy-scene.ts';
import { response } from './support/recording-origin.ts';
import { startRedis, withoutRedis, type RedisServer } from './support/redis-server.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, type StaticPlugin } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const ID = '0190f1c2-0000-7000-8000-0000000000aa';
const { log } = createMemoryLogger('cache');

function threadServices(clock: Clock = systemClock): ThreadPluginServices {
  return new ThreadPluginServices({ clock, counters: { take: () => ({ kind: 'full' }), add: () => [] }, random: Math.random, log, fetchNetworks: [], logOf: () => ({ warn: () => undefined }) });
}

function cacheFor(config: JsonObject, thread = threadServices()): { readonly plugin: StaticPlugin; readonly thread: ThreadPluginServices } {
  const { given } = thread.servicesOf({ id: ID, name: 'proxy-cache', consumerGroupId: undefined });
  return { plugin: { name: 'proxy-cache', priority: 100, instance: makeCache({ strategy: 'memory', ...config }, given) }, thread };
}

function use({ serve, origin }: ProxyScene, plugins: readonly StaticPlugin[]): void {
  serve(staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: origin.port }, plugins }] }));
}

const get = (path: string, headers: readonly string[] = [], method = 'GET'): string => [`${method} ${path} HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n');
const JSON_TYPE = 'Content-Type: application/json';

/** A clock that the test moves, whose timers are the real ones. */
function movedClock(): { readonly clock: Clock; readonly pass: (ms: number) => void } {
  let by = 0;
  return { clock: { ...systemClock, nowMs: () => systemClock.nowMs() + by, monotonicMs: () => systemClock.monotonicMs() + by, after: (...given) => systemClock.after(...given), every: (...given) => systemClock.every(...given) }, pass: (ms) => void (by += ms) };
}

scenario('a miss is stored while it passes, hits are answered from it: by both versions, HEAD, conditions and ranges too', {}, async (scene) => {
  use(scene, [cacheFor({}).plugin]);
  scene.origin.respond(() => response('0123456789', [JSON_TYPE, 'ETag: "v"', 'X-Up: 1', 'X-Up: 2', 'Server: up', 'Date: Sat, 10 Feb 2024 12:00:00 GMT']));
  const miss = await scene.exchange(get('/a?b=2&a=1'));
  assert.deepEqual([miss.status, miss.body, miss.header('x-cache-status')], [200, '0123456789', 'Miss']);
  const hit = await scene.exchange(get('/a?a=1&b=2'));
  assert.deepEqual([hit.status, hit.body, hit.header('x-cache-status'), hit.header('content-type'), hit.header('etag'), hit.header('server'), hit.header('date'), hit.header('age')], [200, '0123456789', 'Hit', 'application/json', '"v"', 'up', 'Sat, 10 Feb 2024 12:00:00 GMT', '0']);
  assert.deepEqual(hit.headerLines.filter((line) => /^x-up:/i.test(line)), ['X-Up: 1', 'X-Up: 2'], 'every line of a header');
  assert.equal(hit.header('x-cache-key'), miss.header('x-cache-key'));
  const head = await scene.exchange(get('/a?a=1&b=2', [], 'HEAD'), { noBody: true });
  assert.deepEqual([head.status, head.header('content-length'), head.header('x-cache-status')], [200, '10', 'Hit']);
  const known = await scene.exchange(get('/a?a=1&b=2', ['If-None-Match: "v"']), { noBody: true });
  assert.deepEqual([known.status, known.header('content-length')], [304, undefined]);
  const part = await scene.exchange(get('/a?a=1&b=2', ['Range: bytes=2-4']));
  assert.deepEqual([part.status, part.body, part.header('content-range')], [206, '234', 'bytes 2-4/10']);
  const client = await Http2Client.open(scene.port);
  const second = await client.exchange({ ':authority': 'a', ':path': '/a?b=2&a=1' });
  client.close();
  assert.deepEqual([second.status, second.body.toString(), second.header('x-cache-status')], [200, '0123456789', 'Hit']);
  assert.equal(scene.origin.requests.length, 1);
});

scenario('chunked and coded bodies are stored as they are', {}, async (scene) => {
  use(scene, [cacheFor({ content_type: ['text/plain'] }).plugin]);
  const coded = gzipSync('text '.repeat(100));
  scene.origin.respond(({ target }) =>
    target === '/chunks' ? 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n' : Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: ${coded.length}\r\n\r\n`), coded]));
  await scene.exchange(get('/chunks'));
  const hit = await scene.exchange(get('/chunks'));
  assert.deepEqual([hit.body, hit.header('content-length'), hit.header('transfer-encoding'), hit.header('x-cache-status')], ['abcde', '5', undefined, 'Hit']);
  await scene.exchange(get('/coded', ['Accept-Encoding: gzip']));
  const again = await scene.exchange(get('/coded', ['Accept-Encoding: gzip']));
  assert.deepEqual([Buffer.from(again.body, 'latin1').equals(coded), again.header('content-encoding'), again.header('x-cache-status')], [true, 'gzip', 'Hit']);
  assert.equal((await scene.exchange(get('/coded'))).header('x-cache-status'), 'Miss');
});

scenario('twenty clients at once cost the origin one request; what can not be stored lets them all go', {}, async (scene) => {
  use(scene, [cacheFor({}).plugin]);
  const held: (() => void)[] = [];
  scene.origin.respond(({ target }, socket) => {
    held.push(() => void socket.write(response(target, [JSON_TYPE, ...(target === '/private' ? ['Cache-Control: private'] : [])])));
    return undefined;
  });
  const all = Array.from({ length: 20 }, () => scene.exchange(get('/a')));
  await waitUntil('the one request', () => held.length === 1);
  await waitUntil('the others', () => scene.proxy.stats().activeRequests === 20);
  held.shift()?.();
  const states = (await Promise.all(all)).map((answer) => `${answer.body} ${answer.header('x-cache-status')}`).toSorted();
  assert.deepEqual(states, [...Array.from({ length: 19 }, () => '/a Hit'), '/a Miss']);
  assert.equal(scene.origin.requests.length, 1);
  const others = Array.from({ length: 5 }, () => scene.exchange(get('/private')));
  await waitUntil('the one request', () => held.length === 1);
  held.shift()?.();
  await waitUntil('all others, at once', () => held.length === 4);
  for (const answer of held.splice(0)) answer();
  assert.deepEqual((await Promise.all(others)).map((answer) => answer.header('x-cache-status')), Array.from({ length: 5 }, () => 'Bypass'));
});

scenario('a client that goes away in the middle leaves the next one its place', {}, async (scene) => {
  use(scene, [cacheFor({}).plugin]);
  scene.origin.respond((_, socket) => {
    if (scene.origin.requests.length > 1) return response('whole', [JSON_TYPE]);
    socket.write(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nContent-Length: 5\r\n\r\nwh`);
    return undefined;
  });
  const first = await scene.connect();
  first.send(get('/a'));
  await waitUntil('the first request', () => scene.origin.requests.length > 0 || scene.origin.openConnections > 0);
  await waitUntil('it goes on', () => scene.proxy.stats().activeRequests === 1);
  const second = scene.exchange(get('/a'));
  await waitUntil('the second one waits', () => scene.proxy.stats().activeRequests === 2);
  first.close();
  const answer = await second;
  assert.deepEqual([answer.body, answer.header('x-cache-status')], ['whole', 'Miss']);
});

scenario('stale while revalidate and if error; validation by 304; unsafe methods', {}, async (scene) => {
  const { clock, pass } = movedClock();
  use(scene, [cacheFor({ cache_control: true }, threadServices(clock)).plugin]);
  let answer = response('one', [JSON_TYPE, 'ETag: "1"', 'Cache-Control: max-age=10, stale-while-revalidate=10, stale-if-error=60']);
  scene.origin.respond(() => answer);
  await scene.exchange(get('/a'));
  pass(11_000);
  answer = response('two', [JSON_TYPE, 'ETag: "2"', 'Cache-Control: max-age=10, stale-if-error=60']);
  const stale = await scene.exchange(get('/a'));
  assert.deepEqual([stale.body, stale.header('age'), stale.header('x-cache-status')], ['one', '11', 'Hit']);
  await waitUntil('the refresh', () => scene.proxy.stats().refreshes === 1);
  assert.equal(scene.origin.requests.at(-1)?.header('if-none-match'), '"1"');
  assert.equal((await scene.exchange(get('/a'))).body, 'two');
  pass(11_000);
  answer = 'HTTP/1.1 304 Not Modified\r\nETag: "2"\r\nCache-Control: max-age=10, stale-if-error=60\r\n\r\n';
  const renewed = await scene.exchange(get('/a', ['If-None-Match: "other"']));
  assert.deepEqual([renewed.status, renewed.body, renewed.header('x-cache-status'), scene.origin.requests.at(-1)?.header('if-none-match')], [200, 'two', 'Refresh', '"2"']);
  assert.equal((await scene.exchange(get('/a'))).header('x-cache-status'), 'Hit');
  pass(11_000);
  answer = response('broken', [], '503 Service Unavailable');
  assert.deepEqual([(await scene.exchange(get('/a'))).body, scene.origin.requests.length], ['two', 4]);
  answer = response('done', []);
  await scene.exchange(get('/a', ['Content-Length: 0'], 'PUT'));
  answer = response('three', [JSON_TYPE, 'Cache-Control: max-age=10']);
  pass(1);
  assert.equal((await scene.exchange(get('/a'))).body, 'three');
});

scenario('an origin that is gone is not seen, as long as stale-if-error says', {}, async (scene) => {
  const { clock, pass } = movedClock();
  use(scene, [cacheFor({ cache_ttl: 1, stale_if_error: 60 }, threadServices(clock)).plugin]);
  scene.origin.respond(() => response('good', [JSON_TYPE]));
  await scene.exchange(get('/a'));
  pass(2_000);
  const config = staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: 1 }, plugins: [cacheFor({ cache_ttl: 1, stale_if_error: 60 }, threadServices(clock)).plugin] }] });
  scene.origin.respond((_, socket) => void socket.destroy());
  const answer = await scene.exchange(get('/a'));
  assert.deepEqual([answer.status, answer.body, answer.header('x-cache-status')], [200, 'good', 'Hit']);
  scene.serve(config);
  assert.equal((await scene.exchange(get('/a'))).status, 502, 'where nothing is stored');
});

scenario("what other plugins put on a response is theirs to put on the next one: it is not stored", {}, async (scene) => {
  let asked = 0;
  const personal: PluginInstance = {
    requestHead(context) {
      context.setResponseHeader('X-For', `client ${(asked += 1)}`);
      return undefined;
    },
    responseHead: (context) => context.setResponseHeader('X-Seen', String(asked)),
  };
  const { plugin } = cacheFor({});
  scene.origin.respond(() => response('x', [JSON_TYPE, 'X-Own: up']));
  use(scene, [{ name: 'personal', priority: 900, instance: personal }, plugin]);
  await scene.exchange(get('/a'));
  use(scene, [plugin]);
  const hit = await scene.exchange(get('/a'));
  assert.deepEqual([hit.header('x-cache-status'), hit.header('x-own'), hit.header('x-for'), hit.header('x-seen')], ['Hit', 'up', undefined, undefined]);
});

scenario('odd headers of an upstream can be stored, and written again', {}, async (scene) => {
  use(scene, [cacheFor({}).plugin]);
  const odd = ['X_Kong_Request_Id: 1', 'X_Forwarded_For: 1', 'Via: 1.1 x', 'Keep-Alive: x', 'Expect: x', 'X-Consumer-ID: 1', 'X_Plain: kept', 'Content_Length: 7', 'Host: x', 'X-Latin: \xe9', 'Age: 7'];
  scene.origin.respond(() => response('x', [JSON_TYPE, ...odd]));
  await scene.exchange(get('/a'));
  const hit = await scene.exchange(get('/a'));
  assert.deepEqual([hit.status, hit.body, hit.header('x_plain'), hit.header('x-latin'), hit.header('age')], [200, 'x', 'kept', '\xe9', '0']);
});

scenario('an error that is to be stored is, but never in the place of what is good', {}, async (scene) => {
  const { clock, pass } = movedClock();
  use(scene, [cacheFor({ response_code: [200, 503], cache_ttl: 5, stale_if_error: 60 }, threadServices(clock)).plugin]);
  let answer = response('down', [JSON_TYPE], '503 Service Unavailable');
  scene.origin.respond(() => answer);
  await scene.exchange(get('/a'));
  assert.equal((await scene.exchange(get('/a'))).header('x-cache-status'), 'Hit');
  pass(6_000);
  answer = response('good', [JSON_TYPE]);
  await scene.exchange(get('/a'));
  pass(6_000);
  answer = response('down', [JSON_TYPE], '503 Service Unavailable');
  assert.deepEqual([(await scene.exchange(get('/a'))).body, (await scene.exchange(get('/a'))).body], ['good', 'good']);
});

scenario('what other plugins make of a response is not stored: neither another answer, nor a body, nor a status', {}, async (scene) => {
  const { plugin } = cacheFor({});
  scene.origin.respond(({ target }) => response('body', [JSON_TYPE, ...(target === '/no' ? ['X-Refused: 1'] : [])]));
  const refuses: PluginInstance = { responseHead: (context) => void (context.responseHeader('x-refused') === undefined || context.respondInstead({ kind: 'respond', status: 403, message: 'no' })) };
  use(scene, [plugin, { name: 'refuses', priority: 50, instance: refuses }]);
  assert.equal((await scene.exchange(get('/no'))).status, 403);
  assert.deepEqual([(await scene.exchange(get('/no'))).status, scene.origin.requests.length], [403, 2]);
  const changes: PluginInstance = {
    responseHead(context) {
      context.setStatus(203);
      context.collectBody(100);
    },
    responseBody: (context) => context.replaceBody(Buffer.from(`[${Buffer.from(context.body ?? []).toString()}]`)),
  };
  use(scene, [{ name: 'changes', priority: 800, instance: changes }, plugin]);
  for (const state of ['Miss', 'Hit', 'Hit']) {
    const answer = await scene.exchange(get('/a'));
    assert.deepEqual([answer.status, answer.body, answer.header('x-cache-status')], [203, '[body]', state]);
  }
  use(scene, [plugin]);
  assert.deepEqual([(await scene.exchange(get('/a'))).status, (await scene.exchange(get('/a'))).body], [200, 'body']);
});

scenario('what other plugins do to a response is done to a stored one too, whatever it takes to send that', {}, async (scene) => {
  const { clock, pass } = movedClock();
  const { plugin } = cacheFor({ cache_control: true }, threadServices(clock));
  const json = '{"open":1,"secret":2}';
  let sent = response(json, [JSON_TYPE, 'ETag: "1"', 'Cache-Control: max-age=10, stale-if-error=60']);
  scene.origin.respond(() => sent);
  const hides: PluginInstance = {
    requestHead(context) {
      context.removeUpstreamHeader('Range');
      return undefined;
    },
    responseHead(context) {
      context.setResponseHeader('X-Times', [...context.responseHeaderValues('x-times'), '1']);
      if (context.generated) context.setResponseHeader('X-Own', 'yes');
      if (context.responseHeader('content-type') === 'application/json') context.collectBody(1_000);
    },
    responseBody: (context) => context.replaceBody(Buffer.from(Buffer.from(context.body ?? []).toString().replace(',"secret":2', ''))),
  };
  use(scene, [{ name: 'hides', priority: 800, instance: hides }, plugin]);
  const seen = async (...headers: readonly string[]): Promise<string> => {
    const answer = await scene.exchange(get('/a', headers));
    assert.deepEqual([answer.header('x-own'), answer.headerLines.filter((line) => line === 'X-Times: 1').length], [undefined, 1]);
    return `${answer.status} ${answer.body} ${answer.header('x-cache-status')}`;
  };
  assert.deepEqual([await seen(), await seen(), await seen('Range: bytes=9-18')], ['200 {"open":1} Miss', '200 {"open":1} Hit', '200 {"open":1} Hit']);
  pass(11_000);
  sent = 'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n';
  assert.equal(await seen('Range: bytes=9-18'), '200 {"open":1} Refresh');
  pass(11_000);
  sent = response('<p>broken', ['Content-Type: text/html'], '503 Service Unavailable');
  assert.equal(await seen(), '200 {"open":1} Hit');
});

scenario('the key has where plugins send a request, and what they make of its headers', {}, async (scene) => {
  const { plugin } = cacheFor({ vary_headers: ['X-Tenant'] });
  const routes: PluginInstance = {
    requestHead(context) {
      const other = context.request.header('x-other');
      if (other === 'port') context.useTarget({ host: 'localhost' });
      if (other === 'host') context.setUpstreamHeader('Host', 'b.example');
      if (other === 'tenant') context.setUpstreamHeader('X-Tenant', 't');
      return undefined;
    },
  };
  scene.origin.respond(() => response(String(scene.origin.requests.length), [JSON_TYPE]));
  use(scene, [{ name: 'routes', priority: 850, instance: routes }, plugin]);
  const answers: string[] = [];
  for (const header of ['X-None: 1', 'X-Other: port', 'X-Other: host', 'X-Other: tenant', 'X-Tenant: t\r\nConnection: X-Tenant', 'X-None: 2']) answers.push((await scene.exchange(get('/a', [header]))).header('x-cache-status') ?? '');
  assert.deepEqual(answers, ['Miss', 'Miss', 'Miss', 'Miss', 'Miss', 'Hit']);
});

scenario('what the gateway says of a client is nothing that a response can vary by; a GET with a body over HTTP/2 is none of the cache', {}, async (scene) => {
  use(scene, [cacheFor({}).plugin]);
  scene.origin.respond(({ target }) => response('x', [JSON_TYPE, `Vary: ${target.slice(1) || 'Accept'}`]));
  for (const name of ['X-Forwarded-For', 'x-real-ip', 'Via', 'X-Kong-Request-Id']) {
    await scene.exchange(get(`/${name}`));
    assert.equal((await scene.exchange(get(`/${name}`))).header('x-cache-status'), 'Bypass', name);
  }
  const client = await Http2Client.open(scene.port);
  await client.exchange({ ':authority': 'a', ':path': '/' });
  assert.equal((await client.exchange({ ':authority': 'a', ':path': '/' })).header('x-cache-status'), 'Hit');
  assert.equal((await client.exchange({ ':authority': 'a', ':path': '/' }, Buffer.from('fat'))).header('x-cache-status'), 'Bypass');
  client.close();
});

scenario('responses of gRPC are not stored, because what became of the call stands in the trailers', {}, async (scene) => {
  use(scene, [cacheFor({ content_type: ['*/*'], request_method: ['POST'] }).plugin]);
  scene.origin.respond(() => 'HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\ngrpc-status: 0\r\n\r\n');
  const client = await Http2Client.open(scene.port);
  for (let count = 0; count < 2; count += 1) {
    const answer = await client.exchange({ ':method': 'POST', ':authority': 'a', ':path': '/s/m', 'content-type': 'application/grpc-web' }, Buffer.from('same'));
    assert.deepEqual([answer.header('x-cache-status'), answer.trailers['grpc-status']], ['Bypass', '0']);
  }
  client.close();
});

scenario('purges reach what a thread has', {}, async (scene) => {
  const { plugin, thread } = cacheFor({});
  use(scene, [plugin]);
  scene.origin.respond(() => response('x', [JSON_TYPE]));
  const key = (await scene.exchange(get('/a'))).header('x-cache-key');
  await scene.exchange(get('/b'));
  thread.purge(ID, key);
  assert.deepEqual([(await scene.exchange(get('/a'))).header('x-cache-status'), (await scene.exchange(get('/b'))).header('x-cache-status')], ['Miss', 'Hit']);
  thread.purge('another', undefined);
  assert.equal((await scene.exchange(get('/b'))).header('x-cache-status'), 'Hit');
  thread.purge(undefined, undefined);
  assert.equal((await scene.exchange(get('/b'))).header('x-cache-status'), 'Miss');
});

function inRedis({ host, port }: RedisServer, config: JsonObject = {}): ReturnType<typeof cacheFor> {
  return cacheFor({ ...config, strategy: 'redis', redis: { host, port, connect_timeout: 300, read_timeout: 300, send_timeout: 300 }, vary_headers: ['x-keyed'] });
}

/** Until it is so: writes to Redis are not waited for. */
async function becomes(scene: ProxyScene, request: string, expected: string): Promise<void> {
  await waitUntil(`${expected} of ${request.slice(0, 20)}`, async () => (await scene.exchange(request)).header('x-cache-status') === expected);
}

if (withoutRedis !== false) test('redis', { skip: withoutRedis }, () => undefined);
else {
  scenario('Redis: data planes share responses, variants, invalidations and purges; when it dies, nobody sees an error, unless bypass_on_err is false', {}, async (scene) => {
    const redis = await startRedis();
    const [one, other] = [inRedis(redis), inRedis(redis)];
    const body = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));
    scene.origin.respond(({ target }) => (target === '/vary' ? response('v', [JSON_TYPE, 'Vary: X-Lang']) : response(body, [JSON_TYPE, 'X-Up: 1', 'X-Up: 2'])));
    const on = (which: typeof one): void => use(scene, [which.plugin]);
    on(one);
    assert.equal((await scene.exchange(get('/a'))).header('x-cache-status'), 'Miss');
    on(other);
    await becomes(scene, get('/a'), 'Hit');
    const hit = await scene.exchange(get('/a'));
    assert.deepEqual([hit.body, hit.headerLines.filter((line) => /^x-up/i.test(line)).length, hit.header('content-type')], [body, 2, 'application/json']);
    assert.equal((await scene.exchange(get('/vary', ['X-Lang: de']))).header('x-cache-status'), 'Miss');
    await becomes(scene, get('/vary', ['X-Lang: de']), 'Hit');
    assert.deepEqual([scene.origin.requests.filter(({ target }) => target === '/vary').length, (await scene.exchange(get('/vary'))).header('x-cache-status')], [1, 'Miss'], 'it stands where it belongs');
    on(one);
    assert.deepEqual([(await scene.exchange(get('/vary', ['X-Lang: de']))).header('x-cache-status'), (await scene.exchange(get('/vary', ['X-Lang: en']))).header('x-cache-status')], ['Hit', 'Miss']);
    await scene.exchange(get('/a', ['Content-Length: 0'], 'POST'));
    on(other);
    await becomes(scene, get('/a'), 'Miss');
    await becomes(scene, get('/a'), 'Hit');
    other.thread.purge(ID, hit.header('x-cache-key'));
    on(one);
    await becomes(scene, get('/a'), 'Miss');
    await becomes(scene, get('/vary', ['X-Lang: de']), 'Hit');
    one.thread.purge(ID, undefined);
    await becomes(scene, get('/vary', ['X-Lang: de']), 'Miss');
    await becomes(scene, get('/a'), 'Hit');
    const before = scene.origin.requests.length;
    const all = await Promise.all(Array.from({ length: 10 }, () => scene.exchange(get('/many'))));
    assert.deepEqual([scene.origin.requests.length - before, all.filter((answer) => answer.header('x-cache-status') === 'Hit').length], [1, 9], 'who waited finds what was written');
    await redis.kill();
    for (let count = 0; count < 5; count += 1) {
      const answer = await scene.exchange(get('/a'));
      assert.deepEqual([answer.status, answer.body === body, answer.header('x-cache-status')], [200, true, 'Bypass']);
    }
    const asked = scene.origin.requests.length;
    on(inRedis(redis, { bypass_on_err: false }));
    const closed = await scene.exchange(get('/a'));
    assert.deepEqual([closed.status, JSON.parse(closed.body).message, scene.origin.requests.length], [503, 'The cache of responses is not available, and without it nothing is asked of the service', asked]);
    assert.equal((await scene.exchange(get('/a', ['Content-Length: 0'], 'POST'))).status, 200, 'what is not for the cache goes on');
    on(one);
    await redis.start();
    await becomes(scene, get('/a'), 'Hit');
  });

  scenario('Redis: what is no response of ours is not taken for one', {}, async (scene) => {
    const redis = await startRedis();
    const { plugin, thread } = inRedis(redis);
    use(scene, [plugin]);
    scene.origin.respond(() => response('good', [JSON_TYPE]));
    await scene.exchange(get('/a'));
    await becomes(scene, get('/a'), 'Hit');
    const link = thread.servicesOf({ id: 'reader', name: 'x', consumerGroupId: undefined }).given.redis({ host: redis.host, port: redis.port, username: null, password: null, database: 0, tls: undefined, connectTimeoutMs: 300, timeoutMs: 300 });
    const keys = await link.command('KEYS', '*');
    assert.ok(Array.isArray(keys) && keys.length === 1);
    const key = Buffer.from(keys[0] instanceof Uint8Array ? keys[0] : []).toString();
    assert.match(key, new RegExp(`^holdfast:cache:${ID}:[A-Za-z0-9_-]{22}$`), 'nothing of the request can be read from it');
    const framed = (head: string): Buffer => Buffer.concat([Buffer.from('HFC1'), Buffer.from([0, 0, 0, Buffer.byteLength(head)]), Buffer.from(head)]);
    const facts = `200 ${Date.now()} ${Date.now()} 0 60000 0 0 60000 0`;
    const hostile = ['Bad Name: x', 'X-A: a\rSet-Cookie: x', 'Connection: close', 'Content-Length: 9', 'no colon', 'X_Kong_Request_Id: x'].map((line) => framed(`response\n${facts}\ntext/plain\n${line}`));
    hostile.push(framed(`response\n${facts.replace('200', '99')}\ntext/plain`), framed(`response\n${facts}\ntext\r/plain`), framed('varies\n\nx'));
    for (const nonsense of [...hostile, '', 'HFC1', Buffer.concat([Buffer.from('HFC1'), Buffer.from([255, 255, 255, 255])]), Buffer.concat([Buffer.from('HFC1'), Buffer.from([0, 0, 0, 10]), Buffer.from('response\nx')])]) {
      await link.command('SET', key, nonsense);
      const answer = await scene.exchange(get('/a'));
      assert.equal(`${answer.status} ${answer.body}`, '200 good');
      await becomes(scene, get('/a'), 'Hit');
    }
  });
}
