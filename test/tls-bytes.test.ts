/** Bytes over TLS in front, where they are many, early, pipelined, cut off, or wanted slowly: by handles and by the documented API. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, createServer } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { makeDefaultCertificate } from '../data-plane/listeners/default-certificate.ts';
import type { SocketIoKind } from '../data-plane/http1/wire-socket.ts';
import { response } from './support/recording-origin.ts';
import type { SceneOptions } from './support/proxy-scene.ts';
import { scenario } from './support/scenario.ts';
import { connectTls } from './support/tls-client.ts';
import { waitUntil } from './support/wait-until.ts';

const TLS = { minVersion: 'TLSv1.2', ciphers: undefined, requestsClientCertificates: false, ticketKeys: Buffer.alloc(48, 7), defaultCertificate: makeDefaultCertificate(Date.now(), Buffer.alloc(16, 1)) } as const;
const LONG = 'abcdefgh'.repeat(40_000);

function secured(socketIo: SocketIoKind, responder: SceneOptions['responder']): SceneOptions {
  return { ...(responder === undefined ? {} : { responder }), proxy: { socketIo, listeners: [{ kind: 'https', host: '127.0.0.1', port: 0, proxyProtocol: false }], tls: TLS } };
}

function collect(socket: TLSSocket): { text: string } {
  const got = { text: '' };
  socket.on('data', (bytes: Buffer) => (got.text += bytes.toString('latin1')));
  return got;
}

/** Passes a client's first message on at once and all the rest in one piece when the client ends. */
async function startGatheringRelay(port: number): Promise<{ readonly port: number; close(): void }> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true });
    const rest: Buffer[] = [];
    client.once('data', (hello: Buffer) => {
      target.write(hello);
      client.on('data', (bytes: Buffer) => rest.push(bytes));
    });
    client.on('end', () => target.end(Buffer.concat(rest)));
    client.on('error', () => target.destroy());
    target.on('error', () => client.destroy());
    target.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, close: () => server.close() };
}

for (const socketIo of ['handle', 'documented'] as const) {
  scenario(`${socketIo}: a request and a goodbye that come with the end of the handshake are answered`, secured(socketIo, undefined), async ({ port }) => {
    const relay = await startGatheringRelay(port);
    const socket = connect({ host: '127.0.0.1', port: relay.port, rejectUnauthorized: false });
    const got = collect(socket);
    socket.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await once(socket, 'close');
    relay.close();
    assert.match(got.text, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nhello$/s);
  });

  scenario(`${socketIo}: many records in one read, most of them when nobody wants them yet`, secured(socketIo, ({ target }) => response(target)), async ({ port }) => {
    const relay = await startGatheringRelay(port);
    const socket = connect({ host: '127.0.0.1', port: relay.port, rejectUnauthorized: false });
    const got = collect(socket);
    const names = Array.from({ length: 60 }, (_, index) => `/${index}`);
    // What waits for a write is sent in one record with what waits behind it.
    for (const name of names) await new Promise((resolve) => socket.write(`GET ${name} HTTP/1.1\r\nHost: a\r\n\r\n`, resolve));
    socket.end();
    await once(socket, 'close');
    relay.close();
    assert.deepEqual(got.text.split(/HTTP\/1\.1 200 OK\r\n.*?\r\n\r\n/s).slice(1), names);
  });

  scenario(`${socketIo}: pipelined requests with long answers reach a client that reads late, in order and whole`, secured(socketIo, ({ target }) => response(target + LONG)), async ({ port, origin }) => {
    const socket = await connectTls(port);
    socket.pause();
    const count = 12;
    socket.write(Array.from({ length: count }, (_, index) => `GET /${index} HTTP/1.1\r\nHost: a\r\n${index === count - 1 ? 'Connection: close\r\n' : ''}\r\n`).join(''));
    await waitUntil('an answer to wait for', () => origin.requests.length > 0);
    const got = collect(socket);
    socket.resume();
    await once(socket, 'close');
    const bodies = got.text.split(/HTTP\/1\.1 200 OK\r\n.*?\r\n\r\n/s).slice(1);
    assert.deepEqual(bodies.map((body) => [body.slice(0, -LONG.length), body.endsWith(LONG)]), Array.from({ length: count }, (_, index) => [`/${index}`, true]));
  });

  scenario(`${socketIo}: a long body passes whole while its upstream reads late, the client's end right behind it`, secured(socketIo, ({ body }) => response(String(body.length))), async ({ port, origin }) => {
    const socket = await connectTls(port);
    const got = collect(socket);
    const body = LONG.repeat(12);
    socket.end(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    await once(socket, 'close');
    assert.match(got.text, new RegExp(`^HTTP/1\\.1 200 OK\r\n.*\r\n\r\n${body.length}$`, 's'));
    assert.equal(origin.requests[0]?.body.toString() === body, true);
  });

  scenario(`${socketIo}: what is cut off on either side ends the other`, secured(socketIo, () => undefined), async ({ port, proxy, origin }) => {
    const leaving = await connectTls(port);
    leaving.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await waitUntil('its request', () => origin.requests.length === 1);
    leaving.destroy();
    await waitUntil('nothing of it', () => proxy.stats().activeRequests === 0 && proxy.stats().connections === 0);

    origin.respond((_, upstream) => void upstream.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
    const left = await connectTls(port);
    const got = collect(left);
    left.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(left, 'close');
    assert.match(got.text, /\r\n\r\nhalf$/);
    assert.equal(proxy.stats().connections, 0);
  });
}
