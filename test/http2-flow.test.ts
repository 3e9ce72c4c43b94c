/** HTTP/2 on both sides under load: bodies both ways in bounded memory, resets both ways, many streams, drains, upstreams that say GOAWAY. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ServerOptions } from 'node:http2';
import { createServer } from 'node:net';
import { Http2Client, outcomeOf } from './support/http2-client.ts';
import { block, FLAG, frame, FRAME, FrameClient, GET, PREFACE, uint32 } from './support/http2-frames.ts';
import { startHttp2Origin, type Http2Origin, type StreamHandler } from './support/http2-origin.ts';
import type { ProxyScene, SceneOptions } from './support/proxy-scene.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const MEGABYTE = 1_048_576;
const NO_ERROR = 0;
const INTERNAL_ERROR = 2;
const REFUSED_STREAM = 7;
const CANCEL = 8;

interface Http2Scene extends ProxyScene {
  readonly upstream: Http2Origin;
  readonly client: Http2Client;
}

/** HTTP/2 on both sides of the proxy. */
function http2Scenario(name: string, handle: StreamHandler, run: (scene: Http2Scene) => Promise<void>, proxy: SceneOptions['proxy'] = {}, options: ServerOptions = {}): void {
  scenario(name, { proxy }, async (scene) => {
    const upstream = await startHttp2Origin(handle, options);
    scene.serve(staticConfig({ routes: [{ path: '/', protocols: ['http'], service: { protocol: 'grpc', port: upstream.port } }] }));
    const client = await Http2Client.open(scene.port, { maxSessionMemory: 64 });
    try {
      await run({ ...scene, upstream, client });
    } finally {
      client.close();
      await upstream.close();
    }
  });
}

const echo: StreamHandler = (stream) => {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
};

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const LARGE = Buffer.from(Uint8Array.from({ length: 8 * MEGABYTE }, (_, index) => (index * 7) % 251));

http2Scenario('large bodies go both ways at once and arrive whole', echo, async ({ client, proxy }) => {
  const [one, two] = await Promise.all([client.exchange({ ':method': 'POST' }, LARGE), client.exchange({ ':method': 'POST', 'content-length': String(LARGE.length) }, LARGE)]);
  assert.deepEqual([digest(one.body), digest(two.body)], [digest(LARGE), digest(LARGE)]);
  assert.equal(proxy.stats().connections, 1);
});

http2Scenario('a client that does not read holds the upstream back', (stream) => {
  stream.respond({ ':status': 200 });
  const more = (): void => {
    while (stream.write(Buffer.alloc(16_384))) written.bytes += 16_384;
    written.bytes += 16_384;
    stream.once('drain', more);
  };
  more();
}, async ({ client, proxy }) => {
  const stream = client.start({});
  await new Promise((resolve) => stream.once('response', resolve));
  stream.pause();
  await settled(() => written.bytes);
  assert.ok(written.bytes > 0 && written.bytes < 2 * MEGABYTE, `${written.bytes} bytes were taken from the upstream`);
  stream.close(CANCEL);
  await waitUntil('the request to end', () => proxy.stats().activeRequests === 0);
});
const written = { bytes: 0 };

http2Scenario('an upstream that does not read holds the client back', (stream) => {
  stream.pause();
}, async ({ client, proxy }) => {
  const stream = client.start({ ':method': 'POST' }, true);
  let sent = 0;
  const more = (): void => {
    while (stream.write(Buffer.alloc(16_384))) sent += 16_384;
    sent += 16_384;
    stream.once('drain', more);
  };
  more();
  await settled(() => sent);
  assert.ok(sent > 0 && sent < 2 * MEGABYTE, `${sent} bytes were taken from the client`);
  stream.close(CANCEL);
  await waitUntil('the request to end', () => proxy.stats().activeRequests === 0);
});

