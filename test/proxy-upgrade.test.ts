/** Upgrades: WebSockets by a real client and server through the proxy, and what must not become a tunnel. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { startProxyScene, type ProxyScene, type SceneOptions } from './support/proxy-scene.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, type StaticRoute } from './support/static-config.ts';
import { waitUntil, waitUntilStill } from './support/wait-until.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const UPGRADE = `GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`;
const AGREED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

interface SocketScene extends ProxyScene {
  readonly server: WebSocketServer;
  readonly dial: (path?: string) => Promise<WebSocket>;
}

/** A `ws` server behind the proxy; `dial` connects a `ws` client through it. */
function withSockets(name: string, options: { readonly scene?: SceneOptions; readonly route?: Partial<StaticRoute>; readonly readTimeoutMs?: number }, run: (scene: SocketScene) => Promise<void>): void {
  test(name, async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const scene = await startProxyScene(options.scene);
    scene.serve(staticConfig({ routes: [{ path: '/', ...options.route, service: { port, readTimeoutMs: options.readTimeoutMs ?? 60_000 } }] }));
    const dialled: WebSocket[] = [];
    try {
      await run({
        ...scene, server,
        dial: async (path = '/') => {
          const socket = new WebSocket(`ws://127.0.0.1:${scene.port}${path}`, { perMessageDeflate: false });
          socket.on('error', () => undefined);
          dialled.push(socket);
          await once(socket, 'open');
          return socket;
        },
      });
    } finally {
      for (const socket of dialled) socket.terminate();
      await scene.close();
      for (const socket of server.clients) socket.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
  });
}

withSockets('frames of every size go both ways, fragmented or not, and are counted once', {}, async ({ dial, server, records, proxy }) => {
  server.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
  const client = await dial();
  const echoed: Buffer[] = [];
  client.on('message', (data) => echoed.push(Buffer.isBuffer(data) ? data : Buffer.alloc(0)));
  const sent = [0, 1, 125, 126, 65_535, 65_536, 3_000_000].map((size) => Buffer.alloc(size, size % 251));
  for (const message of sent) client.send(message);
  client.send(Buffer.from('frag'), { fin: false });
  client.send(Buffer.from('ment'), { fin: false });
  client.ping();
  client.send(Buffer.from('ed'), { fin: true });
  await waitUntil('all echoes', () => echoed.length === sent.length + 1);
  assert.deepEqual(echoed.map((data) => data.length), [...sent.map((data) => data.length), 10]);
  assert.ok(sent.every((data, index) => echoed[index]?.equals(data)));
  assert.deepEqual([records.length, proxy.stats().activeRequests, proxy.stats().busyUpstream], [0, 1, 1]);
  client.close(1000, 'done');
  const [code, reason]: unknown[] = await once(client, 'close');
  assert.deepEqual([code, String(reason)], [1000, 'done']);
  await waitUntil('the record', () => records.length === 1);
  const total = sent.reduce((sum, data) => sum + data.length, 0);
  const [record] = records;
  assert.equal(record?.status, 101);
  assert.ok((record?.bytesIn ?? 0) > total && (record?.bytesIn ?? 0) < total + 1_000 && (record?.bytesOut ?? 0) > total && (record?.bytesOut ?? 0) < total + 1_000, JSON.stringify(record));
  assert.deepEqual([proxy.stats().activeRequests, proxy.stats().busyUpstream, proxy.stats().idleUpstream, proxy.stats().connections], [0, 0, 0, 0]);
});

withSockets('a slow reader makes the other side wait, and gets every byte', {}, async ({ dial, server }) => {
  const hash = createHash('sha256');
  let server1: WebSocket | undefined;
  server.on('connection', (socket) => (server1 = socket));
  const client = await dial();
  client.pause();
  const pieces = 200;
  for (let index = 0; index < pieces; index++) {
    const piece = Buffer.alloc(200_000, index);
    hash.update(piece);
    server1?.send(piece);
  }
  await waitUntilStill('the sender', () => server1?.bufferedAmount ?? 0);
  assert.ok((server1?.bufferedAmount ?? 0) > 5_000_000, `only ${server1?.bufferedAmount} bytes wait`);
  const got = createHash('sha256');
  let count = 0;
  client.on('message', (data) => {
    count += 1;
    if (Buffer.isBuffer(data)) got.update(data);
  });
  client.resume();
  await waitUntil('all of it', () => count === pieces);
  assert.equal(got.digest('hex'), hash.digest('hex'));
});

