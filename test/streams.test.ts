/** L4: tcp, TLS ended here and TLS passed through, by port, name and source; retries, accounting, PROXY protocol, drain. */
import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import type { StreamView } from '../data-plane/config/active-config.ts';
import { makeDefaultCertificate } from '../data-plane/listeners/default-certificate.ts';
import type { ListenerKind, ListenerOptions } from '../data-plane/listeners/listener-options.ts';
import { parseProxyHeader } from '../data-plane/listeners/proxy-protocol.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { staticConfig, staticUpstream, type StaticRoute } from './support/static-config.ts';
import { testAuthority, testCertificate } from './support/test-certificates.ts';
import { connectTls, runtimeCertificate } from './support/tls-client.ts';
import { waitUntil } from './support/wait-until.ts';

const TLS = { minVersion: 'TLSv1.2', ciphers: undefined, requestsClientCertificates: false, ticketKeys: Buffer.alloc(48, 7), defaultCertificate: makeDefaultCertificate(Date.now(), Buffer.alloc(16, 1)) } as const;

function listener(kind: ListenerKind): ListenerOptions {
  return { kind, host: '127.0.0.1', port: 0, proxyProtocol: false };
}

/** Ports: tcp, tls, another tcp. */
async function scene(context: TestContext, routes: (originPort: number) => readonly StaticRoute[], more: { readonly limits?: object; readonly certificate?: Awaited<ReturnType<typeof testCertificate>> } = {}): Promise<ProxyScene & { readonly swap: (next: readonly StaticRoute[]) => void }> {
  const started = await startProxyScene({ proxy: { listeners: [listener('tcp'), listener('tls'), listener('tcp')], tls: TLS, limits: more.limits ?? {} } });
  context.after(() => started.close());
  const certificates = more.certificate === undefined ? {} : { '*': runtimeCertificate('c', more.certificate) };
  const swap = (next: readonly StaticRoute[]): void => started.serve(staticConfig({ routes: next, certificates }));
  swap(routes(started.origin.port));
  return { ...started, swap };
}