/** Waits until a number has stopped to change. */
async function settled(read: () => number): Promise<void> {
  let before = -1;
  let stillFor = 0;
  await waitUntil('a standstill', async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = read();
    stillFor = now === before ? stillFor + 1 : 0;
    before = now;
    return stillFor >= 5;
  });
}

http2Scenario('a client that gives up resets the stream at the upstream', () => undefined, async ({ client, upstream, proxy, records }) => {
  const stream = client.start({ ':method': 'POST' }, true);
  stream.write('some');
  await waitUntil('the request at the upstream', () => upstream.heads.length === 1);
  stream.destroy(new Error('given up'));
  await waitUntil('the reset', () => upstream.resets.length === 1);
  await waitUntil('the end', () => proxy.stats().activeRequests === 0);
  assert.deepEqual([upstream.resets, records.map(({ status }) => status)], [[INTERNAL_ERROR], [0]]);
});

http2Scenario('an upstream that resets in the middle is a reset for the client, never a complete response', (stream) => {
  stream.respond({ ':status': 200 });
  stream.write('some');
  setImmediate(() => stream.destroy(new Error('cut')));
}, async ({ client }) => {
  const outcome = await client.exchange({});
  assert.deepEqual([outcome.status, outcome.resetCode], [200, INTERNAL_ERROR]);
});

for (const framing of ['Content-Length: 9\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n']) {
  scenario(`an HTTP/1.1 upstream that closes in the middle is a reset for the client: ${framing.slice(0, 10)}`, {
    responder: (_request, socket) => void socket.end(`HTTP/1.1 200 OK\r\n${framing}`),
  }, async ({ port }) => {
    const client = await Http2Client.open(port);
    const outcome = await client.exchange({});
    assert.deepEqual([outcome.status, outcome.resetCode], [200, INTERNAL_ERROR]);
    client.close();
  });
}

http2Scenario('a client that gives up in the middle of a body never has it look complete', (stream) => {
  stream.on('data', () => undefined);
  stream.on('end', () => {
    if (!stream.aborted) complete.count += 1;
  });
}, async ({ client, upstream, proxy }) => {
  for (const fields of [{}, { 'content-length': '9' }]) {
    const stream = client.start({ ':method': 'POST', ...fields }, true);
    stream.write('hello');
    await waitUntil('the request at the upstream', () => upstream.heads.length === proxy.stats().endedRequests + 1);
    stream.destroy(new Error('cut'));
    await waitUntil('the end', () => proxy.stats().activeRequests === 0);
  }
  await waitUntil('the resets', () => upstream.resets.length === 2);
  assert.equal(complete.count, 0);
});
const complete = { count: 0 };

scenario('a response that is complete before the request is ends the stream without an error', { responder: () => undefined }, async ({ port, serve, proxy }) => {
  serve(staticConfig({ routes: [] }));
  const client = await Http2Client.open(port);
  const stream = client.start({ ':method': 'POST' }, true);
  const ended = outcomeOf(stream);
  stream.write('some');
  const { status, resetCode } = await ended;
  assert.deepEqual([status, resetCode], [404, NO_ERROR]);
  await waitUntil('the end', () => proxy.stats().activeRequests === 0);
  assert.equal((await client.exchange({})).status, 404);
  client.close();
});

http2Scenario('many streams over few connections', echo, async ({ client, upstream, proxy, records }) => {
  for (let round = 0; round < 10; round++) {
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, index) => client.exchange({ ':method': 'POST', ':path': `/${index}` }, `body ${index}`)));
    assert.ok(outcomes.every(({ status, body }, index) => status === 200 && String(body) === `body ${index}`));
  }
  assert.deepEqual([records.length, proxy.stats().connections, proxy.stats().activeRequests], [1_000, 1, 0]);
  assert.ok(upstream.accepted() <= 2, `${upstream.accepted()} connections to the upstream`);
  assert.ok(proxy.stats().openedUpstream <= 200, `${proxy.stats().openedUpstream} places for 100 requests at a time`);
});

