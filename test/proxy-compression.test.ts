/** Compressed responses: for whom, of which kind, and that they stream with bounded memory. */
import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { brotliDecompressSync, constants, createGunzip, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { COMPRESSIBLE_TYPES, DEFAULT_LEVELS, type CompressionOptions } from '../data-plane/proxy/compression-choice.ts';
import type { SceneOptions } from './support/proxy-scene.ts';
import { response, type Responder } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { waitUntil, waitUntilStill } from './support/wait-until.ts';
import type { ClientResponse } from './support/wire-client.ts';

const TEXT = 'all work and no play '.repeat(200);
const OPTIONS: CompressionOptions = { codings: ['zstd', 'br', 'gzip'], minBytes: 1_000, types: COMPRESSIBLE_TYPES, levels: DEFAULT_LEVELS };
const compressing = (responder: Responder, compression = OPTIONS): SceneOptions => ({ responder, proxy: { messages: { compression } } });
const get = (accepted: string, more = ''): string => `GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${accepted}\r\n${more}\r\n`;
const JSON_TYPE = 'Content-Type: application/json; charset=utf-8';

function plain(answer: ClientResponse): string {
  const bytes = Buffer.from(answer.body, 'latin1');
  switch (answer.header('content-encoding')) {
    case 'gzip':
      return gunzipSync(bytes).toString();
    case 'br':
      return brotliDecompressSync(bytes).toString();
    case 'zstd':
      return zstdDecompressSync(bytes).toString();
    default:
      return answer.body;
  }
}

scenario('the client has its choice among what we offer', compressing(() => response(TEXT, [JSON_TYPE, 'ETag: "v1"', 'Accept-Ranges: bytes', 'Content-MD5: x'])), async ({ connect, origin, proxy }) => {
  const client = await connect();
  const cases = [
    ['gzip', 'gzip'], ['br', 'br'], ['gzip, br, zstd', 'zstd'], ['zstd;q=0.1, GZIP;q=0.9, br;q=0.5', 'gzip'], ['*', 'zstd'], ['*;q=0.5, zstd;q=0', 'br'], ['x-gzip', 'gzip'],
    ['identity', undefined], ['deflate', undefined], ['gzip;q=0', undefined], ['identity, gzip;q=0.5', undefined], ['gzip;q=0.5, identity;q=0.5', 'gzip'], ['', undefined],
  ] as const;
  for (const [accepted, coding] of cases) {
    client.send(get(accepted));
    const answer = await client.response();
    assert.equal(plain(answer), TEXT, accepted);
    assert.deepEqual([answer.header('content-encoding'), answer.header('vary')], [coding, 'Accept-Encoding'], accepted);
    const isPlain = coding === undefined;
    assert.deepEqual(
      [answer.header('content-length'), answer.header('transfer-encoding'), answer.header('etag'), answer.header('accept-ranges'), answer.header('content-md5')],
      isPlain ? [String(TEXT.length), undefined, '"v1"', 'bytes', 'x'] : [undefined, 'chunked', 'W/"v1"', undefined, undefined], accepted,
    );
  }
  assert.deepEqual([origin.connections, proxy.stats().idleUpstream], [1, 1], 'connections on both sides live on');
});

scenario('what should not be compressed is not', compressing((request) => {
  switch (request.target) {
    case '/small': return response('x'.repeat(999), [JSON_TYPE]);
    case '/image': return response(TEXT, ['Content-Type: image/png']);
    case '/untyped': return response(TEXT);
    case '/encoded': return response(TEXT, [JSON_TYPE, 'Content-Encoding: br']);
    case '/part': return response(TEXT, [JSON_TYPE, `Content-Range: bytes 0-1/9`], '206 Partial Content');
    case '/fixed': return response(TEXT, [JSON_TYPE, 'Cache-Control: public, No-Transform']);
    case '/304': return 'HTTP/1.1 304 Not Modified\r\nContent-Type: application/json\r\n\r\n';
    case '/204': return 'HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n\r\n';
    default: return response(TEXT, [JSON_TYPE, 'Vary: Origin, accept-encoding']);
  }
}), async ({ connect }) => {
  const client = await connect();
  for (const path of ['/small', '/image', '/untyped', '/encoded', '/part', '/fixed', '/304', '/204']) {
    client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n`);
    const answer = await client.response();
    assert.deepEqual([answer.header('content-encoding'), answer.header('vary')], [path === '/encoded' ? 'br' : undefined, undefined], path);
  }
  client.send('HEAD / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n');
  const head = await client.response({ noBody: true });
  assert.deepEqual([head.header('content-encoding'), head.header('content-length')], [undefined, String(TEXT.length)]);
  client.send(get('gzip', 'Range: bytes=0-5\r\n'));
  assert.equal((await client.response()).header('content-encoding'), undefined);
  client.send(get('gzip', 'Cache-Control: max-age=0, no-transform\r\n'));
  assert.equal((await client.response()).header('content-encoding'), undefined, 'the client wants it as it is');
  client.send('GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nAccept-Encoding: gzip\r\n\r\n');
  assert.equal((await client.response()).header('content-encoding'), undefined);
  client.send(get('gzip'));
  const answer = await client.response();
  assert.deepEqual([answer.header('content-encoding'), answer.header('vary')], ['gzip', 'Origin, accept-encoding'], 'said once');
});

scenario('a 304 names the tag of the copy that the client asks about', compressing(() => 'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'), async ({ connect }) => {
  const client = await connect();
  for (const [asked, tag, vary] of [['W/"v1"', 'W/"v1"', 'Accept-Encoding'], ['"x", W/"v1"', 'W/"v1"', 'Accept-Encoding'], ['"v1"', '"v1"', undefined], ['W/"v2"', '"v1"', undefined]] as const) {
    client.send(get('gzip', `If-None-Match: ${asked}\r\n`));
    const answer = await client.response();
    assert.deepEqual([answer.status, answer.header('etag'), answer.header('vary')], [304, tag, vary], asked);
  }
});

scenario('off unless it is asked for', { responder: () => response(TEXT, [JSON_TYPE]) }, async ({ exchange }) => {
  const answer = await exchange(get('gzip'));
  assert.deepEqual([answer.header('content-encoding'), answer.header('vary'), answer.body], [undefined, undefined, TEXT]);
});

for (const coding of ['gzip', 'br', 'zstd'] as const) {
  scenario(`events are not held back (${coding})`, compressing((_, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
    return undefined;
  }), async ({ connect, origin }) => {
    const client = await connect();
    client.send(get(coding));
    await waitUntil('the head', () => client.unread.includes('\r\n\r\n'));
    for (let event = 0; event < 3; event++) {
      const before = client.unread.length;
      origin.writeToAll('7\r\ndata: x\r\n');
      await waitUntil('the event', () => client.unread.length > before);
    }
    origin.writeToAll('0\r\n\r\n');
    assert.equal(plain(await client.response()), 'data: xdata: xdata: x');
  });
}

scenario('trailers come behind a compressed body too', compressing(() => `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n`), async ({ exchange }) => {
  const answer = await exchange(get('gzip', 'TE: trailers\r\nConnection: TE\r\n'));
  assert.deepEqual([plain(answer), answer.trailerLines], ['abc', ['X-Sum: 1']]);
});

scenario('a broken response looks broken when it is compressed', compressing((_, socket) => {
  socket.write(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nContent-Length: 100000\r\n\r\nhalf`, () => setTimeout(() => socket.destroy(), 20));
  return undefined;
}), async ({ connect, records, proxy }) => {
  const client = await connect();
  client.send(get('gzip'));
  await client.waitForEnd();
  assert.ok(client.unread.startsWith('HTTP/1.1 200') && !client.unread.endsWith('0\r\n\r\n'));
  await waitUntil('the record', () => records.length === 1);
  assert.equal(proxy.stats().activeRequests, 0);
});

