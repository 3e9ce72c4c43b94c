/** What the upstream and the client get to see besides the body: request line, headers, the gateway's own answers. */
import assert from 'node:assert/strict';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, staticUpstream, type StaticRoute } from './support/static-config.ts';

const HOST = 'Host: Gateway.Test:8000\r\n';
const HEX_ID = /^[0-9a-f]{32}$/;

/** Header lines of the last request that the origin got, without Host and X-Kong-Request-Id, sorted. */
function forwarded(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !/^(?:host|x-kong-request-id):/i.test(line)).toSorted();
}

scenario('the upstream learns where a request comes from', { routes: (port) => [{ path: '/api/', stripPath: true, service: { port, path: '/svc' } }] }, async ({ exchange, origin, port }) => {
  const answer = await exchange(`GET /api/a%41/../x?q=%20&r HTTP/1.1\r\n${HOST}Accept: */*\r\n\r\n`);
  const [request] = origin.requests;
  assert.ok(request !== undefined);
  assert.equal(request.startLine, 'GET /svc/x?q=%20&r HTTP/1.1');
  assert.equal(request.header('host'), `127.0.0.1:${origin.port}`);
  assert.deepEqual(forwarded(request.headerLines), [
    'Accept: */*', 'Via: 1.1 holdfast/0.0.0-test', 'X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Host: gateway.test', 'X-Forwarded-Path: /api/a%41/../x',
    `X-Forwarded-Port: ${port}`, 'X-Forwarded-Prefix: /api', 'X-Forwarded-Proto: http', 'X-Real-IP: 127.0.0.1',
  ]);
  const id = request.header('x-kong-request-id') ?? '';
  assert.match(id, HEX_ID);
  assert.equal(answer.header('x-kong-request-id'), id);
  assert.equal(answer.header('via'), '1.1 holdfast/0.0.0-test');
  assert.match(answer.header('x-kong-upstream-latency') ?? '', /^\d+$/);
  assert.match(answer.header('x-kong-proxy-latency') ?? '', /^\d+$/);
  assert.deepEqual([answer.header('server'), answer.header('x-kong-response-latency')], [undefined, undefined]);
});

scenario('a client can pass for nobody else: what only we may say is taken out', {}, async ({ exchange, origin, port }) => {
  await exchange(
    `GET / HTTP/1.1\r\n${HOST}X-Consumer-ID: 1\r\nX-Consumer-Username: root\r\nx-consumer-custom-id: 1\r\nX_Consumer_ID: 1\r\nX-Consumer-Groups: admin\r\nX-Credential-Identifier: 1\r\n` +
      'X-Anonymous-Consumer: false\r\nX-Authenticated-Groups: admin\r\nX-Kong-Request-Id: mine\r\nX-Real-IP: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n' +
      'X-Forwarded-Port: 1\r\nX-Forwarded-Path: /evil\r\nX-Forwarded-Prefix: /evil\r\nX-Forwarded-For: 9.9.9.9\r\nConnection: X-Forwarded-For, X-Real-IP, close\r\nX-Kept: 1\r\n\r\n',
  );
  assert.deepEqual(forwarded(origin.requests[0]?.headerLines ?? []), [
    'Via: 1.1 holdfast/0.0.0-test', 'X-Forwarded-For: 9.9.9.9, 127.0.0.1', 'X-Forwarded-Host: gateway.test', 'X-Forwarded-Path: /', `X-Forwarded-Port: ${port}`, 'X-Forwarded-Proto: http', 'X-Kept: 1', 'X-Real-IP: 127.0.0.1',
  ]);
  assert.match(origin.requests[0]?.header('x-kong-request-id') ?? '', HEX_ID);
});

scenario('a trusted peer is believed', { proxy: { trustedAddresses: ['127.0.0.0/8'] } }, async ({ exchange, origin }) => {
  await exchange(`GET /a HTTP/1.1\r\n${HOST}X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: public.test\r\nX-Forwarded-Port: 443\r\nX-Forwarded-Path: /p\r\nX-Forwarded-Prefix: /q\r\n\r\n`);
  assert.deepEqual(forwarded(origin.requests[0]?.headerLines ?? []), [
    'Via: 1.1 holdfast/0.0.0-test', 'X-Forwarded-For: 198.51.100.7, 127.0.0.1', 'X-Forwarded-Host: public.test', 'X-Forwarded-Path: /p', 'X-Forwarded-Port: 443', 'X-Forwarded-Prefix: /q', 'X-Forwarded-Proto: https', 'X-Real-IP: 198.51.100.7',
  ]);
});