http2Scenario('an upstream gets no more streams on a connection than it allows', (stream, path) => {
  if (path === '/') return stream.respond({ ':status': 200 }, { endStream: true });
  held.push(() => stream.respond({ ':status': 200 }, { endStream: true }));
  if (held.length === 20) for (const answer of held) answer();
}, async ({ client, upstream }) => {
  await client.exchange({});
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => client.exchange({ ':path': '/held' })));
  assert.ok(outcomes.every(({ status }) => status === 200));
  assert.deepEqual([upstream.accepted(), upstream.heads.length], [5, 21]);
}, {}, { settings: { maxConcurrentStreams: 4 } });
const held: (() => void)[] = [];

http2Scenario('a stream that the upstream refuses unprocessed is sent again, whatever its method', (stream, _path, count) => {
  if (count === 1) stream.close(7);
  else echo(stream, '', count);
}, async ({ client, upstream }) => {
  const { status, body } = await client.exchange({ ':method': 'POST' }, 'once');
  assert.deepEqual([status, String(body), upstream.heads.length], [200, 'once', 2]);
});

http2Scenario('an upstream that says GOAWAY finishes what it has, and gets nothing new there', (stream, path) => {
  if (path === '/first') stream.session?.goaway(0);
  stream.respond({ ':status': 200 });
  setImmediate(() => stream.end('ok'));
}, async ({ client, upstream }) => {
  const outcomes = [await client.exchange({ ':path': '/first' }), await client.exchange({ ':path': '/second' })];
  assert.deepEqual([outcomes.map(({ status }) => status), upstream.accepted()], [[200, 200], 2]);
});

http2Scenario('an idle connection to an upstream is closed', echo, async ({ client, upstream }) => {
  await client.exchange({ ':method': 'POST' }, 'x');
  assert.equal(upstream.sessions.size, 1);
  await waitUntil('the connection to be closed', () => upstream.sessions.size === 0);
}, { limits: { upstreamIdleTimeoutMs: 50 } });

/** A service of the protocol grpc on a port where something else listens. */
async function withWrongUpstream(scene: ProxyScene, answer: string, expected: number): Promise<void> {
  const other = createServer((socket) => {
    socket.on('error', () => undefined);
    if (answer !== '') socket.end(answer);
  });
  const port = await new Promise<number>((resolve) => other.listen(0, '127.0.0.1', () => {
    const address = other.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  }));
  scene.serve(staticConfig({ routes: [{ path: '/', service: { protocol: 'grpc', port, retries: 0, connectTimeoutMs: 50 } }] }));
  const client = await Http2Client.open(scene.port);
  assert.equal((await client.exchange({})).status, expected);
  client.close();
  other.close();
}

scenario('an upstream that speaks no HTTP/2 is a bad gateway', {}, (scene) => withWrongUpstream(scene, 'HTTP/1.1 400 Bad Request\r\n\r\n', 502));
scenario('an upstream that says nothing runs into the connect timeout', {}, (scene) => withWrongUpstream(scene, '', 504));

scenario('an idle connection of a client is closed with GOAWAY', { proxy: { limits: { idleTimeoutMs: 50 } } }, async ({ port, proxy }) => {
  const client = await Http2Client.open(port);
  assert.equal((await client.exchange({})).status, 200);
  await waitUntil('the connection to be closed', () => proxy.stats().connections === 0);
  assert.deepEqual(client.goaways.slice(0, 1), [NO_ERROR]);
  client.close();
});

scenario('a stream that was under way when a drain began is served; then comes the last GOAWAY', { responder: () => response('ok') }, async ({ port, proxy }) => {
  const client = await FrameClient.open(port);
  client.headers(1, GET);
  await client.answered(1);
  const drained = proxy.drain({ acceptForMs: 200, boundMs: 2_000 });
  const lastStreams = (): number[] => client.of(FRAME.GOAWAY).map(({ payload }) => payload.readUInt32BE(0));
  await waitUntil('the notice', () => lastStreams().length === 1);
  client.headers(3, GET);
  assert.equal(await client.answered(3), true);
  await drained;
  assert.deepEqual([lastStreams()[0], new Set(lastStreams().slice(1)), new Set(client.goawayCodes)], [0x7fffffff, new Set([3]), new Set([NO_ERROR])]);
  client.close();
});

