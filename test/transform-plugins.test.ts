/** The plugins that transform and route, on the real engine: what reaches the origin and the client, byte for byte, by HTTP/1.1 and HTTP/2. */
import assert from 'node:assert/strict';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { JsonObject } from '../shared/model/definition.ts';
import { defined } from '../shared/assert.ts';
import { parseFields } from '../shared/model/parse-fields.ts';
import { ProblemList } from '../shared/model/problems.ts';
import { pluginServices } from '../shared/plugin-kit/plugin-host.ts';
import type { PluginInstance } from '../shared/plugins/contract.ts';
import { pluginRegistry } from '../shared/plugins/registry.ts';
import { Http2Client } from './support/http2-client.ts';
import type { ProxyScene } from './support/proxy-scene.ts';
import { response, startRecordingOrigin } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, staticUpstream, type StaticPlugin } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const ANN = { id: '0190f1c2-0000-7000-8000-000000000001', username: 'ann', customId: null };
const OWN = /^(?:x-forwarded-|x-real-ip|x-kong-|via|host|connection)/i;

/** As a data plane makes it of a written config. */
function plugin(name: string, config: JsonObject): StaticPlugin {
  const { schema, ...registered } = defined(pluginRegistry.get(name), name);
  const problems = new ProblemList();
  const whole = parseFields(schema.config, config, 'config', { problems, newKey: () => '', parsePluginConfig: () => undefined });
  assert.deepEqual([problems.problems, ...(schema.checks ?? []).map(({ check }) => check({ config: whole }))].flat(), []);
  return { name, priority: schema.priority, instance: registered.create(whole, pluginServices()) };
}

const own = (instance: PluginInstance): StaticPlugin => ({ name: 'own', priority: 1_000, instance });
const signIn = own({
  requestHead(context) {
    context.authenticate(ANN, undefined);
    return undefined;
  },
});

interface Extra {
  readonly captures?: ReadonlyMap<string, string>;
  readonly otherPort?: number;
  /** Of the upstream at `otherPort`. */
  readonly fields?: JsonObject;
}

function use({ serve, origin }: ProxyScene, plugins: readonly StaticPlugin[], { captures, otherPort = origin.port, fields = {} }: Extra = {}): void {
  const upstreams = [{ ...staticUpstream([{ host: '127.0.0.1', port: otherPort }], null, fields), name: 'blue' }];
  const config = staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: origin.port }, plugins }], upstreams });
  serve({
    ...config,
    match: (request) => {
      const found = config.match(request);
      return found === undefined ? undefined : { ...found, captures };
    },
  });
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly header: (name: string) => string | undefined;
}

type Fields = Readonly<Record<string, string | readonly string[]>>;

/** The same request by both versions. */
async function byBoth(scene: ProxyScene, fields: Fields = {}, body?: string): Promise<readonly Answer[]> {
  const lines = Object.entries(fields).filter(([name]) => !name.startsWith(':')).flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${String(value)}\r\n`)).join('');
  const [method, path] = [String(fields[':method'] ?? 'GET'), String(fields[':path'] ?? '/')];
  const framed = body === undefined ? '\r\n' : `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const first = await scene.exchange(`${method} ${path} HTTP/1.1\r\nHost: client.test\r\n${lines}${framed}`, { noBody: method === 'HEAD' });
  const client = await Http2Client.open(scene.port);
  const { status, body: bytes, header } = await client.exchange({ ':authority': 'client.test', ...fields }, body === undefined ? undefined : Buffer.from(body, 'latin1'));
  client.close();
  return [first, { status, body: bytes.toString('latin1'), header: (name) => header(name) }];
}

/** First line, lines that are not the gateway's own and body of the last two requests at the origin. */
function sent({ origin }: ProxyScene): readonly (readonly string[])[] {
  return origin.requests.slice(-2).map(({ startLine, headerLines, body }) => [startLine, ...headerLines.filter((line) => !OWN.test(line)).map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase())).toSorted(), body]);
}

function bothSent(scene: ProxyScene, expected: readonly string[]): void {
  assert.deepEqual(sent(scene), [expected, expected]);
}