withSockets('a drain closes with 1001 between two frames, on both sides', { scene: { proxy: { limits: { drainIdleTimeoutMs: 30 } } } }, async ({ dial, server, proxy, records }) => {
  const codes: number[] = [];
  const whole: number[] = [];
  let inside: WebSocket | undefined;
  server.on('connection', (socket) => {
    inside = socket;
    socket.on('close', (code) => codes.push(code));
    socket.on('message', (data) => whole.push(Buffer.isBuffer(data) ? data.length : 0));
  });
  const quiet = await dial();
  await waitUntil('the server to have it', () => inside !== undefined);
  const busy = await dial();
  busy.on('message', (data) => whole.push(Buffer.isBuffer(data) ? data.length : 0));
  for (const socket of [quiet, busy]) socket.on('close', (code) => codes.push(code));
  // Frames that are under way when the drain begins arrive whole.
  busy.send(Buffer.alloc(8_000_000));
  inside?.send(Buffer.alloc(8_000_000));
  await proxy.drain({ acceptForMs: 0, boundMs: 5_000 });
  await waitUntil('all four ends', () => codes.length === 4);
  assert.deepEqual(codes, [1001, 1001, 1001, 1001]);
  assert.ok(whole.every((length) => length === 8_000_000), JSON.stringify(whole));
  assert.deepEqual(records.map(({ status }) => status), [101, 101]);
});

withSockets('a side that does not answer the goodbye is cut after its time', { scene: { proxy: { limits: { tunnelGoodbyeMs: 60 } } } }, async ({ connect, proxy, records }) => {
  const client = await connect();
  client.send(UPGRADE);
  assert.equal((await client.response()).status, 101);
  await proxy.drain({ acceptForMs: 0, boundMs: 5_000 });
  await client.waitForEnd();
  assert.equal(Buffer.from(client.unread, 'latin1').toString('hex'), '880203e9');
  assert.equal(records.length, 1);
});

withSockets('silence on both sides ends it after the read timeout', { readTimeoutMs: 100 }, async ({ dial, records }) => {
  const client = await dial();
  const began = Date.now();
  const beat = setInterval(() => Date.now() - began < 250 && client.ping(), 20);
  try {
    await once(client, 'close');
  } finally {
    clearInterval(beat);
  }
  assert.ok(Date.now() - began > 300, `ended after ${Date.now() - began} ms`);
  await waitUntil('the record', () => records.length === 1);
});

withSockets('either side may vanish', {}, async ({ dial, server, records, proxy }) => {
  const first = await dial();
  first.terminate();
  await waitUntil('the record', () => records.length === 1);
  const second = await dial();
  for (const socket of server.clients) socket.terminate();
  await once(second, 'close');
  await waitUntil('the record', () => records.length === 2 && proxy.stats().busyUpstream === 0);
});

withSockets('a plugin refuses an upgrade like any request', {
  route: { plugins: [{ name: 'guard', instance: { requestHead: ({ request }) => (request.header('authorization') === undefined ? { kind: 'respond', status: 401, message: 'no' } : undefined) } }] },
}, async ({ connect, server }) => {
  let accepted = 0;
  server.on('connection', () => (accepted += 1));
  const client = await connect();
  client.send(UPGRADE);
  assert.equal((await client.response()).status, 401);
  client.send(UPGRADE.replace('Host: a', 'Host: a\r\nAuthorization: x'));
  assert.equal((await client.response()).status, 101);
  await waitUntil('the server to have it', () => accepted === 1);
});

withSockets('closing the proxy accounts for its tunnels', {}, async ({ dial, proxy, records }) => {
  const client = await dial();
  const closed = once(client, 'close');
  await proxy.close();
  await closed;
  assert.deepEqual(records.map(({ status }) => status), [101]);
});

