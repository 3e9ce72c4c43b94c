/** Every request is accounted exactly once, however it ends (R4); a drain fails none (R3). */
import assert from 'node:assert/strict';
import { connect as connectTo } from 'node:net';
import { NO_RECORDER } from '../data-plane/telemetry/request-recorder.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, staticUpstream } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';
import { WireClient } from './support/wire-client.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

scenario('bytes are counted as they went over the wire', {}, async ({ connect, records, proxy }) => {
  const client = await connect();
  const request = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nhi\r\n0\r\nT: 1\r\n\r\n';
  let received = 0;
  client.socket.on('data', (bytes: Buffer) => (received += bytes.length));
  client.send(request);
  await client.response();
  client.send('GARBAGE\r\n\r\n');
  await client.response();
  await waitUntil('both records', () => records.length === 2);
  const [first, second] = records;
  assert.deepEqual([first?.bytesIn, second?.bytesIn, (first?.bytesOut ?? 0) + (second?.bytesOut ?? 0)], [request.length, 11, received]);
  assert.deepEqual([first?.routeId, second?.routeId, second?.status], ['route-0', '', 400]);
  assert.ok((first?.durationMicros ?? 0) > 0);
  assert.deepEqual([proxy.stats().endedRequests, proxy.stats().activeRequests], [2, 0]);
});

scenario('the time of a request is told apart, upstream and ours, and each of its attempts is counted at its target', { proxy: { random: () => 0 } }, async ({ connect, origin, records, attempts, serve }) => {
  origin.respond((_request, socket) => void setTimeout(() => socket.write(response('ok')), 20));
  const client = await connect();
  client.send(GET);
  await client.response();
  serve(staticConfig({ routes: [{ path: '/', service: { port: origin.port, retries: 2, upstream: staticUpstream([{ host: '127.0.0.1', port: 1 }]) } }] }));
  client.send(GET);
  assert.equal((await client.response()).status, 502);
  client.send('GARBAGE\r\n\r\n');
  await client.response();
  await waitUntil('all records', () => records.length === 3);
  const [first, second, third] = records;
  assert.ok((first?.upstreamMicros ?? 0) >= 15_000 && (first?.gatewayMicros ?? -1) >= 0);
  assert.ok((first?.upstreamMicros ?? 0) + (first?.gatewayMicros ?? 0) <= (first?.durationMicros ?? 0) + 1);
  assert.ok((second?.upstreamMicros ?? 0) >= 20_000 && (second?.gatewayMicros ?? Infinity) < (second?.upstreamMicros ?? 0), 'connecting in vain and the pause before the retry are no time of ours');
  assert.equal(third?.upstreamMicros, -1, 'no upstream was asked');
  assert.deepEqual(attempts.map(({ upstream, target, status, failed }) => [upstream, target, status, failed])[0], ['127.0.0.1', `127.0.0.1:${origin.port}`, 200, false]);
  assert.ok((attempts[0]?.latencyMicros ?? 0) >= 15_000);
  assert.deepEqual([...new Set(attempts.slice(1).map(({ target, status, failed, latencyMicros }) => [target, status, failed, latencyMicros].join(' ')))], ['127.0.0.1:1 0 true -1']);
});