/** Sends back what it gets, in capitals, behind a greeting; keeps what it got. */
async function startEcho(context: TestContext, make: (accept: (socket: Socket) => void) => Server = (accept) => createServer({ allowHalfOpen: true }, accept)): Promise<{ readonly port: number; readonly received: Buffer[]; readonly sockets: Socket[] }> {
  const received: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = make((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write('hello ');
    socket.on('data', (bytes) => {
      received.push(bytes);
      socket.write(bytes.toString('latin1').toUpperCase(), 'latin1');
    });
    socket.on('end', () => socket.end('bye'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address: AddressInfo | string | null = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, received, sockets };
}

/** Sends, ends its side, gives all that came. */
async function talk(socket: Socket, text: string): Promise<string> {
  let answer = '';
  socket.on('data', (bytes) => (answer += bytes.toString('latin1')));
  socket.resume();
  socket.on('error', () => undefined);
  socket.end(text);
  await waitUntil(`the end after ${JSON.stringify(answer)}`, () => socket.readableEnded || socket.destroyed);
  return answer;
}

function dial(port: number): Socket {
  return connect({ port, host: '127.0.0.1', allowHalfOpen: true });
}

const isTcp = ({ protocol }: StreamView): boolean => protocol === 'tcp';

test('tcp: bytes go both ways, the server may speak first, each side may end alone, one record counts it all', async (context) => {
  const echo = await startEcho(context);
  const { port, records, proxy } = await scene(context, () => [{ id: 'r', protocols: ['tcp'], stream: isTcp, service: { protocol: 'tcp', port: echo.port } }]);
  const quiet = dial(port);
  await waitUntil('the greeting', () => quiet.bytesRead === 6);
  assert.equal(await talk(quiet, 'one two'), 'hello ONE TWObye');
  await waitUntil('the record', () => records.length === 1);
  assert.deepEqual([records[0]?.routeId, records[0]?.status, records[0]?.bytesIn, records[0]?.bytesOut], ['r', 200, 7, 16]);
  assert.deepEqual([proxy.stats().connections, proxy.stats().activeRequests, proxy.stats().endedRequests], [0, 0, 1]);
});

test('routes differ by port and by source; a connection that none matches is closed and counted', async (context) => {
  const [one, two] = [await startEcho(context), await startEcho(context)];
  const { ports: [first = 0, , second = 0], swap, records, proxy } = await scene(context, () => []);
  swap([
    { id: 'one', stream: (view) => view.destinationPort === first && view.sourceAddress === '127.0.0.1', service: { protocol: 'tcp', port: one.port } },
    { id: 'two', stream: (view) => view.destinationPort === second && view.sourceAddress === '127.0.0.1' && view.sourcePort > 0, service: { protocol: 'tcp', port: two.port } },
  ]);
  await talk(dial(first), 'a');
  await talk(dial(second), 'b');
  assert.deepEqual([Buffer.concat(one.received).toString(), Buffer.concat(two.received).toString()], ['a', 'b']);
  swap([]);
  assert.equal(await talk(dial(first), 'c'), '');
  await waitUntil('three records', () => records.length === 3);
  assert.deepEqual(records.map(({ routeId, status }) => [routeId, status]), [['one', 200], ['two', 200], ['', 404]]);
  assert.equal(proxy.stats().refusals['PROXY_ROUTE_MISSING'], 1);
});

test('large bodies both ways arrive whole, whoever is slow', async (context) => {
  const big = 'x'.repeat(4_000_000);
  const echo = await startEcho(context);
  const { port } = await scene(context, () => [{ stream: isTcp, service: { protocol: 'tcp', port: echo.port } }]);
  const socket = dial(port);
  socket.write(big);
  socket.pause();
  await waitUntil('the proxy to be full', () => Buffer.concat(echo.received).length > 100_000);
  const answer = await talk(socket, '');
  assert.equal(answer, `hello ${big.toUpperCase()}bye`);
});

test('tls: ended here by name, verified by the client, spoken on in plain or in TLS', async (context) => {
  const authority = await testAuthority();
  const [certificate, inner] = await Promise.all([testCertificate({ names: ['ended.test'], authority }), testCertificate({ names: ['inner.test', '127.0.0.1'], authority })]);
  const plain = await startEcho(context);
  const secure = await startEcho(context, (accept) => createTlsServer({ key: inner.key, cert: inner.cert, allowHalfOpen: true }, accept));
  const tls = { key: 'ca', verify: true, verifyDepth: null, clientCertificate: undefined, caCertificates: [{ id: 'ca', certPem: authority.cert }] };
  const { ports: [, port = 0], records } = await scene(context, () => [
    { id: 'plain', stream: (view) => view.protocol === 'tls' && view.serverName === 'ended.test', service: { protocol: 'tcp', port: plain.port } },
    { id: 'secure', stream: (view) => view.protocol === 'tls' && view.serverName === 'again.test', service: { protocol: 'tls', port: secure.port, tls } },
  ], { certificate });
  assert.equal(await talk(await connectTls(port, { servername: 'ended.test', ca: authority.cert, rejectUnauthorized: true }), 'abc'), 'hello ABCbye');
  assert.equal(await talk(await connectTls(port, { servername: 'again.test' }), 'def'), 'hello DEFbye');
  assert.equal(await talk(await connectTls(port, { servername: 'nobody.test' }), ''), '');
  await waitUntil('the records', () => records.length === 3);
  assert.deepEqual(records.map(({ routeId, status }) => [routeId, status]), [['plain', 200], ['secure', 200], ['', 404]]);
});

test('a target that ends its side first still gets all that the client sends', async (context) => {
  const identity = await testCertificate({ names: ['127.0.0.1'] });
  const tls = { key: 'unverified', verify: false, verifyDepth: null, clientCertificate: undefined, caCertificates: undefined };
  for (const protocol of ['tcp', 'tls'] as const) {
    let received = '';
    let ended = false;
    const greet = (socket: Socket): void => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => (received += bytes.toString('latin1')));
      socket.once('end', () => (ended = true));
      socket.end('bye');
    };
    const server = protocol === 'tls' ? createTlsServer({ key: identity.key, cert: identity.cert, allowHalfOpen: true }, greet) : createServer({ allowHalfOpen: true }, greet);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    context.after(() => server.close());
    const address = server.address();
    const { port, records } = await scene(context, () => [{ stream: isTcp, service: { protocol, port: typeof address === 'object' && address !== null ? address.port : 0, tls } }]);
    const socket = dial(port);
    context.after(() => socket.destroy());
    socket.resume();
    await waitUntil('the end of the target', () => socket.readableEnded);
    socket.end('late');
    await waitUntil('the end of the client', () => ended);
    assert.equal(received, 'late');
    await waitUntil('the record', () => records.length === 1);
    assert.deepEqual([records[0]?.status, records[0]?.bytesIn, records[0]?.bytesOut], [200, 4, 3]);
  }
});

test('tls_passthrough: the client reaches the certificate of the target, untouched, beside names that are ended here', async (context) => {
  const [outer, inner] = await Promise.all([testCertificate({ names: ['gateway.test'] }), testCertificate({ names: ['inner.test'] })]);
  const target = await startEcho(context, (accept) => createTlsServer({ key: inner.key, cert: inner.cert, allowHalfOpen: true }, accept));
  const plain = await startEcho(context);
  const { ports: [, port = 0], records } = await scene(context, () => [
    { id: 'through', stream: (view) => view.protocol === 'tls_passthrough' && view.serverName === 'inner.test', service: { protocol: 'tls_passthrough', port: target.port } },
    { id: 'ended', stream: (view) => view.protocol === 'tls', service: { protocol: 'tcp', port: plain.port } },
  ], { certificate: outer });
  const through = await connectTls(port, { servername: 'inner.test', ca: inner.cert, rejectUnauthorized: true });
  assert.equal(await talk(through, 'abc'), 'hello ABCbye');
  const ended = await connectTls(port, { servername: 'gateway.test', ca: outer.cert, rejectUnauthorized: true });
  assert.equal(await talk(ended, 'abc'), 'hello ABCbye');
  await waitUntil('the records', () => records.length === 2);
  assert.deepEqual(records.map(({ routeId }) => routeId).toSorted(), ['ended', 'through']);
});

test('a connection that fails is tried elsewhere, up to the service\'s retries; then the client is closed and it counts as 502', async (context) => {
  const echo = await startEcho(context);
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(0, '127.0.0.1', resolve));
  const address = dead.address();
  const deadPort = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise((resolve) => dead.close(resolve));
  const upstream = staticUpstream([{ host: '127.0.0.1', port: deadPort }, { host: '127.0.0.1', port: echo.port }]);
  const { port, swap, records, proxy } = await scene(context, () => [{ stream: isTcp, service: { protocol: 'tcp', upstream } }]);
  for (let count = 0; count < 4; count++) assert.equal(await talk(dial(port), 'x'), 'hello Xbye');
  swap([{ stream: isTcp, service: { protocol: 'tcp', port: deadPort, retries: 0 } }]);
  assert.equal(await talk(dial(port), 'x'), '');
  await waitUntil('the records', () => records.length === 5);
  assert.deepEqual(records.map(({ status }) => status), [200, 200, 200, 200, 502]);
  assert.equal(proxy.stats().refusals['UPSTREAM_CONNECT_FAILED'], 1);
});

