/** HTTP/2 behind TLS: agreed by ALPN with clients (Node's and curl) and with upstreams of the protocol grpcs. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { connect } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, createServer } from 'node:tls';
import { promisify } from 'node:util';
import { ServerCredentials } from '@grpc/grpc-js';
import type { RequestView } from '../shared/plugins/contract.ts';
import { plainAnswer } from './support/name-answers.ts';
import { makeDefaultCertificate } from '../data-plane/listeners/default-certificate.ts';
import type { UpstreamTls } from '../data-plane/config/active-config.ts';
import { Http2Client } from './support/http2-client.ts';
import { block, FLAG, frame, FRAME, GET, PREFACE, uint32 } from './support/http2-frames.ts';
import { credentials, GrpcClient, startGrpcServer, status } from './support/grpc-scene.ts';
import type { SceneOptions } from './support/proxy-scene.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig } from './support/static-config.ts';
import { testAuthority, testCertificate } from './support/test-certificates.ts';
import { waitUntil, waitUntilStill } from './support/wait-until.ts';

const SECURED: SceneOptions = {
  proxy: {
    listeners: [{ kind: 'https', host: '127.0.0.1', port: 0, proxyProtocol: false }],
    tls: { minVersion: 'TLSv1.2', ciphers: undefined, requestsClientCertificates: false, ticketKeys: Buffer.alloc(48, 7), defaultCertificate: makeDefaultCertificate(Date.now(), Buffer.alloc(16, 1)) },
    lookup: async () => plainAnswer(['127.0.0.1']),
  },
};
const ANYBODY = { rejectUnauthorized: false };
const HELLO = Buffer.from('hello');

scenario('a client that offers h2 gets it, and plugins see what they see of HTTP/1.1', SECURED, async ({ port, serve, origin }) => {
  const seen: unknown[] = [];
  const look = {
    requestHead: ({ request }: { readonly request: RequestView }) => {
      seen.push(request.httpVersion, request.scheme, request.host, request.path, request.query, request.serverName, request.header('x-many'));
      return undefined;
    },
  };
  serve(staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: origin.port }, plugins: [{ name: 'look', instance: look }] }] }));
  const client = await Http2Client.open(port, { ...ANYBODY, servername: 'books.test' }, 'https');
  const answer = await client.exchange({ ':path': '/a/../b?c=%20', ':authority': 'Books.Test:8443', 'x-many': ['1', '2'] });
  assert.deepEqual([answer.status, String(answer.body)], [200, 'hello']);
  assert.deepEqual(seen, ['2', 'https', 'books.test', '/b', 'c=%20', 'books.test', '1']);
  assert.equal(origin.requests[0]?.header('x-forwarded-proto'), 'https');
  client.close();
});

scenario('curl speaks HTTP/2 through the proxy, uploads included', SECURED, async ({ port, origin }) => {
  const { stdout } = await promisify(execFile)('curl', ['-sk', '--http2', '-m', '5', '-w', '|%{http_version} %{http_code}', '--data-binary', 'x'.repeat(100_000), `https://127.0.0.1:${port}/upload`]);
  assert.equal(stdout, 'hello|2 200');
  assert.equal(origin.requests[0]?.body.length, 100_000);
});

scenario('curl speaks HTTP/2 with prior knowledge on the plain port', {}, async ({ port }) => {
  const { stdout } = await promisify(execFile)('curl', ['-s', '--http2-prior-knowledge', '-m', '5', '-w', '|%{http_version} %{http_code}', `http://127.0.0.1:${port}/`]);
  assert.equal(stdout, 'hello|2 200');
});

for (const [name, options] of [['TLS', { ...SECURED, responder: () => undefined }], ['TCP', { responder: () => undefined }]] as const) {
  scenario(`a client that ends its side of the ${name} connection is gone, and so are its requests`, options, async ({ port, proxy }) => {
    const socket: Socket = name === 'TLS' ? connectTls({ ...ANYBODY, port, host: '127.0.0.1', ALPNProtocols: ['h2'] }) : connectTcp(port, '127.0.0.1');
    const session = connect('http://any.test', { createConnection: () => socket });
    session.on('error', () => undefined);
    session.request({ ':path': '/' }).on('error', () => undefined);
    await waitUntil('its request', () => proxy.stats().activeRequests === 1);
    socket.end();
    await waitUntil('its end', () => proxy.stats().activeRequests === 0 && proxy.stats().connections === 0);
    session.destroy();
  });
}

/** Verified against this authority alone. */
function trusting(certPem: string): UpstreamTls {
  return { key: certPem, verify: true, verifyDepth: null, clientCertificate: undefined, caCertificates: [{ id: 'ca', certPem }] };
}

scenario('gRPC over TLS on both sides, the server verified', SECURED, async ({ port, serve, proxy }) => {
  const authority = await testAuthority();
  const identity = await testCertificate({ names: ['secure.test'], authority });
  const server = await startGrpcServer({}, ServerCredentials.createSsl(null, [{ private_key: Buffer.from(identity.key), cert_chain: Buffer.from(identity.cert) }]));
  const client = new GrpcClient(port, {}, credentials.createSsl(null, null, null, { rejectUnauthorized: false }));
  const serveWith = (tls: UpstreamTls): void => serve(staticConfig({ routes: [{ path: '/', protocols: ['grpcs'], service: { protocol: 'grpcs', host: 'secure.test', port: server.port, retries: 0, tls } }] }));
  serveWith(trusting(authority.cert));
  const { code, reply } = await client.unary(HELLO);
  assert.deepEqual([code, reply], [status.OK, HELLO]);
  serveWith(trusting((await testAuthority()).cert));
  assert.equal((await client.unary(HELLO)).code, status.UNAVAILABLE);
  assert.deepEqual(proxy.stats().refusals, { UPSTREAM_CERTIFICATE_UNTRUSTED: 1 });
  client.close();
  server.kill();
});

scenario('a TLS server that does not agree on h2 is a bad gateway', { proxy: { lookup: async () => plainAnswer(['127.0.0.1']) } }, async ({ port, serve }) => {
  const authority = await testAuthority();
  const identity = await testCertificate({ names: ['secure.test'], authority });
  const server = createServer({ key: identity.key, cert: identity.cert, ALPNProtocols: ['http/1.1'] }, (socket) => socket.on('error', () => undefined));
  server.on('tlsClientError', () => undefined);
  const upstreamPort = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  }));
  serve(staticConfig({ routes: [{ path: '/', service: { protocol: 'grpcs', host: 'secure.test', port: upstreamPort, retries: 0, connectTimeoutMs: 1_000, tls: trusting(authority.cert) } }] }));
  const client = await Http2Client.open(port);
  assert.equal((await client.exchange({})).status, 502);
  client.close();
  server.close();
});

scenario('a drain while a client takes nothing of what is written to it does not end the process', { ...SECURED, responder: () => response('x'.repeat(4_000_000)) }, async ({ port, proxy }) => {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  const largeWindow = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]);
  const requests = Array.from({ length: 8 }, (_, index) => frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, index * 2 + 1, block(GET)));
  socket.write(Buffer.concat([PREFACE, frame(FRAME.SETTINGS, 0, 0, largeWindow), frame(FRAME.WINDOW_UPDATE, 0, 0, uint32(1_000_000_000)), ...requests]));
  await waitUntil('the requests', () => proxy.stats().activeRequests === 8);
  await waitUntilStill('what is written', () => proxy.stats().activeRequests);
  await proxy.drain({ acceptForMs: 10, boundMs: 100 });
  await waitUntil('the connection to be gone', () => proxy.stats().connections === 0);
  socket.destroy();
});
