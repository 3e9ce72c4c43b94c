/** Plugins and the response (contract v2): status, headers, other answers, bodies that are held back or looked at; for clients of HTTP/1 and of HTTP/2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { PluginInstance, ResponseContext, Verdict } from '../shared/plugins/contract.ts';
import { DEFAULT_LEVELS } from '../data-plane/proxy/compression-choice.ts';
import { Http2Client } from './support/http2-client.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, staticUpstream, type StaticPlugin } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

function use({ serve, origin }: ProxyScene, plugins: readonly StaticPlugin[]): void {
  serve(staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: origin.port }, plugins }] }));
}

const plugin = (name: string, instance: PluginInstance, priority = 1_000): StaticPlugin => ({ name, instance, priority });
const responseHead = (run: (context: ResponseContext) => unknown): PluginInstance => ({ responseHead: (context) => void run(context) });
/** Collects up to so much, and puts `[…]` around it. */
const framing = (maxBytes: number, told: (number | undefined)[] = []): PluginInstance => ({
  responseHead: (context) => context.collectBody(maxBytes),
  responseBody(context) {
    told.push(context.body?.length);
    if (context.body !== undefined) context.replaceBody(Buffer.from(`[${Buffer.from(context.body).toString('latin1')}]`, 'latin1'));
  },
});

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly header: (name: string) => string | undefined;
}