scenario('a connection that comes during a drain is told to go with its first stream, not before', { responder: () => response('ok') }, async ({ port, proxy }) => {
  const drained = proxy.drain({ acceptForMs: 1_000, boundMs: 2_000 });
  const client = await FrameClient.open(port);
  client.send(frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
  await waitUntil('the answer to the ping', () => client.of(FRAME.PING).length === 1);
  assert.deepEqual(client.goawayCodes, []);
  client.headers(1, GET);
  assert.equal(await client.answered(1), true);
  await waitUntil('the notice', () => client.of(FRAME.GOAWAY)[0]?.payload.readUInt32BE(0) === 0x7fffffff);
  client.close();
  await proxy.close();
  await drained;
});

/** An upstream that answers the first stream with these frames, byte for byte. */
async function withFrames(scene: ProxyScene, frames: Buffer[], run: (client: Http2Client) => Promise<void>): Promise<void> {
  const raw = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    let isAnswered = false;
    socket.on('error', () => undefined);
    socket.write(frame(FRAME.SETTINGS, 0, 0));
    socket.on('data', (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      for (let at = PREFACE.length; at + 9 <= bytes.length && !isAnswered; at += 9 + bytes.readUIntBE(at, 3)) isAnswered = bytes[at + 3] === FRAME.HEADERS;
      if (isAnswered) socket.write(Buffer.concat(frames.splice(0)));
    });
  });
  const port = await new Promise<number>((resolve) => raw.listen(0, '127.0.0.1', () => {
    const address = raw.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  }));
  scene.serve(staticConfig({ routes: [{ path: '/', service: { protocol: 'grpc', port, retries: 0 } }] }));
  const client = await Http2Client.open(scene.port);
  try {
    await run(client);
  } finally {
    client.close();
    raw.close();
  }
}

const OK = frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, block([[':status', '200']]));
const SOME = frame(FRAME.DATA, 0, 1, Buffer.from('some'));

scenario('an upstream that resets with CANCEL right behind the first data is a bad gateway', {}, (scene) => withFrames(scene, [OK, SOME, frame(FRAME.RST_STREAM, 0, 1, uint32(CANCEL))], async (client) => {
  assert.equal((await client.exchange({})).status, 502);
}));

for (const [what, fields] of [
  ['no :status', [['x-a', '1']]],
  ['a status that is none', [[':status', '20']]],
  ['a field of HTTP/1.1', [[':status', '200'], ['transfer-encoding', 'chunked']]],
] as const) {
  scenario(`an upstream whose answer has ${what} is a bad gateway`, {}, (scene) => withFrames(scene, [frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 1, block(fields))], async (client) => {
    assert.equal((await client.exchange({})).status, 502);
  }));
}

scenario('a drain lets every stream end and fails none', { responder: () => response('ok') }, async ({ port, proxy, records }) => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => Http2Client.open(port)));
  let answered = 0;
  const loops = clients.map(async (client) => {
    while (!client.session.closed && !client.session.destroyed) {
      const { status, resetCode } = await client.exchange({});
      if (status === 200) answered += 1;
      // A request that the client had not sent when GOAWAY came: it never left, and goes elsewhere.
      else assert.equal(resetCode, REFUSED_STREAM);
    }
  });
  await waitUntil('some load', () => answered > 100);
  await proxy.drain({ acceptForMs: 50, boundMs: 5_000 });
  await Promise.all(loops);
  assert.deepEqual([records.length, new Set(records.map(({ status }) => status))], [answered, new Set([200])]);
  assert.ok(clients.every(({ goaways }) => goaways[0] === NO_ERROR));
});
