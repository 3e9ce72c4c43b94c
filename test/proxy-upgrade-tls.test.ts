/** WebSockets over TLS on both sides of the proxy, by a real client and server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { makeDefaultCertificate } from '../data-plane/listeners/default-certificate.ts';
import { startProxyScene } from './support/proxy-scene.ts';
import { staticConfig } from './support/static-config.ts';
import { testCertificate } from './support/test-certificates.ts';
import { waitUntil, waitUntilStill } from './support/wait-until.ts';

test('wss in front, wss behind: frames of every size, a slow reader, and a drain with 1001', async (context) => {
  const identity = await testCertificate({ names: ['127.0.0.1'] });
  const secure = createServer({ key: identity.key, cert: identity.cert });
  const server = new WebSocketServer({ server: secure });
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  const address = secure.address();
  const scene = await startProxyScene({
    proxy: {
      listeners: [{ kind: 'https', host: '127.0.0.1', port: 0, proxyProtocol: false }],
      tls: { minVersion: 'TLSv1.2', ciphers: undefined, requestsClientCertificates: false, ticketKeys: Buffer.alloc(48, 7), defaultCertificate: makeDefaultCertificate(Date.now(), Buffer.alloc(16, 1)) },
      limits: { drainIdleTimeoutMs: 30 },
    },
  });
  context.after(async () => {
    await scene.close();
    for (const socket of server.clients) socket.terminate();
    server.close();
    await new Promise<void>((resolve) => secure.close(() => resolve()));
  });
  const tls = { key: 'wss', verify: false, verifyDepth: null, clientCertificate: undefined, caCertificates: undefined };
  scene.serve(staticConfig({ routes: [{ path: '/', service: { protocol: 'https', port: typeof address === 'object' && address !== null ? address.port : 0, tls } }] }));

  const proto: unknown[] = [];
  let served: WebSocket | undefined;
  server.on('connection', (socket, request) => {
    served = socket;
    proto.push(request.headers['x-forwarded-proto']);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const client = new WebSocket(`wss://127.0.0.1:${scene.port}/`, { rejectUnauthorized: false, perMessageDeflate: false });
  context.after(() => client.terminate());
  await once(client, 'open');
  const echoed: Buffer[] = [];
  client.on('message', (data) => echoed.push(Buffer.isBuffer(data) ? data : Buffer.alloc(0)));
  const sent = [1, 126, 65_536, 2_000_000].map((size) => Buffer.alloc(size, size % 251));
  for (const message of sent) client.send(message);
  await waitUntil('all echoes', () => echoed.length === sent.length);
  assert.ok(sent.every((data, index) => echoed[index]?.equals(data)));
  assert.deepEqual(proto, ['https']);

  client.pause();
  for (let index = 0; index < 40; index++) served?.send(Buffer.alloc(500_000, index));
  await waitUntilStill('the sender', () => served?.bufferedAmount ?? 0);
  assert.ok((served?.bufferedAmount ?? 0) > 5_000_000, `only ${served?.bufferedAmount} bytes wait`);
  client.resume();
  await waitUntil('all of it', () => echoed.length === sent.length + 40);
  assert.ok(echoed.slice(sent.length).every((data, index) => data.equals(Buffer.alloc(500_000, index))));

  const codes: number[] = [];
  client.on('close', (code) => codes.push(code));
  served?.on('close', (code) => codes.push(code));
  await scene.proxy.drain({ acceptForMs: 0, boundMs: 5_000 });
  await waitUntil('both ends', () => codes.length === 2);
  assert.deepEqual(codes, [1001, 1001]);
  assert.deepEqual(scene.records.map(({ status }) => status), [101]);
});