scenario('a slow reader makes upstream and compressor wait, and gets every byte', compressing(() => undefined), async ({ port, origin, proxy }) => {
  // Random digits, so that plenty of bytes are left after compression.
  let seed = 1;
  const block = Buffer.from(Array.from({ length: 1_000_000 }, () => 48 + ((seed = (seed * 48_271) % 2_147_483_647) % 10)));
  let sent = 0;
  const total = 40;
  origin.respond((_, socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nContent-Length: ${total * block.length}\r\n\r\n`);
    const more = (): void => {
      while (sent < total) {
        sent += 1;
        if (!socket.write(block)) return void socket.once('drain', more);
      }
    };
    more();
    return undefined;
  });
  const client = connectTcp({ port, host: '127.0.0.1' });
  client.pause();
  client.write(get('gzip'));
  await waitUntil('it to begin', () => sent > 2);
  await waitUntilStill('the origin', () => sent);
  assert.ok(sent < total, 'all of it was read for a client that took nothing');
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  let length = 0;
  gunzip.on('data', (bytes: Buffer) => (length += bytes.length));
  let unread = Buffer.alloc(0);
  let inBody = false;
  client.on('data', (bytes) => {
    unread = Buffer.concat([unread, bytes]);
    if (!inBody) {
      const end = unread.indexOf('\r\n\r\n');
      if (end === -1) return;
      unread = unread.subarray(end + 4);
      inBody = true;
    }
    for (;;) {
      const lineEnd = unread.indexOf('\r\n');
      if (lineEnd === -1) return;
      const size = Number.parseInt(unread.toString('latin1', 0, lineEnd), 16);
      if (unread.length < lineEnd + 4 + size) return;
      if (size === 0) return void gunzip.end();
      gunzip.write(unread.subarray(lineEnd + 2, lineEnd + 2 + size));
      unread = unread.subarray(lineEnd + 4 + size);
    }
  });
  client.resume();
  await waitUntil('all of it', () => length === total * block.length, 20_000);
  client.destroy();
  await waitUntil('the end', () => proxy.stats().connections === 0);
});

scenario('a client that leaves in the middle leaves nothing behind', compressing((_, socket) => {
  socket.write(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`);
  return undefined;
}), async ({ connect, records, proxy }) => {
  const client = await connect();
  client.send(get('gzip'));
  await waitUntil('the head', () => client.unread.includes('\r\n\r\n'));
  client.close();
  await waitUntil('the record', () => records.length === 1);
  assert.deepEqual([proxy.stats().activeRequests, proxy.stats().busyUpstream], [0, 0]);
});