/** The same request by both versions. */
async function byBoth(scene: ProxyScene, fields: Readonly<Record<string, string>> = {}): Promise<readonly Answer[]> {
  const lines = Object.entries(fields).filter(([name]) => !name.startsWith(':')).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const first = await scene.exchange(`${fields[':method'] ?? 'GET'} / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, { noBody: fields[':method'] === 'HEAD' });
  const client = await Http2Client.open(scene.port);
  const second = await client.exchange({ ':authority': 'a', ...fields });
  client.close();
  return [first, { status: second.status, body: second.body.toString('latin1'), header: (name) => second.header(name) }];
}

scenario('status and headers reach the client as plugins left them, and later plugins see them so', {}, async (scene) => {
  const views: unknown[] = [];
  scene.origin.respond(() => response('hello', ['X-Up: 1', 'X-Up: 2', 'X-Gone: 1', 'Connection: X-Hop', 'X-Hop: 1']));
  use(scene, [
    plugin('edit', responseHead((context) => {
      context.setStatus(418);
      context.setResponseHeader('X-Many', ['a', 'b']);
      context.removeResponseHeader('x-gone');
    }), 2),
    plugin('view', { ...responseHead((context) => views.push([context.status, context.generated, context.message, context.responseHeaderValues('x-up'), context.responseHeader('content-length'), context.responseHeaders()])),
      log: (context) => void views.push([context.status, context.responseHeader('x-many'), context.errorCode]) }, 1),
  ]);
  const [first, second] = await byBoth(scene);
  assert.deepEqual([first?.status, second?.status, first?.body, second?.body, first?.header('x-gone')], [418, 418, 'hello', 'hello', undefined]);
  const view = [418, false, undefined, ['1', '2'], '5', [['X-Up', '1'], ['X-Up', '2'], ['X-Many', 'a'], ['X-Many', 'b']]];
  await waitUntil('both logs', () => views.length === 4);
  assert.deepEqual(views, [view, [418, 'a', undefined], view, [418, 'a', undefined]]);
});

scenario('a status without a body drops the upstream\'s, one with a body gets an empty one', {}, async (scene) => {
  scene.origin.respond(({ target }) => (target === '/204' ? 'HTTP/1.1 204 No Content\r\n\r\n' : response('hello')));
  use(scene, [plugin('swap', responseHead((context) => context.setStatus(context.status === 204 ? 200 : 204)))]);
  const client = await scene.connect();
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /204 HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const answers = [await client.response(), await client.response(), await client.response()];
  assert.deepEqual(answers.map((answer) => [answer.status, answer.body, answer.header('content-length')]), [[204, '', undefined], [200, '', '0'], [204, '', undefined]]);
});

scenario('another answer instead: the upstream\'s is thrown away with its connection, later plugins see the new one', {}, async (scene) => {
  const seen: unknown[] = [];
  scene.origin.respond(() => response('secret', ['X-Up: 1', 'Content-Encoding: br', 'ETag: "1"']));
  const instead: Verdict = { kind: 'respond', status: 451, message: 'not here', headers: [['X-Own', 'new']] };
  use(scene, [
    plugin('before', responseHead((context) => {
      context.setResponseHeader('X-Own', 'old');
      context.setResponseHeader('X-Limit', '5');
      context.setResponseHeader('ETag', '"2"');
    }), 3),
    plugin('exit', responseHead((context) => context.respondInstead(instead)), 2),
    plugin('after', { ...responseHead((context) => {
      seen.push([context.status, context.generated, context.message, context.responseHeader('x-own'), context.responseHeader('x-up'), context.responseHeader('x-limit')]);
      context.collectBody(1_000);
    }), responseBody: (context) => context.replaceBody(Buffer.from('replaced')) }, 1),
  ]);
  for (const { status, body, header } of await byBoth(scene)) {
    assert.deepEqual([status, body, header('x-own'), header('x-up'), header('x-limit'), header('content-encoding'), header('etag'), header('content-length')], [451, 'replaced', 'new', undefined, '5', undefined, undefined, '8']);
  }
  assert.deepEqual(seen, Array.from({ length: 2 }, () => [451, true, 'not here', 'new', undefined, '5']));
  await waitUntil('the connections to end', () => scene.origin.openConnections === 0);
});

scenario('answers of our own: message and code are shown, and they may be replaced, with their bodies', {}, async (scene) => {
  const seen: unknown[] = [];
  use(scene, [
    plugin('deny', { requestHead: ({ request }) => (request.path === '/' ? { kind: 'respond', status: 401, message: 'who are you' } : undefined) }, 2),
    plugin('exit', { ...framing(1_000), log: ({ errorCode, status }) => void seen.push(['log', status, errorCode]) }, 1),
    plugin('note', responseHead((context) => seen.push([context.status, context.message, context.errorCode])), 0),
  ]);
  for (const { status, body } of await byBoth(scene)) assert.ok(status === 401 && body.startsWith('[{"message":"who are you"') && body.endsWith('}]'), body);
  scene.origin.respond((_, socket) => void socket.destroy());
  const answer = await scene.exchange('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
  assert.ok(answer.status === 502 && answer.body.startsWith('[') && answer.body.endsWith(']'));
  const denied = [[401, 'who are you', undefined], ['log', 401, undefined]];
  assert.deepEqual(seen, [...denied, ...denied, [502, 'An invalid response was received from the upstream server', 'UPSTREAM_CLOSED'], ['log', 502, 'UPSTREAM_CLOSED']]);
});

scenario('a body that plugins want whole comes to them whole, however it is framed, and is sent with its new length', {}, async (scene) => {
  const told: (number | undefined)[] = [];
  scene.origin.respond(({ target }, socket) => {
    if (target === '/chunked') return `${CHUNKED.replace('\r\n\r\n', '\r\nTrailer: X-Trailer\r\n\r\n')}2\r\nhe\r\n3\r\nllo\r\n0\r\nX-Trailer: 1\r\n\r\n`;
    if (target === '/close') return void socket.end('HTTP/1.1 200 OK\r\n\r\nhello', 'latin1');
    if (target === '/empty') return response('');
    return response('hello');
  });
  use(scene, [plugin('outer', framing(100, told), 1), plugin('inner', framing(6, told), 2), plugin('least', framing(4, told), 0)]);
  const client = await scene.connect();
  const bodies: unknown[] = [];
  for (const path of ['/', '/chunked', '/close', '/empty', '/']) {
    client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n`);
    const answer = await client.response();
    assert.equal(answer.header('trailer'), undefined, 'none come');
    bodies.push([answer.body, answer.header('content-length'), answer.header('transfer-encoding')]);
  }
  const whole = ['[[hello]]', '9', undefined];
  assert.deepEqual(bodies, [whole, whole, whole, ['[[[]]]', '6', undefined], whole]);
  const seen = [5, 7, undefined];
  assert.deepEqual(told, [...seen, ...seen, ...seen, 0, 2, 4, ...seen]);
  const old = await scene.exchange('GET /chunked HTTP/1.0\r\nHost: a\r\n\r\n');
  assert.deepEqual([old.body, old.header('content-length')], ['[[hello]]', '9']);
  const http2 = await Http2Client.open(scene.port);
  for (const path of ['/', '/chunked', '/close']) assert.equal((await http2.exchange({ ':path': path })).body.toString(), '[[hello]]');
  http2.close();
  assert.equal(scene.proxy.stats().pluginErrors['outer'], undefined);
});