scenario('hop-by-hop headers stay on their hop, in both directions', { responder: () => response('x', ['Connection: X-Hop, keep-alive', 'Keep-Alive: timeout=5', 'X-Hop: 1', 'Proxy-Authenticate: x', 'Trailer: y', 'Upgrade: h2c', 'Server: origin', 'Via: 1.0 inner', 'Date: then', 'Set-Cookie: a', 'Set-Cookie: b']) }, async ({ exchange, origin }) => {
  const answer = await exchange(`GET / HTTP/1.1\r\n${HOST}Connection: X-Hop\r\nX-Hop: 1\r\nTE: gzip\r\nKeep-Alive: x\r\nProxy-Authorization: y\r\nProxy-Connection: z\r\nVia: 1.0 client\r\n\r\n`);
  for (const name of ['connection', 'x-hop', 'te', 'keep-alive', 'proxy-authorization', 'proxy-connection', 'trailer', 'upgrade', 'proxy-authenticate']) {
    assert.equal(origin.requests[0]?.header(name), undefined, name);
    assert.equal(answer.header(name), undefined, name);
  }
  assert.equal(origin.requests[0]?.header('via'), '1.0 client, 1.1 holdfast/0.0.0-test');
  assert.deepEqual([answer.header('via'), answer.header('server'), answer.header('date'), answer.header('set-cookie')], ['1.0 inner, 1.1 holdfast/0.0.0-test', 'origin', 'then', 'a, b']);
});

const HOST_ROUTES = (port: number): readonly StaticRoute[] => [
  { path: '/preserved', preserveHost: true, service: { port } },
  { path: '/named', service: { port, host: 'named', upstream: staticUpstream([{ host: '127.0.0.1', port }], 'inner.test') } },
  { path: '/target', service: { port: 1, host: 'named', upstream: staticUpstream([{ host: '127.0.0.1', port }]) } },
];