scenario('what goes upstream is one upgrade, and the answer comes back with what is ours', { responder: () => AGREED }, async ({ connect, origin }) => {
  const client = await connect();
  client.send(UPGRADE);
  const answer = await client.response();
  assert.deepEqual([answer.status, answer.header('upgrade'), answer.header('connection'), answer.header('sec-websocket-accept')], [101, 'websocket', 'Upgrade', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=']);
  assert.ok(answer.header('x-kong-request-id') !== undefined);
  const [request] = origin.requests;
  assert.deepEqual([request?.header('connection'), request?.header('upgrade'), request?.header('sec-websocket-key')], ['Upgrade', 'websocket', KEY]);
});

scenario('bytes on the heels of either head go through the tunnel, in order, and not before the 101', {}, async ({ connect, origin }) => {
  let agree: (() => void) | undefined;
  origin.respond((_, socket: Socket) => {
    agree = () => socket.write(`${AGREED}from the server`);
    return undefined;
  });
  const client = await connect();
  client.send(`${UPGRADE}early `);
  await waitUntil('the request upstream', () => agree !== undefined);
  client.send('bytes');
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.ok(origin.received(1).endsWith('\r\n\r\n'), 'nothing behind the head before the 101');
  agree?.();
  assert.equal((await client.response()).status, 101);
  await waitUntil('the bytes upstream', () => origin.received(1).endsWith('\r\n\r\nearly bytes'));
  await waitUntil('the bytes at the client', () => client.unread === 'from the server');
});

scenario('heads in every possible piece, an interim answer before the 101, a request before the upgrade', {}, async ({ connect, origin, records }) => {
  origin.respond((request, socket: Socket) => {
    if (request.target !== '/chat') return response('first');
    void (async () => {
      for (const byte of `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${AGREED}from the server`) {
        socket.write(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    return undefined;
  });
  const client = await connect();
  for (const byte of `GET /first HTTP/1.1\r\nHost: a\r\n\r\n${UPGRADE}early`) {
    client.send(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await client.response()).body, 'first');
  assert.equal((await client.response()).status, 103);
  assert.equal((await client.response()).status, 101);
  await waitUntil('the bytes at the client', () => client.unread === 'from the server');
  await waitUntil('the bytes upstream', () => origin.received(origin.connections).endsWith('\r\n\r\nearly'));
  client.send(' and late');
  await waitUntil('the bytes upstream', () => origin.received(origin.connections).endsWith('\r\n\r\nearly and late'));
  client.close();
  await waitUntil('the records', () => records.length === 2);
  assert.deepEqual(records.map(({ status }) => status), [200, 101]);
});

scenario('a refused upgrade is an ordinary response: what follows is the next request, on the same connections', {
  responder: (request) => (request.target === '/chat' ? response('not here', ['Upgrade: websocket', 'Connection: Upgrade'], '426 Upgrade Required') : response('next')),
}, async ({ connect, origin }) => {
  const client = await connect();
  client.send(`${UPGRADE}GET /next HTTP/1.1\r\nHost: a\r\n\r\n`);
  const refused = await client.response();
  assert.deepEqual([refused.status, refused.body, refused.header('upgrade')], [426, 'not here', undefined]);
  assert.equal((await client.response()).body, 'next');
  assert.deepEqual([origin.connections, origin.requests.length, origin.requests[1]?.header('upgrade')], [1, 2, undefined]);
});

scenario('a 101 that was not asked for, or answers something else, is 502, and its connection is gone', {}, async ({ connect, origin, proxy }) => {
  const wrong = [
    AGREED.replace('s3p', 'S3p'), AGREED.replace(/Sec-WebSocket-Accept.*\r\n/, ''), AGREED.replace('Upgrade: websocket', 'Upgrade: h2c'), AGREED.replace('Upgrade: websocket', 'Upgrade: websocket, h2c'),
    AGREED.replace('Connection: Upgrade\r\n', ''), AGREED.replace('Sec-', 'Upgrade: x\r\nSec-'), AGREED.replace('HTTP/1.1', 'HTTP/1.0'), AGREED.replace('Sec-', 'Content-Length: 5\r\nSec-'),
  ];
  const ask = async (request: string, what: string): Promise<void> => {
    const client = await connect();
    client.send(`${request}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`);
    const answer = await client.response();
    assert.deepEqual([answer.status, answer.header('x-holdfast-error')], [502, 'UPSTREAM_RESPONSE_INVALID'], what);
    client.close();
  };
  for (const answer of wrong) {
    origin.respond((request) => (request.target === '/chat' ? answer : response('next')));
    await ask(UPGRADE, answer);
  }
  origin.respond((request) => (request.target === '/smuggled' ? response('next') : AGREED));
  for (const request of [
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n', UPGRADE.replace('WebSocket\r', 'h2c\r'), UPGRADE.replace('keep-alive, Upgrade', 'keep-alive'), UPGRADE.replace(KEY, 'short'), UPGRADE.replace('GET', 'OPTIONS'),
    UPGRADE.replace('Upgrade: WebSocket', 'Upgrade: websocket, h2c'), UPGRADE.replace('Host: a', 'Host: a\r\nContent-Length: 2').replace(/$/, 'hi'), UPGRADE.replace('HTTP/1.1', 'HTTP/1.0'),
  ]) await ask(request, request);
  await waitUntil('no connection to be left', () => proxy.stats().busyUpstream === 0);
  const isUsedAgain = origin.requests.some(({ connection, target }, index) => target !== '/smuggled' && origin.requests.slice(index + 1).some((later) => later.connection === connection));
  assert.equal(isUsedAgain, false);
});

// Without the oracle, which knows of no upgrade but WebSocket's.
test('protocols besides websocket are on a list', async () => {
  const scene = await startProxyScene({ proxy: { messages: { upgradeProtocols: ['websocket', 'raw/1'] } }, responder: () => 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: RAW/1\r\n\r\n' });
  try {
    await upgradeToRaw(scene);
  } finally {
    await scene.close();
  }
});

async function upgradeToRaw({ connect, origin, records }: ProxyScene): Promise<void> {
  const client = await connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: raw/1\r\n\r\n');
  const answer = await client.response();
  assert.deepEqual([answer.status, answer.header('upgrade')], [101, 'raw/1']);
  client.send('ping');
  await waitUntil('the bytes upstream', () => origin.received(1).endsWith('\r\n\r\nping'));
  // Half-closed by the client: the upstream's last words still come.
  client.socket.end();
  origin.writeToAll('last words');
  await client.waitForEnd();
  assert.equal(client.unread, 'last words');
  await waitUntil('the record', () => records.length === 1);
}