scenario('a client that goes away is counted with the status it got: none, or what had begun', { proxy: { limits: { abandonedAfterMs: 30, timeoutResolutionMs: 10 } } }, async ({ connect, origin, records, proxy }) => {
  origin.respond(() => undefined);
  const waiting = await connect();
  waiting.send(GET);
  await waitUntil('the request upstream', () => origin.requests.length === 1);
  waiting.close();
  await waitUntil('its record', () => records.length === 1);
  await waitUntil('the upstream connection to go', () => origin.openConnections === 0);

  origin.respond(() => 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
  const reading = await connect();
  reading.send(GET);
  await waitUntil('half a response', () => reading.unread.endsWith('half'));
  reading.close();
  await waitUntil('its record', () => records.length === 2);

  const sending = await connect();
  sending.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf');
  await waitUntil('half a request', () => origin.received(3).endsWith('half'));
  sending.close();
  await waitUntil('its record', () => records.length === 3);

  const beginning = await connect();
  beginning.send('GET / HT');
  await waitUntil('its connection', () => proxy.stats().connections === 1);
  // What was sent before the end is read before it.
  beginning.socket.end();
  await waitUntil('its record', () => records.length === 4);

  const silent = await connect();
  silent.close();
  await waitUntil('no connection', () => proxy.stats().connections === 0);
  assert.deepEqual(records.map(({ status, routeId, bytesIn }) => [status, routeId, bytesIn]), [[0, 'route-0', GET.length], [200, 'route-0', GET.length], [0, 'route-0', 53], [0, '', 8]]);
  assert.deepEqual([proxy.stats().endedRequests, proxy.stats().activeRequests], [4, 0]);
});

scenario('a client that only ends its side gets its answers, if they come soon', { proxy: { limits: { abandonedAfterMs: 300, timeoutResolutionMs: 10 } } }, async ({ connect, origin, records, proxy }) => {
  const half = await connect();
  half.socket.end(`${GET}GET /second HTTP/1.1\r\nHost: a\r\n\r\nGET /half`);
  assert.equal((await half.response()).body, 'hello');
  assert.equal((await half.response()).body, 'hello');
  await half.waitForEnd();
  assert.deepEqual(records.map(({ status }) => status), [200, 200, 0]);

  origin.respond((_, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n');
    let written = 0;
    const trickle = setInterval(() => {
      socket.write('x');
      written += 1;
      if (written === 20) clearInterval(trickle);
    }, 25);
    return undefined;
  });
  const patient = await connect();
  patient.socket.end(GET);
  assert.equal((await patient.response()).body, 'x'.repeat(20), 'a response that makes progress is not cut short');

  origin.respond(() => undefined);
  const late = await connect();
  late.socket.end(GET);
  await late.waitForEnd();
  await waitUntil('the upstream connection to go', () => proxy.stats().busyUpstream === 0);
  assert.deepEqual(records.map(({ status }) => status), [200, 200, 0, 200, 0]);
});

scenario('a download whose client ended its side may be taken slowly', { proxy: { limits: { abandonedAfterMs: 700, timeoutResolutionMs: 10 } }, responder: () => Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n'), Buffer.alloc(20_000_000)]) }, async ({ port, proxy }) => {
  const client = connectTo({ port, host: '127.0.0.1', allowHalfOpen: true });
  let received = 0;
  client.on('error', () => undefined);
  client.on('data', (bytes: Buffer) => (received += bytes.length));
  client.end(GET);
  client.once('data', () => {
    client.pause();
    setTimeout(() => client.resume(), 1_800);
  });
  await waitUntil('all of it', () => received > 20_000_000 || client.destroyed || client.readableEnded);
  assert.ok(received > 20_000_000, `${received} bytes came`);
  client.destroy();
  await waitUntil('the end', () => proxy.stats().connections === 0);
});

scenario('closing the proxy accounts for what it cuts', {}, async ({ connect, origin, records, proxy }) => {
  origin.respond(() => undefined);
  const clients = await Promise.all([connect(), connect(), connect()]);
  for (const client of clients) client.send(GET);
  await waitUntil('the requests upstream', () => origin.requests.length === 3);
  await proxy.close();
  assert.deepEqual(records.map(({ status }) => status), [0, 0, 0]);
  assert.deepEqual([proxy.stats().activeRequests, proxy.stats().connections, proxy.stats().busyUpstream], [0, 0, 0]);
  await proxy.close();
});

scenario('a drain finishes what runs, accepts for a while, says so, and fails nobody', {}, async ({ connect, origin, proxy, port, records }) => {
  const pending: (() => void)[] = [];
  origin.respond((request, socket) => {
    if (request.target !== '/slow') return response('quick');
    pending.push(() => void socket.write(response('slow')));
    return undefined;
  });
  const slow = await connect();
  const idle = await connect();
  slow.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
  idle.send(GET);
  assert.equal((await idle.response()).header('connection'), undefined);
  await waitUntil('the slow one upstream', () => pending.length === 1);

  let drained = false;
  const drain = proxy.drain({ acceptForMs: 150, boundMs: 10_000 }).then(() => (drained = true));
  const late = await connect();
  late.send(GET);
  assert.equal((await late.response()).header('connection'), 'close', 'new connections are still served, once');
  await late.waitForEnd();
  await waitUntil('the listener to close', async () => {
    const refused = await WireClient.open(port).then((client) => (client.close(), false), () => true);
    return refused;
  });
  idle.send(GET);
  assert.equal((await idle.response()).header('connection'), 'close', 'an idle connection may still bring a request');
  await idle.waitForEnd();
  assert.equal(drained, false);
  for (const answer of pending) answer();
  const answer = await slow.response();
  assert.deepEqual([answer.body, answer.header('connection')], ['slow', 'close']);
  await drain;
  assert.ok(records.every(({ status }) => status === 200));
});

scenario('a drain is over at its bound, whatever still runs', { responder: () => undefined }, async ({ connect, origin, proxy, records }) => {
  const client = await connect();
  client.send(GET);
  await waitUntil('the request upstream', () => origin.requests.length === 1);
  await Promise.all([proxy.drain({ acceptForMs: 0, boundMs: 50 }), proxy.drain({ acceptForMs: 0, boundMs: 50 })]);
  await client.waitForEnd();
  assert.deepEqual(records.map(({ status }) => status), [0]);
});

scenario('connections that stay idle end a drain soon', { proxy: { limits: { drainIdleTimeoutMs: 30, timeoutResolutionMs: 10 } } }, async ({ connect, proxy }) => {
  const client = await connect();
  client.send(GET);
  await client.response();
  const since = performance.now();
  await proxy.drain({ acceptForMs: 0, boundMs: 60_000 });
  assert.ok(performance.now() - since < 5_000);
  await client.waitForEnd();
});

scenario('a defect in what the proxy is given costs one exchange, not the proxy', {}, async ({ connect, records, proxy, logLines, serve, origin }) => {
  const failing = staticConfig({ routes: [{ path: '/', service: { port: origin.port } }] });
  serve({ ...failing, match: () => { throw new Error('router defect'); } });
  const client = await connect();
  client.send(GET);
  const answer = await client.response();
  assert.deepEqual([answer.status, answer.header('x-holdfast-error')], [500, 'PROXY_UNEXPECTED']);
  serve(failing);
  client.send(GET);
  assert.equal((await client.response()).status, 200);
  assert.deepEqual([records.map(({ status }) => status), proxy.stats().activeRequests], [[500, 200], 0]);
  assert.ok(logLines().some((line) => line.includes('request-failed') && line.includes('router defect')));
});

let defects = 2;

scenario('a recorder that throws leaves clients served and connections clean', { proxy: { recorder: { ...NO_RECORDER, record: () => { if (defects-- > 0) throw new Error('recorder defect'); } } } }, async ({ connect, proxy, logLines }) => {
  const client = await connect();
  for (let count = 0; count < 4; count++) {
    client.send(GET);
    assert.equal((await client.response()).body, 'hello');
  }
  assert.equal(proxy.stats().busyUpstream, 0);
  assert.ok(logLines().some((line) => line.includes('connection-failed') && line.includes('recorder defect')));
});

let lateDefects = 0;
scenario('nor does one that shows when an upstream is lost, a timeout fires or a client leaves', {
  proxy: { recorder: { ...NO_RECORDER, record: () => { if (lateDefects-- > 0) throw new Error('recorder defect'); } } },
  routes: (port) => [{ path: '/', service: { port, readTimeoutMs: 50 } }],
}, async ({ connect, exchange, origin, proxy, logLines }) => {
  lateDefects = 3;
  origin.respond((_, socket) => void socket.destroy());
  assert.equal((await exchange('GET /lost HTTP/1.1\r\nHost: a\r\n\r\n')).status, 502);
  origin.respond(() => undefined);
  assert.equal((await exchange('GET /late HTTP/1.1\r\nHost: a\r\n\r\n')).status, 504);
  const client = await connect();
  client.send('GET /left HTTP/1.1\r\nHost: a\r\n\r\n');
  await waitUntil('the request', () => origin.requests.length === 3);
  client.socket.resetAndDestroy();
  await waitUntil('three defects, told', () => logLines().filter((line) => line.includes('recorder defect')).length === 3);
  origin.respond(() => response('fine'));
  assert.equal((await exchange('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).body, 'fine');
  await waitUntil('nothing left over', () => proxy.stats().connections === 0 && proxy.stats().activeRequests === 0);
});

let turnDefects = 0;
scenario('nor does one that shows in the second turn of a pipeline', {
  proxy: { limits: { maxPipelinedPerTurn: 2 }, recorder: { ...NO_RECORDER, record: () => { if (++turnDefects === 3) throw new Error('recorder defect'); } } },
  routes: () => [{ path: '/nothing-else' }],
}, async ({ connect, exchange, proxy, logLines }) => {
  const client = await connect();
  client.send(`${GET.repeat(2)}POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnone`);
  await client.waitForEnd();
  assert.ok(logLines().some((line) => line.includes('connection-failed')));
  assert.equal((await exchange(GET)).status, 404);
  await waitUntil('nothing left over', () => proxy.stats().connections === 0);
});
