/**
 * All sockets read into one buffer and messages are put together in one block: these tests show that no client, and no
 * upstream, ever sees a byte that was meant for another one, however slowly it reads (R2).
 */
import assert from 'node:assert/strict';
import { connect as connectTo, createServer, type Socket } from 'node:net';
import { scenario } from './support/scenario.ts';
import { staticConfig } from './support/static-config.ts';

const PEERS = 6;
/** More than the kernel takes at once for a peer that does not read. */
const BODY_BYTES = 5_000_000;

/** No two stretches of bodies are the same: each line of 1 KB says over and over whose it is and where it stands. */
function bodyOf(name: string, bytes: number): Buffer {
  const lines = Array.from({ length: Math.ceil(bytes / 1_024) }, (_, index) => Buffer.alloc(1_024, `${name}/${index};`));
  return Buffer.concat(lines, bytes);
}

function assertSame(received: Buffer, expected: Buffer, whose: string): void {
  if (received.equals(expected)) return;
  const at = expected.findIndex((byte, index) => received[index] !== byte);
  assert.fail(`${whose} got ${received.length} of ${expected.length} bytes, other ones from ${at}: ${JSON.stringify(received.toString('latin1', at, at + 60))}`);
}

interface SlowReader {
  readonly socket: Socket;
  readonly pieces: Buffer[];
  bytes: number;
}

/** All take a piece in turn, and nothing more until all others had theirs, until each has a message with a whole body. */
async function readSlowly(readers: () => readonly SlowReader[]): Promise<void> {
  const until = performance.now() + 20_000;
  while (readers().filter(({ bytes }) => bytes > BODY_BYTES).length < PEERS) {
    if (performance.now() > until) throw new Error(`after 20 s there are ${readers().map(({ bytes }) => bytes).join(', ')} bytes`);
    for (const reader of readers()) {
      const piece: Buffer | null = reader.socket.read();
      if (piece === null) continue;
      reader.pieces.push(piece);
      reader.bytes += piece.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

scenario('slow readers get every byte of their own response and none of another', {
  responder: ({ target }) => {
    const body = bodyOf(target, BODY_BYTES);
    return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nX-For: ${target}\r\n\r\n`), body]);
  },
}, async ({ port }) => {
  const readers = Array.from({ length: PEERS }, (_, index) => {
    const socket = connectTo({ port, host: '127.0.0.1' }).unref();
    socket.write(`GET /reader-${index} HTTP/1.1\r\nHost: example\r\n\r\n`);
    return { name: `/reader-${index}`, socket, pieces: new Array<Buffer>(), bytes: 0 };
  });
  await readSlowly(() => readers);
  for (const { name, socket, pieces } of readers) {
    const message = Buffer.concat(pieces);
    const bodyAt = message.indexOf('\r\n\r\n') + 4;
    assert.match(message.toString('latin1', 0, bodyAt), new RegExp(`^X-For: ${name}\r$`, 'm'));
    assertSame(message.subarray(bodyAt), bodyOf(name, BODY_BYTES), name);
    socket.destroy();
  }
});

scenario('an upstream that reads slowly gets every byte of each body and none of another', {}, async ({ port, serve }) => {
  const taken: SlowReader[] = [];
  const slow = createServer((socket) => taken.push({ socket: socket.unref(), pieces: [], bytes: 0 }));
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve).unref());
  const address = slow.address();
  assert.ok(typeof address === 'object' && address !== null);
  serve(staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: address.port } }] }));
  const writers = Array.from({ length: PEERS }, (_each, index) => {
    const name = `/writer-${index}`;
    const socket = connectTo({ port, host: '127.0.0.1' }).unref();
    socket.write(`POST ${name} HTTP/1.1\r\nHost: example\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`);
    socket.write(bodyOf(name, BODY_BYTES));
    return socket;
  });
  await readSlowly(() => taken);
  const names = taken.map(({ pieces }) => {
    const message = Buffer.concat(pieces);
    const bodyAt = message.indexOf('\r\n\r\n') + 4;
    const name = /^POST (\S+) /.exec(message.toString('latin1', 0, bodyAt))?.[1] ?? 'no name';
    assertSame(message.subarray(bodyAt), bodyOf(name, BODY_BYTES), name);
    return name;
  });
  assert.equal(new Set(names).size, PEERS);
  for (const socket of [...writers, ...taken.map((reader) => reader.socket)]) socket.destroy();
  slow.close();
});

scenario('heads that come in pieces, and requests behind requests, keep their own bytes', {
  responder: ({ target, ...request }) => `HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\nX-Name: ${request.header('x-name') ?? 'none'}\r\n\r\n${target}`,
}, async ({ connect }) => {
  const clients = await Promise.all(Array.from({ length: PEERS }, () => connect()));
  const requestOf = (client: number, turn: number): string => `GET /client-${client}/${turn} HTTP/1.1\r\nHost: example\r\nX-Name: ${client}-${turn}\r\n\r\n`;
  // Each read ends within somebody's second request, and the next read is another client's.
  const texts = clients.map((_, index) => [0, 1, 2].map((turn) => requestOf(index, turn)).join(''));
  const longest = Math.max(...texts.map((text) => text.length));
  for (let at = 0; at < longest; at += 100) {
    for (const [index, client] of clients.entries()) {
      client.send(texts[index]?.slice(at, at + 100) ?? '');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  for (const [index, client] of clients.entries()) {
    for (const turn of [0, 1, 2]) {
      const response = await client.response();
      assert.deepEqual([response.body, response.header('x-name')], [`/client-${index}/${turn}`, `${index}-${turn}`]);
    }
  }
});