scenario('Host is the target, or what the upstream says, or what the client said', { routes: HOST_ROUTES }, async ({ exchange, origin }) => {
  for (const path of ['/preserved', '/named', '/target']) await exchange(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`);
  await exchange('GET /preserved HTTP/1.0\r\n\r\n');
  await exchange(`GET http://Other.test:81/preserved HTTP/1.1\r\n${HOST}\r\n`);
  assert.deepEqual(origin.requests.map((request) => request.header('host')), ['Gateway.Test:8000', 'inner.test', `127.0.0.1:${origin.port}`, `127.0.0.1:${origin.port}`, 'Other.test:81']);
  assert.deepEqual([origin.requests[4]?.target, origin.requests[4]?.header('x-forwarded-host')], ['/', 'other.test']);
});

scenario('what is matched is what is sent: one normal form of the path', { routes: (port) => [{ path: '/open', stripPath: false, service: { port } }] }, async ({ exchange, origin }) => {
  const status = async (target: string): Promise<number> => (await exchange(`GET ${target} HTTP/1.1\r\n${HOST}\r\n`)).status;
  assert.deepEqual([await status('/open/../secret'), await status('/open/%2e%2e/secret'), await status('/open/..%2fsecret'), await status('//open//%61'), await status('/secret/../open')], [404, 404, 200, 200, 200]);
  assert.deepEqual(origin.requests.map(({ target }) => target), ['/open/..%2Fsecret', '/open/a', '/open']);
});

const ANSWER_ROUTES = (port: number): readonly StaticRoute[] => [
  { path: '/https', protocols: ['https'], service: { port } },
  { path: '/moved', protocols: ['https'], httpsRedirectStatusCode: 308, service: { port } },
  { path: '/bad', quarantined: 'CONFIG_ROUTE_REGEX_INVALID', service: { port } },
  { path: '/off', service: { port, enabled: false } },
  { path: '/bare' },
];

scenario('the gateway answers for itself with a reason, a code and an id', { routes: ANSWER_ROUTES }, async ({ exchange, origin, proxy, serve }) => {
  const get = (target: string): ReturnType<typeof exchange> => exchange(`GET ${target} HTTP/1.1\r\n${HOST}\r\n`);
  const cases: readonly (readonly [target: string, status: number, message: string, code: string])[] = [
    ['/none', 404, 'no Route matched with those values', 'PROXY_ROUTE_MISSING'],
    ['/https', 426, 'Please use HTTPS protocol', 'PROXY_HTTPS_REQUIRED'],
    ['/moved/x?y=1', 308, 'Please use HTTPS protocol', 'PROXY_HTTPS_REQUIRED'],
    ['/bad', 503, 'The upstream server is currently unavailable', 'CONFIG_ROUTE_REGEX_INVALID'],
    ['/off', 503, 'The upstream server is currently unavailable', 'PROXY_SERVICE_DISABLED'],
    ['/bare', 503, 'no Service found with those values', 'PROXY_SERVICE_MISSING'],
    ['/%00', 400, 'Bad request', 'HTTP1_TARGET_INVALID'],
  ];
  for (const [target, status, message, code] of cases) {
    const answer = await get(target);
    assert.deepEqual([answer.status, answer.message(), answer.header('x-holdfast-error')], [status, message, code], target);
    assert.equal(answer.header('server'), 'holdfast/0.0.0-test');
    assert.equal(answer.header('content-type'), 'application/json; charset=utf-8');
    assert.match(answer.header('x-kong-response-latency') ?? '', /^\d+$/);
    assert.match(answer.header('x-kong-request-id') ?? '', HEX_ID);
    assert.equal(answer.body, JSON.stringify({ message, request_id: answer.header('x-kong-request-id') }));
    assert.ok(!Number.isNaN(Date.parse(answer.header('date') ?? '')));
    assert.equal(proxy.stats().refusals[code] === undefined, false);
  }
  const upgrade = await get('/https');
  assert.deepEqual([upgrade.header('upgrade'), upgrade.header('connection')], ['TLS/1.2, HTTP/1.1', 'Upgrade']);
  assert.equal((await get('/moved/x?y=1')).header('location'), 'https://gateway.test/moved/x?y=1');
  serve(undefined);
  assert.deepEqual([(await get('/none')).status, (await get('/none')).header('x-holdfast-error')], [503, 'PROXY_CONFIGURATION_MISSING']);
  assert.equal(origin.requests.length, 0);
  const head = await exchange(`HEAD /none HTTP/1.1\r\n${HOST}\r\n`, { noBody: true });
  assert.ok(Number(head.header('content-length')) > 0);
  assert.equal((await exchange(`GET /none HTTP/1.1\r\n${HOST}Accept: text/plain\r\n\r\n`)).header('content-type'), 'text/plain; charset=utf-8');
});

scenario('bad requests are refused before anything else sees them, and their connection closes', {}, async ({ connect, origin, records }) => {
  const cases: readonly (readonly [wire: string, status: number])[] = [
    ['GET / HTTP/1.1\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\n${HOST}X : 1\r\n\r\n`, 400],
    [`POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    [`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\n`, 501],
    [`CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n`, 501],
    [`GET / HTTP/3.0\r\n${HOST}\r\n`, 505],
    [`GET /${'a'.repeat(9_000)} HTTP/1.1\r\n${HOST}\r\n`, 414],
    [`GET / HTTP/1.1\r\n${HOST}${'X: 1\r\n'.repeat(101)}\r\n`, 431],
    [`GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(40_000)}`, 431],
  ];
  for (const [wire, status] of cases) {
    const client = await connect();
    client.send(`${wire}GET /smuggled HTTP/1.1\r\n${HOST}\r\n`);
    const answer = await client.response();
    assert.deepEqual([answer.status, answer.header('connection')], [status, 'close'], wire.slice(0, 60));
    await client.waitForEnd();
    assert.equal(client.unread, '', 'nothing after it is answered');
  }
  assert.equal(origin.requests.length, 0);
  assert.deepEqual(records.map(({ status, routeId }) => [status, routeId]), cases.map(([, status]) => [status, '']));
});

scenario('the framing that goes upstream has one way to be read', {}, async ({ exchange, origin }) => {
  const requests = [
    ['Transfer-Encoding:\tchunked', '3\r\nabc\r\n0\r\n\r\n', 'Transfer-Encoding: chunked'],
    ['tRANSFER-eNCODING:chunkED \t', '3\r\nabc\r\n0\r\n\r\n', 'Transfer-Encoding: chunked'],
    ['Content-Length:\t003\t', 'abc', 'Content-Length: 3'],
    ['content-length:0', '', 'Content-Length: 0'],
  ] as const;
  for (const [line, body] of requests) await exchange(`POST / HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n${body}`);
  const framing = origin.requests.map(({ headerLines }) => headerLines.filter((line) => /^(?:content-length|transfer-encoding):/i.test(line)));
  assert.deepEqual(framing, requests.map(([, , sent]) => [sent]));
});

scenario('the version of the configuration is told where that is asked for, whoever answers', { proxy: { messages: { configVersionHeader: true } } }, async ({ exchange, serve }) => {
  const told = async (): Promise<string | undefined> => (await exchange(`GET / HTTP/1.1\r\n${HOST}\r\n`)).header('x-holdfast-config-version');
  assert.match((await told()) ?? '', /^\d+\.\d+$/);
  serve(staticConfig({ routes: [{ path: '/' }] }));
  assert.match((await told()) ?? '', /^\d+\.\d+$/, 'there was no upstream');
});

scenario('the status of the upstream is told where that is asked for', { proxy: { messages: { upstreamStatusHeader: true } }, responder: () => response('x', ['X-Kong-Upstream-Status: 500'], '201 Created') }, async ({ exchange, serve }) => {
  assert.equal((await exchange(`GET / HTTP/1.1\r\n${HOST}\r\n`)).header('x-kong-upstream-status'), '201');
  serve(staticConfig({ routes: [{ path: '/' }] }));
  assert.equal((await exchange(`GET / HTTP/1.1\r\n${HOST}\r\n`)).header('x-kong-upstream-status'), undefined, 'there was no upstream');
});
