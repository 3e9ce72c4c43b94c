/** HTTP/2 peers that keep to the letter and not to the spirit: upstreams that go, fall silent or allow nothing, clients that take nothing. */
import assert from 'node:assert/strict';
import { FrameClient, frame, FRAME, uint32, type Fields } from './support/http2-frames.ts';
import { emptyAnswer, startFramesUpstream } from './support/http2-frames-upstream.ts';
import { Http2Client } from './support/http2-client.ts';
import { startHttp2Origin } from './support/http2-origin.ts';
import { ManualClock } from './support/manual-clock.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

scenario('streams above the last one of GOAWAY go to another connection, whatever their method; the others end where they are', {}, async ({ port, serve }) => {
  const upstream = await startFramesUpstream((stream, socket, connection) => {
    if (connection > 1) socket.write(emptyAnswer(stream, '201'));
    else if (stream === 5) socket.write(Buffer.concat([frame(FRAME.GOAWAY, 0, 0, Buffer.concat([uint32(3), uint32(0)])), emptyAnswer(1), emptyAnswer(3)]));
  });
  serve(staticConfig({ routes: [{ path: '/', service: { protocol: 'grpc', port: upstream.port, retries: 0 } }] }));
  const client = await Http2Client.open(port);
  const outcomes = await Promise.all([1, 2, 3].map(() => client.exchange({ ':method': 'POST' }, 'once')));
  assert.deepEqual([outcomes.map(({ status }) => status), upstream.streams], [[200, 200, 201], ['1:1', '1:3', '1:5', '2:1']]);
  client.close();
  upstream.close();
});

scenario('an upstream that allows no streams is a bad gateway, and is not connected to again and again', {}, async ({ port, serve }) => {
  const upstream = await startFramesUpstream(() => undefined, Buffer.from([0, 3, 0, 0, 0, 0]));
  serve(staticConfig({ routes: [{ path: '/', service: { protocol: 'grpc', port: upstream.port, retries: 0, connectTimeoutMs: 1_000 } }] }));
  const client = await Http2Client.open(port);
  assert.deepEqual([(await client.exchange({})).status, upstream.accepted()], [502, 1]);
  client.close();
  upstream.close();
});

const clock = new ManualClock();
scenario('a connection to an upstream that fell silent is given up in time, however many requests still come', { proxy: { clock, limits: { timeoutResolutionMs: 10 } } }, async ({ port, serve }) => {
  const upstream = await startFramesUpstream((stream, socket) => {
    if (stream === 1) socket.write(emptyAnswer(1));
  });
  serve(staticConfig({ routes: [{ path: '/', service: { protocol: 'grpc', port: upstream.port, retries: 0, readTimeoutMs: 1_000 } }] }));
  const client = await Http2Client.open(port);
  assert.equal((await client.exchange({})).status, 200);
  for (let count = 1; count <= 4; count++) {
    const outcome = client.exchange({});
    await waitUntil('the request at the upstream', () => upstream.streams.length === count + 1);
    clock.advance(1_100);
    assert.equal((await outcome).status, 504);
  }
  assert.deepEqual([upstream.accepted(), upstream.open.size], [1, 1]);
  clock.advance(2_000);
  await waitUntil('the connection to be given up', () => upstream.open.size === 0);
  client.close();
  upstream.close();
});

const GRPC: Fields = [[':method', 'POST'], [':scheme', 'http'], [':authority', 'gateway.test'], [':path', '/'], ['content-type', 'application/grpc'], ['te', 'trailers']];

scenario('a gRPC client that takes nothing of its answer is cut off with a reset: gRPC\'s words would wait behind it', { proxy: { limits: { sendTimeoutMs: 100 } } }, async ({ port, serve, proxy }) => {
  const upstream = await startHttp2Origin((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(Buffer.alloc(200_000));
  });
  serve(staticConfig({ routes: [{ path: '/', protocols: ['grpc'], service: { protocol: 'grpc', port: upstream.port, retries: 0 } }] }));
  const client = await FrameClient.open(port);
  client.headers(1, GRPC);
  assert.equal(await client.answered(1), true);
  assert.equal(await client.resetCode(1), 2);
  assert.equal(proxy.stats().activeRequests, 0);
  client.close();
  await upstream.close();
});

scenario('trailers may hold what gRPC puts into them: some KiB of details', {}, async ({ port, serve }) => {
  const upstream = await startHttp2Origin((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '9', 'grpc-status-details-bin': 'A'.repeat(12_000) }));
    stream.end('x');
  });
  serve(staticConfig({ routes: [{ path: '/', protocols: ['grpc'], service: { protocol: 'grpc', port: upstream.port, retries: 0 } }] }));
  const client = await Http2Client.open(port);
  const { trailers, body } = await client.exchange({ ':method': 'POST', te: 'trailers', 'content-type': 'application/grpc' });
  assert.deepEqual([trailers['grpc-status'], trailers['grpc-status-details-bin']?.length, String(body)], ['9', 12_000, 'x']);
  client.close();
  await upstream.close();
});
