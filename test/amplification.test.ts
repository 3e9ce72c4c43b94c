/**
 * What an attacker's bytes cost: a proxy in a process of its own, attacked by slow heads, tiny pieces, floods and clients that
 * do not read. It may hold a fixed amount per connection and ten times what was sent to it (the rule allows a hundred), use a
 * bounded time per byte, and holds nothing when the attackers are gone (R5).
 */
import assert from 'node:assert/strict';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { FRAME, frame, FrameClient, GET, type Fields } from './support/http2-frames.ts';
import { startHttp2Origin, type Http2Origin } from './support/http2-origin.ts';
import { startMeasuredProxy, type MeasuredProxy, type Measures } from './support/measured-proxy.ts';
import { waitUntil } from './support/wait-until.ts';

/** Client connection, head, request, upstream connection: measured 3 to 12 KB. */
const FIXED_BYTES_PER_CONNECTION = 24_576;
const MAX_FACTOR = 10;
/** Node's HTTP/2 keeps the last 64 KiB that it read, once there was a DATA frame. */
const FIXED_BYTES_PER_HTTP2 = 98_304;
/** The proxy's own code and tables come and go meanwhile. */
const NOISE_BYTES = 500_000;
/** Measured 0.1 to 7, most of it for reading single bytes. */
const MAX_MICROS_PER_BYTE = 60;
/** Of what waits for a client that does not read: two bounds of MAX_UNSENT_BYTES and what one read brings. */
const MAX_UNREAD_BYTES = 400_000;
const HOST = 'Host: a.test\r\n';
/** Each of one byte. */
const PIECES = 1_500;

let origin: Server;
let grpcOrigin: Http2Origin;
let proxy: MeasuredProxy;
const originSockets = new Set<Socket>();
/** What the origin sends to whoever connects; it reads only then. */
let answer: Buffer | undefined;

before(async () => {
  origin = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    originSockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => originSockets.delete(socket));
    if (answer === undefined) return;
    socket.resume();
    const bytes = answer;
    socket.once('data', () => socket.write(bytes));
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const address = origin.address();
  // Lets nobody send a byte of a body.
  grpcOrigin = await startHttp2Origin(() => undefined, { settings: { initialWindowSize: 0 } });
  proxy = await startMeasuredProxy(typeof address === 'object' && address !== null ? address.port : 0, grpcOrigin.port);
});

after(async () => {
  for (const socket of originSockets) socket.destroy();
  origin.close();
  await proxy.close();
  await grpcOrigin.close();
});

async function openClients(count: number): Promise<readonly Socket[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => new Promise<Socket>((resolve, reject) => {
    const socket = connect({ port: proxy.port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.on('error', reject);
    socket.pause();
  })));
  await waitUntil('all connections', async () => (await proxy.count()).connections >= count);
  return clients;
}

/** When neither memory nor requests change any more. */
async function atRest(): Promise<Measures> {
  let last = await proxy.measure();
  return waitUntil('rest', async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    const now = await proxy.measure();
    const isAtRest = Math.abs(now.heldBytes - last.heldBytes) < 50_000 && now.endedRequests === last.endedRequests && now.connections === last.connections;
    last = now;
    return isAtRest ? now : undefined;
  }, 20_000);
}

async function close(clients: readonly Socket[]): Promise<void> {
  for (const client of clients) client.destroy();
  await waitUntil('the end of all connections', async () => {
    // While requests wait in line behind one, the client's end is only seen when that one is answered.
    for (const socket of originSockets) socket.destroy();
    return (await proxy.count()).connections === 0;
  }, 10_000);
}

interface Attack {
  readonly name: string;
  readonly clients: number;
  /** What each client sends, one piece after the other, each in a write of its own. */
  readonly pieces: readonly string[];
}

function times(piece: string, count: number): readonly string[] {
  return Array.from({ length: count }, () => piece);
}

const post = (path: string, framing: string): string => `POST ${path} HTTP/1.1\r\n${HOST}${framing}\r\n\r\n`;
const ATTACKS: readonly Attack[] = [
  { name: 'heads that end nowhere', clients: 200, pieces: ['G', 'ET / HTTP/1.1\r\n', 'X: y'] },
  { name: 'a header line byte by byte', clients: 4, pieces: [`GET / HTTP/1.1\r\n${HOST}X: `, ...times('a', 2_000)] },
  { name: 'header lines byte by byte', clients: 4, pieces: [`GET / HTTP/1.1\r\n${HOST}`, ...Array.from('A:\r\n'.repeat(95)), ...times('b', 1_000)] },
  { name: 'a body of chunks of one byte, for an upstream that does not read', clients: 10, pieces: [post('/', 'Transfer-Encoding: chunked'), ...times('1\r\nx\r\n', 800)] },
  { name: 'the same with extensions', clients: 10, pieces: [post('/', 'Transfer-Encoding: chunked'), ...times('1;\r\nx\r\n', 800)] },
  { name: 'a body byte by byte', clients: 10, pieces: [post('/', 'Content-Length: 1000000'), ...times('x', 800)] },
  { name: 'a collected body in chunks of one byte', clients: 10, pieces: [post('/collect', 'Transfer-Encoding: chunked'), ...times('1\r\nx\r\n', 800)] },
  { name: 'requests without answer', clients: 100, pieces: [`GET / HTTP/1.1\r\n${HOST}\r\n`] },
  { name: 'pipelined requests without answer', clients: 50, pieces: times(`GET / HTTP/1.1\r\n${HOST}\r\n`.repeat(100), 5) },
  { name: 'refused requests whose answers nobody reads', clients: 50, pieces: [`GET / HTTP/1.1\r\n\r\n${`GET / HTTP/1.1\r\n${HOST}\r\n`.repeat(200)}`] },
];

