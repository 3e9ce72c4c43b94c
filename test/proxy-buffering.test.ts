/** request_buffering and response_buffering: what is collected first, up to which bound, and what streams all the same. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { StaticRoute } from './support/static-config.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const buffered = (port: number): readonly StaticRoute[] => [
  { path: '/', requestBuffering: true, responseBuffering: true, service: { port } },
];

scenario('a slow client holds no upstream connection while its body is collected', { routes: buffered, responder: (request) => response(request.body) }, async ({ connect, origin, proxy }) => {
  const client = await connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n');
  for (const piece of ['ab', 'cd']) {
    client.send(piece);
    await waitUntil('the piece', () => proxy.stats().activeRequests === 1);
    assert.equal(proxy.stats().openedUpstream, 0);
  }
  client.send('ef');
  assert.equal((await client.response()).body, 'abcdef');
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n');
  assert.equal((await client.response()).status, 100);
  client.send('3\r\nabc\r\n');
  client.send('0\r\n\r\n');
  assert.equal((await client.response()).body, 'abc');
  assert.deepEqual([origin.connections, origin.requests[1]?.header('transfer-encoding')], [1, 'chunked']);
});

scenario('what is larger than the bound streams, at once where its length says so', {
  routes: buffered, proxy: { limits: { maxBufferedRequestBytes: 10 } }, responder: (request) => response(String(request.body.length)),
}, async ({ connect, origin }) => {
  const client = await connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n');
  await waitUntil('the head upstream', () => origin.received(1).endsWith('\r\n\r\n'));
  client.send('x'.repeat(11));
  assert.equal((await client.response()).body, '11');
  const before = origin.received(1).length;
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n');
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(origin.received(1).length, before, 'not yet');
  client.send('4\r\nabcd\r\n');
  await waitUntil('what is there, upstream', () => origin.received(1).endsWith('4\r\nabcd\r\n4\r\nabcd\r\n'));
  client.send('0\r\n\r\n');
  assert.equal((await client.response()).body, '8');
});

scenario('all bodies together have a bound: above it they stream, and it is free again afterwards', {
  routes: buffered, proxy: { limits: { maxBufferedBytes: 10 } }, responder: (request) => response(request.body),
}, async ({ connect, origin, proxy }) => {
  for (let round = 0; round < 2; round++) {
    const first = await connect();
    first.send('POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nheld in memor');
    await waitUntil('the first', () => origin.openConnections === 1);
    await waitUntil('its beginning upstream', () => origin.received(1).endsWith('held in memor'));
    // What went on is not held any more, so another body that fits is collected.
    const second = await connect();
    second.send('POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
    await waitUntil('both to run', () => proxy.stats().activeRequests === 2);
    assert.deepEqual([proxy.stats().busyUpstream, proxy.stats().openedUpstream], [1, 1]);
    second.close();
    first.send('y today');
    assert.equal((await first.response()).body, 'held in memory today');
    first.close();
    await waitUntil('it to end', () => proxy.stats().activeRequests === 0);
  }
});

scenario('a gRPC call is never collected', { routes: buffered, responder: () => undefined }, async ({ connect, origin }) => {
  const client = await connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc+proto\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n');
  await waitUntil('the piece upstream', () => origin.received(1).endsWith('1\r\na\r\n'));
});

scenario('a client that leaves while its body is collected costs the upstream nothing', { routes: buffered }, async ({ connect, origin, records, proxy }) => {
  const client = await connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab');
  await waitUntil('it to run', () => proxy.stats().activeRequests === 1);
  client.close();
  await waitUntil('the record', () => records.length === 1);
  assert.deepEqual([origin.connections, records[0]?.status], [0, 0]);
});

const LARGE = Buffer.alloc(12_000_000, 'response ');

scenario('a response that is buffered frees its upstream while the client is slow; others wait', {
  responder: () => Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE.length}\r\n\r\n`), LARGE]),
  proxy: { limits: { maxBufferedResponseBytes: 20_000_000 } },
}, async ({ connect, origin, serve, proxy }) => {
  for (const responseBuffering of [true, false]) {
    serve(staticConfig({ routes: [{ path: '/', responseBuffering, service: { port: origin.port } }] }));
    const client = await connect();
    client.socket.pause();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    if (responseBuffering) await waitUntil('the upstream to be free', () => proxy.stats().idleUpstream === 1 && proxy.stats().busyUpstream === 0);
    else {
      await waitUntil('the upstream to be at work', () => proxy.stats().busyUpstream === 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal(proxy.stats().busyUpstream, 1);
    }
    client.socket.resume();
    const answer = await client.response();
    assert.equal(createHash('sha256').update(answer.body, 'latin1').digest('hex'), createHash('sha256').update(LARGE).digest('hex'));
    client.close();
    await waitUntil('it to end', () => proxy.stats().busyUpstream === 0 && proxy.stats().connections === 0);
  }
});
