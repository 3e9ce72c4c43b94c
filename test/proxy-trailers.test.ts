/** Trailers: whom they reach, which of them, and that nothing of them gets into a head. */
import assert from 'node:assert/strict';
import { trailerLines } from '../data-plane/proxy/trailers.ts';
import { test } from 'node:test';
import type { Socket } from 'node:net';
import { response, type OriginRequest } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig } from './support/static-config.ts';

const TRAILERS = 'grpc-status: 0\r\nX-Checksum: abc\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=b\r\nX-Consumer-ID: root\r\nX_Consumer_ID: root\r\nX-Kong-Request-Id: f\r\n';
const ANSWER = `HTTP/1.1 200 OK\r\nTrailer: X-Checksum\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\n${TRAILERS}\r\n`;
const UPLOAD = `Transfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\n${TRAILERS}\r\n`;

scenario('trailers of a response reach who asked for them, as far as they may', { responder: () => ANSWER }, async ({ connect, origin }) => {
  const client = await connect();
  for (let round = 0; round < 2; round++) {
    client.send('GET / HTTP/1.1\r\nHost: a\r\nTE: trailers, deflate;q=0.5\r\nConnection: TE\r\n\r\n');
    const answer = await client.response();
    assert.deepEqual([answer.body, answer.trailerLines, answer.header('trailer'), answer.header('grpc-status')], ['abc', ['grpc-status: 0', 'X-Checksum: abc'], 'X-Checksum', undefined]);
  }
  assert.deepEqual([origin.connections, origin.requests[0]?.header('te'), origin.requests[0]?.header('connection')], [1, 'trailers', 'TE']);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const plain = await client.response();
  assert.deepEqual([plain.body, plain.trailerLines, plain.header('trailer')], ['abc', [], undefined]);
  assert.deepEqual([origin.requests[2]?.header('te'), origin.requests[2]?.header('connection')], [undefined, undefined]);
});

scenario('in every possible piece', {
  responder: (_: OriginRequest, socket: Socket) => {
    void (async () => {
      for (const byte of ANSWER) {
        socket.write(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    return undefined;
  },
}, async ({ exchange }) => {
  const answer = await exchange('GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n');
  assert.deepEqual([answer.body, answer.trailerLines], ['abc', ['grpc-status: 0', 'X-Checksum: abc']]);
});

scenario('trailers of a request go upstream for who says TE, and for nobody else', { responder: (request) => response(request.body) }, async ({ connect, origin, serve }) => {
  const client = await connect();
  const send = async (): Promise<void> => {
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\nTrailer: X-Checksum\r\n${UPLOAD}`);
    assert.equal((await client.response()).body, 'abc');
  };
  await send();
  assert.deepEqual([origin.requests[0]?.trailerLines, origin.requests[0]?.header('trailer'), origin.requests[0]?.header('x-checksum')], [['grpc-status: 0', 'X-Checksum: abc'], 'X-Checksum', undefined]);
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nTrailer: X-Checksum\r\n${UPLOAD}`);
  assert.equal((await client.response()).body, 'abc');
  assert.deepEqual([origin.requests[1]?.trailerLines, origin.requests[1]?.header('trailer')], [[], undefined]);
  // What a plugin takes out of the head does not come in by the back door; and a body that was held first ends like any other.
  const plugin = { name: 'guard', instance: { requestBody: { maxBytes: 100 }, requestHead: (context: { removeUpstreamHeader(name: string): void }) => {
    context.removeUpstreamHeader('X_Checksum');
    return undefined;
  } } };
  serve(staticConfig({ routes: [{ path: '/', requestBuffering: true, service: { port: origin.port }, plugins: [plugin] }] }));
  await send();
  assert.deepEqual([origin.requests[2]?.trailerLines, origin.requests[2]?.body], [['grpc-status: 0'], 'abc']);
  assert.ok(origin.requests.every(({ raw }) => !/content-length|set-cookie|consumer/i.test(raw)));
});

scenario('endless trailers and broken ones end the exchange', { proxy: { limits: { maxResponseHeadBytes: 4_096 } }, responder: () => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'x-a: b\r\n'.repeat(1_000)}\r\n` }, async ({ exchange, proxy }) => {
  const large = await exchange('GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n');
  assert.deepEqual([large.status, large.header('x-holdfast-error')], [502, 'UPSTREAM_RESPONSE_INVALID']);
  for (const trailer of [`${'x-a: b\r\n'.repeat(1_000)}`, 'no colon\r\n', ' folded: x\r\n', 'a: \0\r\n', 'a b: c\r\n']) {
    const answer = await exchange(`POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${trailer}\r\n`);
    assert.deepEqual([answer.status, answer.header('x-holdfast-error')], [400, 'HTTP1_CHUNK_INVALID'], JSON.stringify(trailer.slice(0, 20)));
  }
  assert.equal(proxy.stats().idleUpstream, 0);
});

test('names that frame, route, authenticate or describe are no trailers, however they are written', () => {
  const refused = ['Host', 'CONTENT-LENGTH', 'content_length', 'Authorization', 'Proxy-Authorization', 'Cookie', 'Cache-Control', 'Content-Type', 'X-Forwarded-For', 'X_Real_IP', 'Via', 'X-Consumer-Groups', 'Sec-WebSocket-Key', 'Te', 'Trailer', 'Connection'];
  assert.equal(trailerLines(Buffer.from(refused.map((name) => `${name}: x\r\n`).join(''), 'latin1'), undefined), '');
  assert.equal(trailerLines(Buffer.from('Server-Timing: a\r\nGRPC-Message: b\r\n', 'latin1'), undefined), 'Server-Timing: a\r\nGRPC-Message: b\r\n');
});