test('a target with as many connections as it may have is passed over, and that is no try', async (context) => {
  const [one, two] = [await startEcho(context), await startEcho(context)];
  const upstream = staticUpstream([{ host: '127.0.0.1', port: one.port, weight: 1_000 }, { host: '127.0.0.1', port: 1, weight: 500 }, { host: '127.0.0.1', port: two.port, weight: 1 }], null, { max_connections: 1 });
  const { port, records, proxy } = await scene(context, () => [{ stream: isTcp, service: { protocol: 'tcp', upstream, retries: 1 } }]);
  const held = dial(port);
  context.after(() => held.destroy());
  await waitUntil('the first stream', () => held.bytesRead === 6);
  // By their weights: the full one, the dead one, the good one.
  for (let count = 0; count < 8; count++) assert.equal(await talk(dial(port), 'x'), 'hello Xbye');
  const other = dial(port);
  context.after(() => other.destroy());
  await waitUntil('the other stream', () => other.bytesRead === 6);
  assert.equal(await talk(dial(port), 'x'), '', 'none is left');
  await waitUntil('the records', () => records.length === 9);
  assert.deepEqual([records.at(-1)?.status, proxy.stats().connections], [502, 2]);
});

test('a service in quarantine, disabled or missing takes no streams', async (context) => {
  const { port, swap, records } = await scene(context, () => [{ stream: isTcp, quarantined: 'CONFIG_REFERENCE_DANGLING', service: {} }]);
  assert.equal(await talk(dial(port), 'x'), '');
  swap([{ stream: isTcp, service: { enabled: false } }]);
  assert.equal(await talk(dial(port), 'x'), '');
  swap([{ stream: isTcp }]);
  assert.equal(await talk(dial(port), 'x'), '');
  await waitUntil('the records', () => records.length === 3);
  assert.deepEqual(records.map(({ status }) => status), [503, 503, 503]);
});