scenario('request-transformer: method, path, headers and query as the config says', {}, async (scene) => {
  use(scene, [plugin('request-transformer', {
    http_method: 'PUT', remove: { headers: ['x-old'], querystring: ['secret'] }, rename: { headers: ['x-b:x-c'] }, replace: { uri: '/v2/$(uri_captures.id)/$(query_params.name)', headers: ['host:$(headers.x_host)'] },
    add: { headers: ['x-name:$(query_params.name or "none")'], querystring: ['from:$(headers.host)'] }, append: { headers: ['x-list:2'] },
  })], { captures: new Map([['id', 'a%2Fb']]) });
  await byBoth(scene, { ':path': '/x?secret=1&name=a%2f+b', 'x-old': '1', 'x-b': ['1', '2'], 'x-c': 'forged', 'x-list': '1', 'x-host': 'other.test' });
  bothSent(scene, ['PUT /v2/a%2Fb/a%2F%20b?name=a%2f+b&from=client.test HTTP/1.1', 'x-c: 1', 'x-c: 2', 'x-host: other.test', 'x-list: 1', 'x-list: 2', 'x-name: a/ b', '']);
  for (const request of scene.origin.requests) assert.equal(request.header('host'), 'other.test');
});

scenario('request-transformer: who the client is comes from the gateway, never from what a client sends', {}, async (scene) => {
  const transformer = plugin('request-transformer', { add: { headers: ['x-who:$(headers["x-consumer-id"] or headers.x_consumer_username or "nobody")', 'x-from:$(headers["x-forwarded-for"] or headers["x-real-ip"] or "?")'] } });
  const forged = { 'X-Consumer-Id': 'admin', 'x-consumer-username': ['admin', 'root'], 'X-Consumer_ID': 'admin', x_consumer_username: 'admin', 'x-forwarded-for': '6.6.6.6', 'x-real-ip': '6.6.6.6' };
  use(scene, [transformer]);
  await byBoth(scene, Object.fromEntries(Object.entries(forged).map(([name, value]) => [name.toLowerCase(), value])));
  bothSent(scene, ['GET / HTTP/1.1', 'x-from: ?', 'x-who: nobody', '']);
  use(scene, [signIn, transformer]);
  await byBoth(scene, { 'x-consumer-id': 'admin' });
  for (const lines of sent(scene)) assert.ok(lines.includes(`x-who: ${ANN.id}`), lines.join('\n'));
});

scenario('request-transformer: what the gateway says of where a request comes from can be left out or said otherwise', {}, async (scene) => {
  use(scene, [plugin('request-transformer', { remove: { headers: ['X-Forwarded-For', 'x-real-ip'] }, add: { headers: ['X-Forwarded-Proto:https'] } })]);
  await byBoth(scene, { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'gopher' });
  for (const { headerLines } of scene.origin.requests) {
    assert.deepEqual(headerLines.filter((line) => /^x-(?:forwarded-(?:for|proto)|real-ip)/i.test(line)), ['X-Forwarded-Proto: https']);
  }
});