for (const { name, clients: count, pieces } of ATTACKS) {
  test(`${name} cost no more than they may`, async () => {
    answer = undefined;
    const clients = await openClients(count);
    try {
      const idle = await atRest();
      let sent = 0;
      for (const piece of pieces) {
        for (const client of clients) client.write(piece);
        sent += piece.length * count;
        await new Promise((resolve) => setImmediate(resolve));
      }
      const attacked = await atRest();
      const held = attacked.heldBytes - idle.heldBytes;
      assert.ok(held <= NOISE_BYTES + FIXED_BYTES_PER_CONNECTION * count + MAX_FACTOR * sent, `${held} bytes held for ${sent} bytes on ${count} connections`);
      const perByte = (attacked.cpuMicros - idle.cpuMicros) / (sent + count * 1_000);
      assert.ok(perByte <= MAX_MICROS_PER_BYTE, `${perByte.toFixed(1)} µs of CPU time per byte`);
    } finally {
      await close(clients);
    }
  });
}

test('what waits for clients that do not read is bounded, however much there is, and goes when they go', async () => {
  const before = await atRest();
  const body = Buffer.alloc(8_000_000, 'x');
  answer = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
  const clients = await openClients(20);
  for (const client of clients) client.write(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  await waitUntil('all requests', async () => (await proxy.count()).activeRequests === clients.length);
  const attacked = await atRest();
  const perClient = (attacked.heldBytes - before.heldBytes) / clients.length;
  assert.ok(perClient < MAX_UNREAD_BYTES, `${perClient} bytes held per client that does not read`);
  await close(clients);
  const after = await atRest();
  assert.ok(after.heldBytes - before.heldBytes < 3_000_000, `${after.heldBytes - before.heldBytes} bytes are still held`);
});

test('tiny pieces of an upstream for an HTTP/2 client whose window is closed cost little', async () => {
  answer = undefined;
  const clients = await Promise.all(Array.from({ length: 8 }, () => FrameClient.open(proxy.port)));
  try {
    // SETTINGS_INITIAL_WINDOW_SIZE 0: not a byte of a body may be sent.
    const closedWindow = Buffer.from([0, 4, 0, 0, 0, 0]);
    for (const client of clients) client.send(frame(FRAME.SETTINGS, 0, 0, closedWindow));
    answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
    for (const client of clients) client.headers(1, GET);
    await Promise.all(clients.map((client) => client.answered(1)));
    const before = await atRest();
    for (let piece = 0; piece < PIECES; piece++) {
      for (const socket of originSockets) socket.write('x');
      // Slowly enough for each to be read alone.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const after = await atRest();
    const held = after.heldBytes - before.heldBytes;
    assert.ok(held <= NOISE_BYTES + FIXED_BYTES_PER_HTTP2 * clients.length + MAX_FACTOR * PIECES * clients.length, `${held} bytes held for ${PIECES * clients.length} bytes`);
  } finally {
    await close(clients.map(({ socket }) => socket));
  }
});

test('tiny pieces of a client for a gRPC upstream whose window is closed cost little', async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => FrameClient.open(proxy.port)));
  try {
    const head: Fields = [[':method', 'POST'], [':scheme', 'http'], [':authority', 'a.test'], [':path', '/grpc/a'], ['content-type', 'application/grpc'], ['te', 'trailers']];
    for (const client of clients) client.headers(1, head, false);
    await waitUntil('all calls', () => grpcOrigin.heads.length === clients.length);
    const before = await atRest();
    for (let piece = 0; piece < PIECES; piece++) {
      for (const client of clients) client.send(frame(FRAME.DATA, 0, 1, Buffer.from('x')));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const after = await atRest();
    const held = after.heldBytes - before.heldBytes;
    assert.ok(held <= NOISE_BYTES + FIXED_BYTES_PER_HTTP2 * clients.length + MAX_FACTOR * PIECES * clients.length, `${held} bytes held for ${PIECES * clients.length} bytes`);
  } finally {
    await close(clients.map(({ socket }) => socket));
  }
});

test('a flood of connections leaves nothing behind', async () => {
  const before = await atRest();
  for (let round = 0; round < 2; round++) await close(await openClients(200));
  const after = await atRest();
  assert.ok(after.heldBytes - before.heldBytes < 1_500_000, `${after.heldBytes - before.heldBytes} bytes are still held`);
});
