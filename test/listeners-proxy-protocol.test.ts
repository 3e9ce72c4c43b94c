/** Listeners that take the PROXY protocol: whom they believe, in any pieces, before HTTP, TLS and streams. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { makeDefaultCertificate } from '../data-plane/listeners/default-certificate.ts';
import type { ListenerKind } from '../data-plane/listeners/listener-options.ts';
import { writeProxyHeader, type ProxiedAddresses } from '../data-plane/listeners/proxy-protocol.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { staticConfig } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';
import { WireClient } from './support/wire-client.ts';

const TLS = { minVersion: 'TLSv1.2', ciphers: undefined, requestsClientCertificates: false, ticketKeys: Buffer.alloc(48, 7), defaultCertificate: makeDefaultCertificate(Date.now(), Buffer.alloc(16, 1)) } as const;
const CLIENT: ProxiedAddresses = { sourceAddress: '203.0.113.9', sourcePort: 4_711, destinationAddress: '198.51.100.7', destinationPort: 443 };
const CLIENT6: ProxiedAddresses = { sourceAddress: '2001:db8::9', sourcePort: 4_711, destinationAddress: '2001:db8::7', destinationPort: 443 };
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const LOCAL = Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), Buffer.of(0x20, 0, 0, 0)]);

async function scene(context: TestContext, kind: ListenerKind, trustedAddresses: readonly string[] = ['127.0.0.1'], limits: object = {}): Promise<ProxyScene> {
  const started = await startProxyScene({ proxy: { listeners: [{ kind, host: '127.0.0.1', port: 0, proxyProtocol: true }], tls: TLS, trustedAddresses, limits } });
  context.after(() => started.close());
  return started;
}

const forwardedFor = (started: ProxyScene): string | undefined => started.origin.requests.at(-1)?.header('x-forwarded-for');

test('the client is who the header says, for every request of the connection', async (context) => {
  const started = await scene(context, 'http');
  for (const [version, addresses] of [['v1', CLIENT], ['v2', CLIENT], ['v1', CLIENT6], ['v2', CLIENT6]] as const) {
    const client = await started.connect();
    for (const before of [writeProxyHeader(version, addresses), Buffer.alloc(0)]) {
      client.send(Buffer.concat([before, Buffer.from(GET)]));
      assert.equal((await client.response()).status, 200);
      const request = started.origin.requests.at(-1);
      assert.deepEqual([request?.header('x-forwarded-for'), request?.header('x-real-ip'), request?.header('x-forwarded-port')], [addresses.sourceAddress, addresses.sourceAddress, '443']);
    }
  }
});

test('a sender that speaks for itself, or does not know, is the client', async (context) => {
  const started = await scene(context, 'http');
  for (const header of [LOCAL, Buffer.from('PROXY UNKNOWN\r\n')]) {
    const client = await started.connect();
    client.send(Buffer.concat([header, Buffer.from(GET)]));
    assert.equal((await client.response()).status, 200);
    assert.equal(forwardedFor(started), '127.0.0.1');
  }
});

test('what the client behind a header claims is believed only where the client itself is trusted', async (context) => {
  const started = await scene(context, 'http', ['127.0.0.1', '203.0.113.0/24']);
  for (const [addresses, expected] of [[CLIENT, '10.9.8.7'], [CLIENT6, '2001:db8::9']] as const) {
    const client = await started.connect();
    client.send(Buffer.concat([writeProxyHeader('v2', addresses), Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.9.8.7\r\n\r\n')]));
    assert.equal((await client.response()).status, 200);
    assert.equal(started.origin.requests.at(-1)?.header('x-real-ip'), expected);
  }
});

test('header and request may be cut anywhere', async (context) => {
  const started = await scene(context, 'http');
  for (const version of ['v1', 'v2'] as const) {
    const bytes = Buffer.concat([writeProxyHeader(version, CLIENT), Buffer.from(GET)]);
    await Promise.all(Array.from({ length: bytes.length - 1 }, async (_, index) => {
      const client = await started.connect();
      client.send(bytes.subarray(0, index + 1));
      await new Promise((resolve) => setImmediate(resolve));
      client.send(bytes.subarray(index + 1));
      assert.equal((await client.response()).status, 200, `cut behind byte ${index + 1}`);
      client.close();
    }));
  }
  assert.ok(started.origin.requests.every((request) => request.header('x-forwarded-for') === CLIENT.sourceAddress));
});

async function closes(port: number, bytes: string | Buffer): Promise<void> {
  const client = await WireClient.open(port);
  client.send(bytes);
  await client.waitForEnd();
  assert.equal(client.unread, '');
  client.close();
}

test('who is not trusted, sends none or a wrong one is closed without a word, and counted', async (context) => {
  const untrusted = await scene(context, 'http', ['192.0.2.1']);
  await closes(untrusted.port, Buffer.concat([writeProxyHeader('v1', CLIENT), Buffer.from(GET)]));
  assert.equal(untrusted.proxy.stats().refusals['PROXY_PROTOCOL_UNTRUSTED'], 1);
  const started = await scene(context, 'http');
  for (const bytes of [GET, '\x16\x03\x01', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 99999\r\n', `PROXY ${'x'.repeat(200)}`]) await closes(started.port, bytes);
  const cut = await started.connect();
  cut.send('PROXY TCP4 1.2');
  cut.socket.end();
  await cut.waitForEnd();
  assert.equal(started.proxy.stats().refusals['PROXY_PROTOCOL_INVALID'], 5);
  assert.deepEqual([untrusted.origin.requests.length, started.origin.requests.length, started.proxy.stats().connections], [0, 0, 0]);
});

test('a header that does not come is not waited for for ever; one that came lets the connection idle', async (context) => {
  const started = await scene(context, 'http', ['127.0.0.1'], { handshakeTimeoutMs: 100 });
  const silent = await started.connect();
  const idle = await started.connect();
  idle.send(writeProxyHeader('v1', CLIENT));
  await silent.waitForEnd();
  assert.equal(started.proxy.stats().refusals['PROXY_INTAKE_TIMEOUT'], 1);
  idle.send(GET);
  assert.equal((await idle.response()).status, 200);
});

function plain(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket));
    socket.once('error', reject);
  });
}

for (const pieces of ['together', 'apart'] as const) {
  test(`TLS behind the header, ${pieces}`, async (context) => {
    const started = await scene(context, 'https');
    const socket = await plain(started.port);
    const header = writeProxyHeader('v2', CLIENT);
    socket.write(pieces === 'together' ? header : header.subarray(0, 20));
    if (pieces === 'apart') {
      await waitUntil('the connection', () => started.proxy.stats().connections === 1);
      socket.write(header.subarray(20));
    }
    const secure = connectTls({ socket, rejectUnauthorized: false });
    let text = '';
    secure.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
    secure.write(GET);
    await waitUntil('the answer', () => text.includes('hello'));
    assert.deepEqual([forwardedFor(started), started.origin.requests.at(-1)?.header('x-forwarded-proto')], [CLIENT.sourceAddress, 'https']);
    secure.destroy();
  });
}

test('streams are routed by the addresses of the header', async (context) => {
  const started = await scene(context, 'tcp');
  started.serve(staticConfig({
    routes: [{
      stream: (view) => view.sourceAddress === CLIENT.sourceAddress && view.sourcePort === CLIENT.sourcePort && view.destinationAddress === CLIENT.destinationAddress && view.destinationPort === CLIENT.destinationPort,
      service: { protocol: 'tcp', port: started.origin.port },
    }],
  }));
  const client = await started.connect();
  client.send(Buffer.concat([writeProxyHeader('v1', CLIENT), Buffer.from(GET)]));
  assert.equal((await client.response()).body, 'hello');
  await closes(started.port, writeProxyHeader('v1', CLIENT6));
});

for (const version of ['v1', 'v2'] as const) {
  test(`HTTP services: each connection to the target begins with a header of its own client, ${version}, and serves no other`, async (context) => {
    const started = await scene(context, 'http');
    started.serve(staticConfig({ routes: [{ path: '/', service: { port: started.origin.port, proxyProtocol: version } }] }));
    const seen: string[] = [];
    for (const addresses of [CLIENT, CLIENT6]) {
      const client = await started.connect();
      client.send(Buffer.concat([writeProxyHeader('v2', addresses), Buffer.from(GET)]));
      await waitUntil('the request', () => started.origin.received(seen.length + 1).includes('\r\n\r\n'));
      const bytes = Buffer.from(started.origin.received(seen.length + 1), 'latin1');
      const expected = writeProxyHeader(version, addresses);
      assert.deepEqual(bytes.subarray(0, expected.length), expected);
      assert.match(bytes.subarray(expected.length).toString('latin1'), /^GET \/ HTTP\/1\.1\r\n/);
      seen.push(addresses.sourceAddress);
      client.close();
    }
    assert.equal(started.proxy.stats().idleUpstream, 0);
  });
}

test('each client that a header names has so many connections and no more; a closed one makes room', async (context) => {
  for (const kind of ['http', 'https'] as const) {
    const started = await scene(context, kind, ['127.0.0.1'], { maxConnectionsPerAddress: 1 });
    const open = (addresses: ProxiedAddresses): Socket => {
      const socket = connect(started.port, '127.0.0.1');
      context.after(() => socket.destroy());
      socket.on('error', () => undefined);
      socket.write(writeProxyHeader('v1', addresses));
      return socket;
    };
    const stands = async (socket: Socket, count: number): Promise<void> => {
      await waitUntil('the connection', () => started.proxy.stats().acceptedConnections === count && socket.bytesWritten > 0);
      const secure = kind === 'https' ? connectTls({ socket, rejectUnauthorized: false }) : socket;
      secure.on('error', () => undefined);
      secure.write(GET);
      await waitUntil('an answer', () => secure.bytesRead > 0);
    };
    const first = open(CLIENT);
    await stands(first, 1);
    const second = open(CLIENT);
    await waitUntil('the second to be closed', () => second.destroyed);
    await stands(open(CLIENT6), 3);
    assert.equal(started.proxy.stats().refusals['PROXY_ADDRESS_CONNECTIONS_EXHAUSTED'], 1);
    first.destroy();
    await waitUntil('room', () => started.proxy.stats().connections === 1);
    await stands(open(CLIENT), 4);
  }
});