scenario('request-transformer: line ends and NUL stay data in every place that a template can stand', {}, async (scene) => {
  const evil = '%0d%0aX-Admin:%201%0d%0a%0d%0aGET%20/admin%20HTTP/1.1%00';
  const place = '$(query_params.x)';
  const plain = '\r\nX-Admin: 1\r\n\r\nGET /admin HTTP/1.1\0';
  const places: readonly (readonly [JsonObject, string, string])[] = [
    [{ add: { headers: [`x-a:${place}`] } }, '', ''],
    [{ add: { querystring: [`y:${place}`] } }, '', ''],
    [{ add: { body: [`y:${place}`] } }, 'application/x-www-form-urlencoded', 'a=1'],
    [{ add: { body: [`y:${place}`] } }, 'application/json', '{"a":1}'],
    [{ add: { body: [`y:${place}`] } }, 'multipart/form-data; boundary=b', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'],
  ];
  for (const [config, contentType, body] of places) {
    use(scene, [plugin('request-transformer', config)]);
    const before = scene.origin.requests.length;
    for (const { status } of await byBoth(scene, { ':method': 'POST', ':path': `/?x=${evil}`, ...(contentType === '' ? {} : { 'content-type': contentType }) }, body)) assert.equal(status, 200);
    assert.equal(scene.origin.requests.length, before + 2, 'one message each');
    for (const request of scene.origin.requests.slice(-2)) {
      assert.ok(!request.headerLines.some((line) => /^x-admin/i.test(line)), request.raw);
      assert.ok(!request.raw.slice(0, request.raw.indexOf('\r\n\r\n')).includes('\0'));
    }
    const [last] = scene.origin.requests.slice(-1);
    if (contentType === 'application/json') assert.deepEqual(JSON.parse(last?.body ?? ''), { a: 1, y: plain });
    if (contentType.startsWith('application/x')) assert.equal(new URLSearchParams(last?.body).get('y'), plain);
  }
  for (const replace of [{ headers: [`host:${place}`] }, { uri: `/a/${place}` }]) {
    use(scene, [plugin('request-transformer', { replace })]);
    for (const value of [evil, '..%2f..%2fadmin']) for (const { status } of await byBoth(scene, { ':path': `/?x=${value}` })) assert.equal(status, 400);
  }
  await byBoth(scene, { ':path': '/?x=b%2f..%0d%0aX-Admin:%201%3f%23' });
  for (const [line] of sent(scene)) assert.ok(line?.startsWith('GET /a/b%2F..%0D%0AX-Admin%3A%201%3F%23?x='), line);
});

scenario('request-transformer: bodies in chunks and of HTTP/2 come whole, and go on with their new length', {}, async (scene) => {
  use(scene, [plugin('request-transformer', { remove: { body: ['admin'] }, add: { body: ['tenant:$(headers.x_tenant)'] } })]);
  const json = { ':method': 'POST', 'content-type': 'application/json', 'x-tenant': 'acme' };
  await byBoth(scene, json, '{"admin":true,"id":12345678901234567890}');
  bothSent(scene, ['POST / HTTP/1.1', 'content-length: 43', 'content-type: application/json', 'x-tenant: acme', '{"id":12345678901234567890,"tenant":"acme"}']);
  await byBoth(scene, { ...json, 'content-type': 'text/plain' }, '{"admin":true}');
  for (const lines of sent(scene)) assert.equal(lines.at(-1), '{"admin":true}');
  const answer = await scene.exchange(`POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4194310\r\n\r\n{"a":"${'x'.repeat(4_194_302)}"}`);
  assert.deepEqual([answer.status, answer.message()], [413, 'Request size limit exceeded']);
  assert.equal(scene.origin.requests.length, 4);
});

scenario('request-transformer: a GET with JSON and no body gets one only where the config adds to it; a form moves into the query', {}, async (scene) => {
  use(scene, [plugin('request-transformer', { remove: { body: ['a'] } })]);
  for (const { status } of await byBoth(scene, { 'content-type': 'application/json' })) assert.equal(status, 200);
  bothSent(scene, ['GET / HTTP/1.1', 'content-type: application/json', '']);
  use(scene, [plugin('request-transformer', { http_method: 'GET' })]);
  await byBoth(scene, { ':method': 'POST', ':path': '/?a=1', 'content-type': 'application/x-www-form-urlencoded' }, 'b=2&c=%0d+#');
  for (const [line] of sent(scene)) assert.equal(line, 'GET /?a=1&b=2&c=%0D%20%23 HTTP/1.1');
});

scenario('transformers without operations on bodies let them stream', {}, async (scene) => {
  use(scene, [plugin('request-transformer', { add: { headers: ['a:b'] } }), plugin('response-transformer', { add: { headers: ['c:d'] } })]);
  scene.origin.respond((_, socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a"'));
  const client = await scene.connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a"');
  await waitUntil('the first half at the origin', () => scene.origin.received(1).endsWith('{"a"'));
  client.send(':11}');
  await waitUntil('the first half at the client', () => client.unread.endsWith('\r\n\r\n{"a"'));
  scene.origin.writeToAll(':22}');
  const answer = await client.response();
  assert.deepEqual([answer.body, answer.header('c')], ['{"a":22}', 'd']);
});

scenario('response-transformer: JSON bodies in every framing and coding, for GET and HEAD', {}, async (scene) => {
  use(scene, [plugin('response-transformer', { remove: { json: ['secret'], headers: ['server'] }, add: { headers: ['x-a:1'] } })]);
  const text = '{"secret":1,"id":12345678901234567890}';
  const type = 'Content-Type: application/json';
  const coded = (coding: string, body: Buffer): string => response(body.toString('latin1'), [type, `Content-Encoding: ${coding}`, 'ETag: "1"', 'Server: up']);
  scene.origin.respond(({ target }, socket) => {
    if (target === '/chunked') return `HTTP/1.1 200 OK\r\n${type}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n${text.slice(0, 5)}\r\n21\r\n${text.slice(5)}\r\n0\r\n\r\n`;
    if (target === '/close') return void socket.end(`HTTP/1.1 200 OK\r\n${type}\r\n\r\n${text}`, 'latin1');
    if (target === '/gzip') return coded('gzip', gzipSync(text));
    if (target === '/br') return coded('br', brotliCompressSync(text));
    if (target === '/head') return `HTTP/1.1 200 OK\r\n${type}\r\nContent-Length: ${text.length}\r\n\r\n`;
    if (target === '/304') return `HTTP/1.1 304 Not Modified\r\n${type}\r\n\r\n`;
    return response(text, [type]);
  });
  for (const path of ['/', '/chunked', '/close', '/gzip', '/br']) {
    for (const { status, body, header } of await byBoth(scene, { ':path': path, 'accept-encoding': 'gzip, br' })) {
      assert.deepEqual([status, body, header('content-length'), header('content-encoding'), header('x-a')], [200, '{"id":12345678901234567890}', '27', undefined, '1'], path);
      assert.equal(header('etag'), path === '/gzip' || path === '/br' ? 'W/"1"' : undefined);
    }
  }
  for (const { status, body, header } of await byBoth(scene, { ':path': '/head', ':method': 'HEAD' })) assert.deepEqual([status, body, header('x-a')], [200, '', '1']);
  for (const { status, body } of await byBoth(scene, { ':path': '/304' })) assert.deepEqual([status, body], [304, '']);
});

scenario('response-transformer: a client can not have a body pass by asking for it in another way', {}, async (scene) => {
  use(scene, [plugin('response-transformer', { remove: { json: ['secret'] } })]);
  scene.origin.respond(({ target }) => {
    const headers = ['Content-Type: application/json', ...(target === '/odd' ? ['Content-Encoding: zstd'] : target === '/bomb' ? ['Content-Encoding: gzip'] : [])];
    return response(target === '/bomb' ? gzipSync(Buffer.alloc(5_000_000)).toString('latin1') : '{"secret":1}', headers);
  });
  for (const { body } of await byBoth(scene, { range: 'bytes=0-11', 'if-range': '"1"', 'accept-encoding': 'zstd, gzip;q=0.1' })) assert.equal(body, '{}');
  bothSent(scene, ['GET / HTTP/1.1', 'accept-encoding: gzip;q=0.1', '']);
  for (const path of ['/odd', '/bomb']) {
    for (const { status, body } of await byBoth(scene, { ':path': path })) {
      assert.equal(status, 502);
      assert.ok(!body.includes('secret') && body.includes('An invalid response was received'), body);
    }
  }
});

scenario('exit-transformer: answers of plugins and errors of the gateway, not those of an upstream', {}, async (scene) => {
  const deny = own({ requestHead: ({ request }) => (request.path === '/denied' ? { kind: 'respond', status: 401, message: 'say "who"', headers: [['WWW-Authenticate', 'Key']] } : undefined) });
  const exit = plugin('exit-transformer', {
    handle_unexpected: true,
    rules: [{ statuses: [401], status: 403, body: '{"error":"$(message)","was":$(status)}', set_headers: { 'x-exit': '1' } }, { error_codes: ['UPSTREAM_CLOSED'], status: 503, content_type: 'text/plain', body: '$(error_code)' }],
  });
  use(scene, [exit, deny]);
  scene.origin.respond(({ target }, socket) => (target === '/closed' ? void socket.destroy() : response('upstream says no', [], '401 Unauthorized')));
  for (const { status, body, header } of await byBoth(scene, { ':path': '/denied' })) {
    assert.deepEqual([status, JSON.parse(body), header('www-authenticate'), header('x-exit'), header('content-type'), header('content-length')], [403, { error: 'say "who"', was: 401 }, 'Key', '1', 'application/json; charset=utf-8', String(body.length)]);
  }
  for (const { status, body, header } of await byBoth(scene, { ':path': '/denied', ':method': 'HEAD' })) assert.deepEqual([status, body, header('content-length')], [403, '', '33']);
  for (const { status, body, header } of await byBoth(scene, { ':path': '/closed', ':method': 'POST' }, 'x')) assert.deepEqual([status, body, header('x-holdfast-error')], [503, 'UPSTREAM_CLOSED', 'UPSTREAM_CLOSED']);
  for (const { status, body, header } of await byBoth(scene)) assert.deepEqual([status, body, header('x-exit')], [401, 'upstream says no', undefined]);
});

scenario('canary, route-by-header and upstream-timeout send requests elsewhere, and no longer than they may take', {}, async (scene) => {
  const other = await startRecordingOrigin(({ target }) => (target === '/slow' ? undefined : response(`other ${target}`)));
  try {
    use(scene, [plugin('canary', { percentage: 0, canary_by_header_name: 'x-canary', upstream_host: 'blue', upstream_uri: '/v2' })], { otherPort: other.port });
    for (const { body } of await byBoth(scene)) assert.equal(body, 'hello');
    for (const { body } of await byBoth(scene, { 'x-canary': 'always' })) assert.equal(body, 'other /v2');
    use(scene, [plugin('canary', { percentage: 100, upstream_host: '127.0.0.1', upstream_port: other.port })]);
    for (const { body } of await byBoth(scene)) assert.equal(body, 'other /');
    use(scene, [plugin('canary', { percentage: 100, upstream_port: other.port })]);
    for (const { body } of await byBoth(scene)) assert.equal(body, 'other /', 'another port of the same host');

    const lost = plugin('route-by-header', { rules: [{ condition: { 'x-to': 'green' }, upstream_name: 'green' }] });
    use(scene, [lost]);
    for (const { status } of await byBoth(scene, { 'x-to': 'green' })) assert.equal(status, 500, 'there is no such upstream');

    const rules = plugin('route-by-header', { rules: [{ condition: { 'X-Consumer-Username': 'ann' }, upstream_name: 'blue' }] });
    use(scene, [rules], { otherPort: other.port });
    for (const { body } of await byBoth(scene, { 'x-consumer-username': 'ann' })) assert.equal(body, 'hello', 'a forged name');
    use(scene, [signIn, rules], { otherPort: other.port });
    for (const { body } of await byBoth(scene)) assert.equal(body, 'other /');

    use(scene, [signIn, rules, plugin('upstream-timeout', { read_timeout: 30 })], { otherPort: other.port });
    for (const { status } of await byBoth(scene, { ':path': '/slow', ':method': 'POST' }, 'x')) assert.equal(status, 504);
    assert.deepEqual(other.oracle.violations, []);
  } finally {
    await other.close();
  }
});

scenario('a canary whose targets die falls back to where the service says', {}, async (scene) => {
  const other = await startRecordingOrigin(() => response('other'));
  const fallback = (config: JsonObject): StaticPlugin => plugin('canary', { percentage: 100, upstream_host: 'blue', upstream_uri: '/v2', ...config });
  const extra: Extra = { otherPort: other.port, fields: { healthchecks: { passive: { unhealthy: { tcp_failures: 1 } } } } };
  const bodies = async (): Promise<readonly string[]> => (await byBoth(scene)).map(({ status, body }) => (status === 200 ? body : String(status)));
  use(scene, [fallback({ upstream_fallback: true })], extra);
  assert.deepEqual(await bodies(), ['other', 'other']);
  await other.close();
  // The first one finds out.
  assert.deepEqual(await bodies(), ['502', 'hello']);
  assert.deepEqual(await bodies(), ['hello', 'hello']);
  assert.deepEqual(scene.origin.requests.map(({ startLine }) => startLine), Array.from({ length: 3 }, () => 'GET / HTTP/1.1'));
  use(scene, [fallback({})], extra);
  assert.deepEqual(await bodies(), ['503', '503']);
  use(scene, [fallback({ upstream_fallback: true, upstream_host: 'green' })], extra);
  assert.deepEqual(await bodies(), ['hello', 'hello'], 'an upstream that is not there');
});

scenario('a request without a body is one whose JSON is empty, and a Host counts by either version', {}, async (scene) => {
  use(scene, [plugin('request-transformer', { remove: { body: ['a'] } }), plugin('route-by-header', { rules: [{ condition: { host: 'client.test' }, upstream_name: 'nowhere' }] })]);
  for (const { status } of await byBoth(scene, { 'content-type': 'application/json' })) assert.equal(status, 500);
  use(scene, [plugin('request-transformer', { remove: { body: ['a'] } })]);
  for (const { status } of await byBoth(scene, { 'content-type': 'application/json' })) assert.equal(status, 200);
});
