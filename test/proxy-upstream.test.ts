/** The way to the upstream: connections kept and not kept, tries, targets, names, timeouts, TLS. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { plainAnswer } from './support/name-answers.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { startRecordingOrigin } from './support/recording-origin.ts';
import { staticConfig, staticUpstream } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  }));
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

scenario('an upstream that closes idle connections at the worst moment fails no GET', {}, async ({ connect, origin, proxy }) => {
  const client = await connect();
  client.send(GET);
  await client.response();
  // From now on the origin closes whatever connection was used before, as soon as a request arrives on it.
  const answered = new Set<number>();
  origin.respond(({ connection }, socket) => {
    if (connection === 1 || answered.has(connection)) {
      socket.destroy();
      return undefined;
    }
    answered.add(connection);
    return response(`by ${connection}`);
  });
  client.send(GET);
  assert.equal((await client.response()).body, 'by 2');
  client.send('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nagain');
  assert.equal((await client.response()).body, 'by 3');
  assert.deepEqual(origin.requests.slice(-2).map(({ body, connection }) => [body, connection]), [['again', 2], ['again', 3]], 'the body was sent again, whole');
  assert.equal(proxy.stats().retries, 2);
});

scenario('a POST on such a connection is not sent twice', {}, async ({ connect, origin }) => {
  const client = await connect();
  client.send(GET);
  await client.response();
  origin.respond((_, socket) => void socket.destroy());
  client.send(POST);
  const answer = await client.response();
  assert.deepEqual([answer.status, answer.header('x-holdfast-error')], [502, 'UPSTREAM_CLOSED']);
  assert.equal(origin.requests.length, 2);
});

scenario('a POST does not meet a connection whose end has come in the same turn', {}, async ({ connect, origin }) => {
  const client = await connect();
  for (let round = 1; round <= 20; round++) {
    client.send(POST);
    assert.equal((await client.response()).status, 200);
    client.send(POST);
    origin.endConnections();
    assert.equal((await client.response()).status, 200, `round ${round}`);
    assert.equal(origin.requests.length, round * 2);
  }
});

scenario('a fresh connection that closes without a word is not tried again', {}, async ({ exchange, origin }) => {
  origin.respond((_, socket) => void socket.destroy());
  assert.equal((await exchange(GET)).status, 502);
  assert.equal(origin.requests.length, 1);
});

scenario('an idle connection that the upstream ended is not used', {}, async ({ connect, origin, proxy }) => {
  const client = await connect();
  client.send(POST);
  await client.response();
  origin.endConnections();
  await waitUntil('the pool to notice', () => proxy.stats().idleUpstream === 0);
  client.send(POST);
  assert.equal((await client.response()).status, 200);
  assert.equal(origin.connections, 2);
});

scenario('bytes that nobody asked for end an idle connection', {}, async ({ connect, origin, proxy }) => {
  const client = await connect();
  client.send(GET);
  await client.response();
  origin.writeToAll(response('poison'));
  await waitUntil('the connection to go', () => proxy.stats().idleUpstream === 0);
  client.send(GET);
  assert.equal((await client.response()).body, 'hello');
  assert.equal(origin.connections, 2);
});

scenario('bytes behind a response end its connection and reach nobody', { responder: () => `${response('first')}${response('poison')}` }, async ({ connect, origin }) => {
  const client = await connect();
  for (let count = 1; count <= 3; count++) {
    client.send(GET);
    assert.equal((await client.response()).body, 'first');
    assert.equal(origin.connections, count);
  }
  assert.equal(client.unread, '');
});

scenario('the upstream decides how long a connection is kept', { responder: () => response('x', ['Keep-Alive: timeout=1']) }, async ({ exchange, proxy }) => {
  await exchange(GET);
  // One second less than it allows is none at all.
  await waitUntil('the connection to go', () => proxy.stats().idleUpstream === 0 && proxy.stats().busyUpstream === 0);
});

scenario('an upstream connection is closed after so many requests', { proxy: { limits: { maxRequestsPerUpstream: 3 } } }, async ({ connect, origin }) => {
  const client = await connect();
  for (let count = 0; count < 7; count++) {
    client.send(GET);
    await client.response();
  }
  assert.deepEqual(origin.requests.map(({ connection }) => connection), [1, 1, 1, 2, 2, 2, 3]);
});

scenario('idle connections are bounded', { proxy: { limits: { maxIdlePerEndpoint: 2, timeoutResolutionMs: 10 } } }, async ({ connect, origin, proxy }) => {
  const held: (() => void)[] = [];
  origin.respond((_, socket) => void held.push(() => socket.write(response('x'))));
  const clients = await Promise.all(Array.from({ length: 5 }, () => connect()));
  for (const client of clients) client.send(GET);
  await waitUntil('all requests upstream', () => held.length === 5);
  assert.equal(proxy.stats().busyUpstream, 5);
  for (const release of held) release();
  await Promise.all(clients.map((client) => client.response()));
  assert.deepEqual([proxy.stats().idleUpstream, proxy.stats().busyUpstream], [2, 0]);
});

scenario('a target that refuses connections is passed over', {}, async ({ connect, origin, serve, proxy }) => {
  const dead = await closedPort();
  const upstream = staticUpstream([{ host: '127.0.0.1', port: dead }, { host: '127.0.0.1', port: origin.port }]);
  serve(staticConfig({ routes: [{ path: '/', service: { host: 'u', upstream, retries: 1 } }] }));
  const client = await connect();
  for (let count = 0; count < 6; count++) {
    client.send(POST);
    assert.equal((await client.response()).status, 200);
  }
  assert.equal(origin.requests.length, 6);
  serve(staticConfig({ routes: [{ path: '/', service: { host: 'u', upstream, retries: 0 } }] }));
  const statuses: number[] = [];
  for (let count = 0; count < 4; count++) {
    client.send(GET);
    statuses.push((await client.response()).status);
  }
  assert.deepEqual(statuses.toSorted(), [200, 200, 502, 502], 'without retries each target answers for itself');
  assert.equal(proxy.stats().refusals['UPSTREAM_CONNECT_FAILED'], 2);
});

scenario('nobody to talk to: each reason has its own answer', { proxy: { lookup: async (host) => (host === 'known.test' ? plainAnswer(['127.0.0.1']) : Promise.reject(new Error('ENOTFOUND'))) } }, async ({ exchange, serve, origin, logLines }) => {
  const dead = await closedPort();
  const ask = async (service: Parameters<typeof staticConfig>[0]['routes'][number]['service']): Promise<readonly unknown[]> => {
    serve(staticConfig({ routes: [{ path: '/', service: service ?? {} }] }));
    const answer = await exchange(GET);
    const code = answer.header('x-holdfast-error');
    return [answer.status, code === undefined ? answer.body : answer.message(), code];
  };
  assert.deepEqual(await ask({ port: dead }), [502, 'An invalid response was received from the upstream server', 'UPSTREAM_CONNECT_FAILED']);
  assert.deepEqual(await ask({ host: 'unknown.test' }), [503, 'name resolution failed', 'UPSTREAM_NAME_UNRESOLVED']);
  assert.deepEqual(await ask({ host: 'u', upstream: staticUpstream([]) }), [503, 'failure to get a peer from the ring-balancer', 'UPSTREAM_TARGET_MISSING']);
  assert.deepEqual(await ask({ host: 'u', upstream: staticUpstream([{ host: 'unknown.test', port: 1 }]) }), [503, 'failure to get a peer from the ring-balancer', 'UPSTREAM_TARGET_MISSING']);
  assert.equal((await ask({ host: 'known.test', port: origin.port }))[0], 200);
  assert.equal(origin.requests[0]?.header('host'), `known.test:${origin.port}`);
  assert.ok(logLines().some((line) => line.includes('UPSTREAM_CONNECT_FAILED') && line.includes('ECONNREFUSED')));
});

let resolverAsked = 0;

scenario('a resolver that does not answer holds nobody for ever, and is asked once', {
  proxy: { limits: { resolveTimeoutMs: 50, timeoutResolutionMs: 10 }, lookup: () => { resolverAsked += 1; return new Promise(() => undefined); } },
  routes: (port) => [{ path: '/', service: { host: 'silent.test', port } }],
}, async ({ exchange, proxy }) => {
  for (let count = 0; count < 2; count++) {
    const answer = await exchange(GET);
    assert.deepEqual([answer.status, answer.header('x-holdfast-error')], [503, 'UPSTREAM_NAME_UNRESOLVED']);
  }
  assert.deepEqual([resolverAsked, proxy.stats().activeRequests], [1, 0]);
});

scenario('weights share requests between targets', {}, async ({ connect, origin, serve }) => {
  const other = await startRecordingOrigin();
  try {
    serve(staticConfig({ routes: [{ path: '/', service: { host: 'u', upstream: staticUpstream([{ host: '127.0.0.1', port: origin.port, weight: 300 }, { host: '127.0.0.1', port: other.port, weight: 100 }]) } }] }));
    const client = await connect();
    for (let count = 0; count < 20; count++) {
      client.send(GET);
      await client.response();
    }
    assert.deepEqual([origin.requests.length, other.requests.length], [15, 5]);
  } finally {
    await other.close();
  }
});

scenario('what is no HTTP response is 502, and its connection is gone', {}, async ({ exchange, origin, proxy }) => {
  const wires = [
    'SSH-2.0-x\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\n\r\n', 'HTTP/1.1 200 OK\nX: 1\n\n', 'HTTP/2 200\r\n\r\n\r\n\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n',
    `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'HTTP/1.1 103 Early\r\n\r\n'.repeat(20),
  ];
  for (const wire of wires) {
    origin.respond(() => wire);
    const answer = await exchange(GET.replace('HTTP/1.1', 'HTTP/1.0'));
    assert.deepEqual([answer.status, answer.header('x-holdfast-error')], [502, 'UPSTREAM_RESPONSE_INVALID'], wire.slice(0, 40));
  }
  assert.deepEqual([proxy.stats().idleUpstream, proxy.stats().busyUpstream], [0, 0]);
});

scenario('a response that breaks off is never passed off as complete', {}, async ({ connect, origin, records }) => {
  const cutAfter = (head: string): void => origin.respond((_, socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${head}`, () => socket.destroy());
    return undefined;
  });
  for (const [version, head] of [['1.1', 'Content-Length: 10\r\n\r\nhalf'], ['1.1', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'], ['1.0', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n']] as const) {
    cutAfter(head);
    const client = await connect();
    client.send(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
    await client.waitForEnd();
    assert.ok(version === '1.1' || client.error !== undefined, 'where the end of the connection is the end of the body, the client must see an error');
    assert.ok(!client.unread.endsWith('0\r\n\r\n'));
  }
  assert.deepEqual(records.map(({ status }) => status), [200, 200, 200]);
});

scenario('an upstream that says nothing is 504, before and after connecting', { routes: (port) => [{ path: '/slow', service: { port, readTimeoutMs: 50 } }, { path: '/unreachable', service: { host: '192.0.2.1', port: 9, connectTimeoutMs: 50, retries: 0 } }] }, async ({ exchange, origin, proxy, records }) => {
  origin.respond(() => undefined);
  const slow = await exchange('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.deepEqual([slow.status, slow.message(), slow.header('x-holdfast-error')], [504, 'The upstream server is timing out', 'UPSTREAM_READ_TIMEOUT']);
  await waitUntil('the upstream connection to go', () => origin.openConnections === 0);
  // A network without the documentation block fails at once, others after the timeout.
  const unreachable = await exchange('GET /unreachable HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.ok(['UPSTREAM_CONNECT_TIMEOUT', 'UPSTREAM_CONNECT_FAILED'].includes(unreachable.header('x-holdfast-error') ?? ''));
  assert.deepEqual(records.map(({ status }) => status), [504, unreachable.status]);
  assert.equal(proxy.stats().busyUpstream, 0);
});

scenario('a response that stalls is cut after the read timeout', { routes: (port) => [{ path: '/', service: { port, readTimeoutMs: 50 } }], responder: () => 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf' }, async ({ connect, records }) => {
  const client = await connect();
  client.send(GET);
  await client.waitForEnd();
  assert.ok(client.unread.endsWith('half'));
  assert.equal(records.length, 1);
});

scenario('an upstream that takes nothing is 504 after the write timeout', { routes: (port) => [{ path: '/', service: { port, writeTimeoutMs: 80 } }] }, async ({ connect, serve }) => {
  const deaf = createServer((socket) => {
    socket.pause();
    socket.on('error', () => undefined);
  });
  const port = await new Promise<number>((resolve) => deaf.listen(0, '127.0.0.1', () => {
    const address = deaf.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  }));
  try {
    serve(staticConfig({ routes: [{ path: '/', service: { port, writeTimeoutMs: 80 } }] }));
    const client = await connect();
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n`);
    const block = Buffer.alloc(1_000_000);
    for (let sent = 0; sent < 50; sent++) client.send(block);
    const answer = await client.response();
    assert.deepEqual([answer.status, answer.header('x-holdfast-error')], [504, 'UPSTREAM_WRITE_TIMEOUT']);
  } finally {
    deaf.close();
  }
});