for (const version of ['v1', 'v2'] as const) {
  test(`the target is told who the client is by the PROXY protocol, ${version}, in plain and before TLS`, async (context) => {
    const got: Buffer[] = [];
    const target = createServer((socket) => socket.on('data', (bytes) => got.push(bytes)).on('error', () => undefined));
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    context.after(() => target.close());
    const address = target.address();
    const targetPort = typeof address === 'object' && address !== null ? address.port : 0;
    const { ports: [port = 0, , secondPort = 0] } = await scene(context, () => [
      { stream: (view) => view.destinationPort === port, service: { protocol: 'tcp', port: targetPort, proxyProtocol: version } },
      { stream: (view) => view.destinationPort === secondPort, service: { protocol: 'tls', port: targetPort, proxyProtocol: version } },
    ]);
    for (const listening of [port, secondPort]) {
      got.length = 0;
      const socket = dial(listening);
      socket.on('error', () => undefined);
      socket.write('abc');
      const { header, rest } = await waitUntil('the header and what follows', () => {
        const bytes = Buffer.concat(got);
        const parsed = parseProxyHeader(bytes);
        return parsed.kind === 'header' && bytes.length > parsed.length ? { header: parsed, rest: bytes.subarray(parsed.length) } : undefined;
      });
      assert.deepEqual(header.addresses, { sourceAddress: '127.0.0.1', sourcePort: socket.localPort, destinationAddress: '127.0.0.1', destinationPort: listening });
      if (listening === port) assert.equal(rest.toString(), 'abc');
      else assert.equal(rest[0], 22, 'a TLS handshake');
      socket.destroy();
    }
  });
}

test('a defect costs the connection that meets it, and nothing else', async (context) => {
  const echo = await startEcho(context);
  const { port, ports: [, tls = 0], swap, proxy, records } = await scene(context, () => [{ stream: () => { throw new Error('a defect'); } }]);
  assert.equal(await talk(dial(port), 'x'), '');
  await assert.rejects(connectTls(tls, { servername: 'a.test' }));
  swap([{ stream: isTcp, service: { protocol: 'tcp', port: echo.port } }]);
  assert.equal(await talk(dial(port), 'x'), 'hello Xbye');
  await waitUntil('the records', () => records.length === 2);
  assert.deepEqual([records.map(({ status }) => status), proxy.stats().connections, proxy.stats().activeRequests], [[500, 200], 0, 0]);
});

test('a silent stream ends at its service\'s timeout; one that moves does not', async (context) => {
  const echo = await startEcho(context);
  const { port, records } = await scene(context, () => [{ stream: isTcp, service: { protocol: 'tcp', port: echo.port, readTimeoutMs: 100, writeTimeoutMs: 100 } }]);
  const socket = dial(port);
  socket.on('error', () => undefined);
  const begun = performance.now();
  await waitUntil('the end', () => socket.resume().destroyed || socket.readableEnded);
  assert.ok(performance.now() - begun >= 100);
  socket.destroy();
  await waitUntil('the record', () => records.length === 1);
});

test('a client that leaves while its target is being reached is counted, and nothing is left', async (context) => {
  const { port, records, proxy } = await scene(context, () => [{ stream: isTcp, service: { protocol: 'tcp', host: 'slow.test', port: 1 } }]);
  const socket = dial(port);
  await waitUntil('the connection', () => proxy.stats().activeRequests === 1 || records.length === 1);
  socket.destroy();
  await waitUntil('the record', () => records.length === 1);
  assert.deepEqual([proxy.stats().connections, proxy.stats().activeRequests], [0, 0]);
});

test('a drain lets streams end, and cuts them at its bound', async (context) => {
  const echo = await startEcho(context);
  const { port, proxy, records } = await scene(context, () => [{ stream: isTcp, service: { protocol: 'tcp', port: echo.port } }]);
  const [ends, stays] = [dial(port), dial(port)];
  stays.on('error', () => undefined);
  await waitUntil('both greetings', () => ends.bytesRead === 6 && stays.bytesRead === 6);
  const drained = proxy.drain({ acceptForMs: 0, boundMs: 300 });
  assert.equal(await talk(ends, 'last'), 'hello LASTbye');
  await drained;
  await waitUntil('the cut', () => stays.resume().destroyed || stays.readableEnded);
  stays.destroy();
  assert.equal(records.length, 2);
});
