/** Answers that come before the request is complete, both directions at once, and connections that end on one side. */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig } from './support/static-config.ts';
import { waitUntil, waitUntilStill } from './support/wait-until.ts';

/** An upstream that does with each connection what the test says; the proxy by either kind of socket. */
async function withUpstream(serve: (socket: Socket) => void, run: (scene: ProxyScene, port: number) => Promise<void>, socketIo: 'documented' | 'handle'): Promise<void> {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  }));
  const scene = await startProxyScene({ proxy: { socketIo, limits: { abandonedAfterMs: 40 } } });
  try {
    scene.serve(staticConfig({ routes: [{ path: '/', service: { port } }] }));
    await run(scene, port);
  } finally {
    await scene.close();
    for (const socket of open) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

for (const socketIo of ['documented', 'handle'] as const) {
  test(`an upstream that refuses an upload and resets the connection: its answer reaches the client (${socketIo})`, async () => {
    for (let round = 0; round < 10; round++) {
      await withUpstream((socket) => {
        socket.once('data', () => {
          socket.pause();
          // What is left unread makes the kernel send a reset right after the answer.
          socket.write(response('too much', ['Connection: close'], '413 Content Too Large'), () => setTimeout(() => socket.destroy(), 1));
        });
      }, async ({ connect, records }) => {
        const client = await connect();
        client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
        const block = Buffer.alloc(500_000);
        const feed = setInterval(() => client.socket.writableNeedDrain || client.send(block), 1);
        try {
          const answer = await client.response();
          assert.deepEqual([answer.status, answer.body, answer.header('connection')], [413, 'too much', 'close']);
          assert.deepEqual(records.map(({ status }) => status), [413]);
        } finally {
          clearInterval(feed);
        }
      }, socketIo);
    }
  });

  test(`a client that vanishes during an upload to a stalled upstream is noticed soon (${socketIo})`, async () => {
    await withUpstream((socket) => socket.pause(), async ({ connect, proxy, records }) => {
      const client = await connect();
      client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
      const block = Buffer.alloc(1_000_000);
      for (let sent = 0; sent < 40; sent++) client.send(block);
      await waitUntilStill('the client', () => client.socket.writableLength);
      assert.ok(client.socket.writableLength > 0);
      client.socket.resetAndDestroy();
      await waitUntil('the request to end', () => proxy.stats().activeRequests === 0, 3_000);
      assert.deepEqual([records.length, proxy.stats().busyUpstream], [1, 0]);
    }, socketIo);
  });
}

scenario('both directions go on at once, until both have ended', {}, async ({ connect, origin, proxy, records }) => {
  origin.respond(() => undefined);
  const client = await connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  await waitUntil('the head upstream', () => origin.received(1).endsWith('\r\n\r\n'));
  origin.writeToAll('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (let round = 0; round < 5; round++) {
    client.send(`2\r\nc${round}\r\n`);
    await waitUntil('the piece upstream', () => origin.received(1).endsWith(`c${round}\r\n`));
    origin.writeToAll(`2\r\ns${round}\r\n`);
    await waitUntil('the piece at the client', () => client.unread.endsWith(`s${round}\r\n`));
  }
  client.send('0\r\n\r\n');
  await waitUntil('the end upstream', () => origin.requests.length === 1);
  origin.writeToAll('0\r\n\r\n');
  assert.equal((await client.response()).body, 's0s1s2s3s4');
  assert.deepEqual([origin.requests[0]?.body, records.length, proxy.stats().idleUpstream], ['c0c1c2c3c4', 1, 1]);
});

scenario('silence on both sides of such an exchange has an end, silence of the client alone has none', {
  routes: (port) => [{ path: '/', service: { port, readTimeoutMs: 150 } }], proxy: { limits: { bodyTimeoutMs: 40 } },
}, async ({ connect, origin }) => {
  origin.respond(() => undefined);
  const client = await connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  await waitUntil('the head upstream', () => origin.received(1).endsWith('\r\n\r\n'));
  origin.writeToAll('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  const began = Date.now();
  const talk = setInterval(() => Date.now() - began < 300 && origin.writeToAll('1\r\nx\r\n'), 20);
  try {
    await client.waitForEnd();
  } finally {
    clearInterval(talk);
  }
  assert.ok(Date.now() - began >= 400, `ended after ${Date.now() - began} ms`);
});

scenario('a body that trickles is 408 once it is too slow on average, whatever its pieces do', {
  proxy: { limits: { minBodyBytesPerSecond: 1_000, bodyGraceMs: 100, bodyTimeoutMs: 10_000 } },
}, async ({ connect, origin }) => {
  const client = await connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n');
  const trickle = setInterval(() => client.send('x'), 10);
  try {
    const answer = await client.response();
    assert.deepEqual([answer.status, answer.header('x-holdfast-error')], [408, 'HTTP1_BODY_TIMEOUT']);
  } finally {
    clearInterval(trickle);
  }
  await waitUntil('the upstream connection to go', () => origin.openConnections === 0);
});

scenario('what cannot be sent twice takes no connection that was idle for long', { proxy: { limits: { maxIdleForUnsafeMs: 60 } } }, async ({ connect, origin, proxy }) => {
  const client = await connect();
  const ask = async (request: string): Promise<number> => {
    client.send(request);
    await client.response();
    return origin.connections;
  };
  const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';
  assert.equal(await ask(post), 1);
  assert.equal(await ask(post), 1, 'a warm one is taken');
  const since = Date.now();
  await waitUntil('the connection to get old', () => Date.now() - since > 120);
  assert.equal(await ask('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 1, 'what can be sent again may try it');
  const again = Date.now();
  await waitUntil('the connection to get old', () => Date.now() - again > 120);
  assert.equal(await ask(post), 2);
  assert.equal(proxy.stats().idleUpstream, 2);
});