scenario('a body that is longer than asked for passes as it is, and the plugin hears so', {}, async (scene) => {
  const told: (number | undefined)[] = [];
  const long = 'x'.repeat(200_000);
  scene.origin.respond(({ target }) => (target === '/chunked' ? `${CHUNKED}5\r\nhello\r\n${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n` : response(long)));
  use(scene, [plugin('outer', framing(100, told))]);
  const client = await scene.connect();
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /chunked HTTP/1.1\r\nHost: a\r\n\r\n');
  const [first, second] = [await client.response(), await client.response()];
  assert.deepEqual([first.body === long, first.header('content-length')], [true, '200000']);
  assert.ok(second.body.includes('hello') && second.header('transfer-encoding') === 'chunked');
  const http2 = await Http2Client.open(scene.port);
  assert.equal((await http2.exchange({ ':path': '/chunked' })).body.toString(), `hello${long}`);
  http2.close();
  assert.equal((await scene.exchange('GET /chunked HTTP/1.0\r\nHost: a\r\n\r\n')).body, `hello${long}`);
  assert.deepEqual(told, [undefined, undefined, undefined, undefined]);
});

scenario('no body to collect: HEAD, 204 and 304 show an empty one and stay what they are', {}, async (scene) => {
  const told: (number | undefined)[] = [];
  scene.origin.respond(({ method, target }) => (method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n' : `HTTP/1.1 ${target.slice(1)} X\r\n\r\n`));
  use(scene, [plugin('frame', framing(100, told))]);
  const client = await scene.connect();
  client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /204 HTTP/1.1\r\nHost: a\r\n\r\nGET /304 HTTP/1.1\r\nHost: a\r\n\r\n');
  const answers = [await client.response({ noBody: true }), await client.response(), await client.response()];
  assert.deepEqual(answers.map((answer) => [answer.status, answer.header('content-length')]), [[200, '5'], [204, undefined], [304, undefined]]);
  assert.deepEqual(told, [0, 0, 0]);
});

scenario('an upstream that breaks off while its body is held back: 502, and nothing half', {}, async (scene) => {
  let observed = 0;
  scene.origin.respond((_, socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', 'latin1'));
  const instance: PluginInstance = { ...framing(100), log: ({ errorCode }) => assert.equal(errorCode, 'UPSTREAM_CLOSED'), responseBytes: () => void (observed += 1) };
  const { port } = scene.origin;
  // Two targets: a second try would have somewhere to go.
  const upstream = staticUpstream([{ host: '127.0.0.1', port }, { host: 'localhost', port }]);
  scene.serve(staticConfig({ routes: [{ path: '/', stripPath: false, service: { port, upstream }, plugins: [plugin('frame', instance)] }] }));
  for (const { status, body } of await byBoth(scene)) assert.ok(status === 502 && !body.includes('hello'), body);
  assert.deepEqual([scene.records.map(({ status }) => status), observed, scene.origin.requests.length], [[502, 502], 0, 2]);
});

scenario('an answer in the place of a response that plugins have looked at is not described by what they said of that one', {}, async (scene) => {
  scene.origin.respond(({ target }, socket) => (target === '/cut' ? void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', 'latin1') : response('hello')));
  use(scene, [
    plugin('describe', responseHead((context) => {
      if (context.generated) return;
      for (const name of ['Content-Encoding', 'Content-Type', 'ETag', 'X-Limit']) context.setResponseHeader(name, 'br');
      context.collectBody(100);
    }), 2),
    plugin('broken', responseHead((context) => { if (!context.generated && context.request.path === '/thrown') throw new Error('broken on purpose'); }), 1),
  ]);
  for (const [path, status] of [['/cut', 502], ['/thrown', 500]] as const) {
    const answer = await scene.exchange(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
    assert.deepEqual([answer.status, answer.header('content-type'), answer.header('content-encoding'), answer.header('etag'), answer.header('x-limit')], [status, 'application/json; charset=utf-8', undefined, undefined, 'br'], path);
  }
});

test('what is held back counts among all that is held; over that bound bodies pass as they are; nothing stays counted', async () => {
  const scene = await startProxyScene({ proxy: { limits: { maxBufferedBytes: 9_500 } } });
  try {
    const told: (number | undefined)[] = [];
    scene.origin.respond(({ target }, socket) => (target === '/held' ? void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 9500\r\n\r\n${'x'.repeat(9_000)}`) : response('hello')));
    use(scene, [plugin('frame', framing(100_000, told))]);
    const holder = await scene.connect();
    holder.send('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
    await waitUntil('the first body', () => scene.origin.requests.length === 1);
    await waitUntil('a body that passes', async () => (await scene.exchange(GET)).body === 'hello');
    assert.equal(told.at(-1), undefined);
    holder.close();
    await waitUntil('the holder to be gone', () => scene.proxy.stats().activeRequests === 0);
    assert.equal((await scene.exchange(GET)).body, '[hello]');
  } finally {
    await scene.close();
  }
});

scenario('who looks on sees each piece as data, then the end; what breaks off has none', {}, async (scene) => {
  const seen: string[] = [];
  scene.origin.respond(({ target }, socket) => {
    if (target === '/cut') return void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', 'latin1');
    return target === '/chunked' ? `${CHUNKED}5\r\nhello\r\n0\r\nX-Checksum: 1\r\n\r\n` : response('hello');
  });
  use(scene, [
    plugin('watch', { responseHead: (context) => context.observeBody(), responseBytes: (context, bytes) => void seen.push(bytes === undefined ? `end ${context.status} ${context.responseHeader('content-length')}` : Buffer.from(bytes).toString()) }, 2),
    plugin('fails', { responseHead: (context) => context.observeBody(), responseBytes() { throw new Error('no'); } }, 1),
  ]);
  const client = await scene.connect();
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /chunked HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.deepEqual([(await client.response()).body, (await client.response()).body.includes('hello'), (await client.response({ noBody: true })).status], ['hello', true, 200]);
  assert.deepEqual(seen.splice(0), ['hello', 'end 200 5', 'hello', 'end 200 undefined', 'end 200 5']);
  assert.equal(scene.proxy.stats().pluginErrors['fails'], 3, 'it costs nobody but itself');
  const http2 = await Http2Client.open(scene.port);
  const { body, trailers } = await http2.exchange({ ':path': '/chunked' });
  assert.deepEqual([body.toString(), trailers['x-checksum']], ['hello', '1']);
  http2.close();
  seen.length = 0;
  const cut = await scene.connect();
  cut.send('GET /cut HTTP/1.1\r\nHost: a\r\n\r\n');
  await cut.waitForEnd();
  assert.deepEqual(seen, ['hello']);
});

scenario('compression works on what plugins made of a body', { proxy: { messages: { compression: { codings: ['gzip'], minBytes: 10, types: ['text/plain'], levels: DEFAULT_LEVELS } } } }, async (scene) => {
  const seen: string[] = [];
  scene.origin.respond(() => response('hello '.repeat(20), ['Content-Type: text/plain']));
  use(scene, [plugin('frame', framing(1_000), 2), plugin('watch', { responseHead: (context) => context.observeBody(), responseBytes: (_, bytes) => void seen.push(bytes === undefined ? 'end' : Buffer.from(bytes).toString()) })]);
  const http2 = await Http2Client.open(scene.port);
  const answer = await http2.exchange({ 'accept-encoding': 'gzip' });
  http2.close();
  const whole = `[${'hello '.repeat(20)}]`;
  assert.deepEqual([answer.header('content-encoding'), gunzipSync(answer.body).toString(), seen], ['gzip', whole, [whole, 'end']]);
});

test('gRPC is never held back', async () => {
  const scene = await startProxyScene();
  try {
    const told: (number | undefined)[] = [];
    scene.origin.respond(() => `${CHUNKED.replace('\r\n\r\n', '\r\nContent-Type: application/grpc\r\n\r\n')}5\r\nhello\r\n0\r\ngrpc-status: 0\r\n\r\n`);
    use(scene, [plugin('frame', framing(100, told))]);
    const http2 = await Http2Client.open(scene.port);
    const { body, trailers } = await http2.exchange({ ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' }, 'x');
    assert.deepEqual([body.toString(), trailers['grpc-status'], told], ['hello', '0', [undefined]]);
    http2.close();
  } finally {
    await scene.close();
  }
});

test('a plugin that throws over a response, or sets what can not be, ends it with 500', async () => {
  const scene = await startProxyScene();
  const wrong: readonly ((context: ResponseContext) => unknown)[] = [
    () => { throw new Error('no'); }, () => Promise.reject(new Error('nobody waits')), (context) => context.setStatus(100), (context) => context.setStatus(600), (context) => context.setStatus(200.5),
    (context) => context.setResponseHeader('X-A', 'a\r\nX-B: b'), (context) => context.setResponseHeader('X-A', ['a', 'b\n']), (context) => context.setResponseHeader('Content-Length', '5'),
    (context) => context.respondInstead({ kind: 'respond', status: 200, headers: [['X', 'a\r\nb']] }), (context) => context.respondInstead({ kind: 'respond', status: 99 }), (context) => context.collectBody(Number.NaN),
  ];
  try {
    for (const [index, run] of wrong.entries()) {
      for (const instance of [{ responseHead: run }, { ...responseHead((context) => context.collectBody(100)), responseBody: run }]) {
        use(scene, [plugin('wrong', instance)]);
        for (const { status, header, body } of await byBoth(scene)) assert.deepEqual([status, header('x-holdfast-error'), body.includes('hello')], [500, 'PROXY_PLUGIN_FAILED', false], String(index));
      }
    }
    use(scene, [plugin('greedy', { ...responseHead((context) => context.collectBody(2)), responseBody: (context) => context.replaceBody(Buffer.from('x')) })]);
    assert.equal((await scene.exchange(GET)).status, 500, 'it has no body to replace');
    use(scene, [plugin('late', { ...responseHead((context) => context.collectBody(100)), responseBody: (context) => context.respondInstead({ kind: 'respond', status: 502, message: 'seen its body' }) })]);
    assert.deepEqual((await scene.exchange(GET)).message(), 'seen its body');
  } finally {
    await scene.close();
  }
});

scenario("who looks at the upstream's body sees that, whatever plugins make of it; and nothing where another answer is sent", {}, async (scene) => {
  const seen: string[] = [];
  const look: PluginInstance = {
    responseHead(context) {
      seen.push(`${context.status} ${context.receivedStatus}`);
      context.observeBody('received');
    },
    responseBytes: (_, bytes) => void seen.push(bytes === undefined ? 'end' : Buffer.from(bytes).toString()),
  };
  scene.origin.respond(({ target }) => (target === '/empty' ? 'HTTP/1.1 204 No Content\r\n\r\n' : response('hello')));
  const instead: PluginInstance = { responseHead: (context) => context.respondInstead({ kind: 'respond', status: 403 }) };
  const insteadOfBody: PluginInstance = { responseHead: (context) => context.collectBody(100), responseBody: instead.responseHead?.bind(instead) ?? (() => undefined) };
  const status: PluginInstance = { responseHead: (context) => context.setStatus(201) };
  use(scene, [plugin('status', status, 3), plugin('frame', framing(1_000), 2), plugin('look', look, 1)]);
  assert.deepEqual([(await scene.exchange(GET)).body, seen.splice(0)], ['[hello]', ['201 200', 'hello', 'end']]);
  assert.deepEqual([(await scene.exchange(GET.replace('/ ', '/empty '))).status, seen.splice(0)], [201, ['201 204', 'end']]);
  for (const other of [instead, insteadOfBody]) {
    use(scene, [plugin('look', look, 2), plugin('other', other, 1)]);
    assert.deepEqual([(await scene.exchange(GET)).status, seen.splice(0)], [403, ['200 200']]);
  }
});
