/** Bounds of the proxy (R5): sizes, times, connections, memory under slow peers; and that slowness never mixes clients up (R2). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const HOST = 'Host: a\r\n';

scenario('a body over the bound is 413: before it is sent where that is known, else as soon as it shows', { proxy: { limits: { maxBodyBytes: 10 } } }, async ({ connect: open, origin, records }) => {
  const known = await open();
  known.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 11\r\n\r\n`);
  const answer = await known.response();
  assert.deepEqual([answer.status, answer.message(), answer.header('connection')], [413, 'Payload too large', 'close']);
  assert.equal(origin.connections, 0);
  const chunked = await open();
  chunked.send(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`);
  await waitUntil('the first chunk upstream', () => origin.received(1).endsWith('abcde\r\n'));
  chunked.send('6\r\nfghijk\r\n0\r\n\r\n');
  assert.equal((await chunked.response()).status, 413);
  const fitting = await open();
  fitting.send(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n5\r\nfghij\r\n0\r\n\r\n`);
  assert.equal((await fitting.response()).status, 200);
  assert.deepEqual(records.map(({ status }) => status), [413, 413, 200]);
});

scenario('a client that does not finish its head gets 408; one that sends nothing is closed', { proxy: { limits: { headTimeoutMs: 60, idleTimeoutMs: 60, timeoutResolutionMs: 10 } } }, async ({ connect: open, records }) => {
  const half = await open();
  half.send('GET / HTTP/1.1\r\nHo');
  // Dripping on does not help.
  const drip = setInterval(() => half.send('X'), 5);
  const answer = await half.response();
  clearInterval(drip);
  assert.deepEqual([answer.status, answer.message(), answer.header('x-holdfast-error'), answer.header('connection')], [408, 'Request timeout', 'HTTP1_HEAD_TIMEOUT', 'close']);
  await half.waitForEnd();
  const silent = await open();
  await silent.waitForEnd();
  assert.equal(silent.unread, '');
  const lone = await open();
  lone.send('\r');
  await lone.waitForEnd();
  assert.deepEqual(records.map(({ status }) => status), [408]);
});

scenario('an idle connection is closed after its time, not before', { proxy: { limits: { idleTimeoutMs: 80, timeoutResolutionMs: 10 } } }, async ({ connect: open }) => {
  const client = await open();
  for (let count = 0; count < 3; count++) {
    client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    assert.equal((await client.response()).status, 200);
  }
  const since = performance.now();
  await client.waitForEnd();
  assert.ok(performance.now() - since > 70, 'closed too early');
  assert.equal(client.error, undefined);
});

scenario('a client that stalls in its body gets 408', { proxy: { limits: { bodyTimeoutMs: 60, timeoutResolutionMs: 10 } } }, async ({ connect: open, origin, records }) => {
  const client = await open();
  client.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nhalf`);
  const answer = await client.response();
  assert.deepEqual([answer.status, answer.header('x-holdfast-error')], [408, 'HTTP1_BODY_TIMEOUT']);
  await waitUntil('the upstream connection to go', () => origin.openConnections === 0);
  assert.equal(records.length, 1);
});

scenario('a slow upstream does not count against the client', { proxy: { limits: { bodyTimeoutMs: 40, idleTimeoutMs: 40, headTimeoutMs: 40, timeoutResolutionMs: 10 } }, responder: (_, socket) => void setTimeout(() => socket.write(response('late')), 200) }, async ({ exchange }) => {
  assert.equal((await exchange(`POST / HTTP/1.1\r\n${HOST}Content-Length: 2\r\n\r\nhi`)).body, 'late');
});

scenario('connections over the bound are told so', { proxy: { limits: { maxConnections: 2 } } }, async ({ connect: open, proxy, records }) => {
  const clients = [await open(), await open()];
  await waitUntil('both', () => proxy.stats().connections === 2);
  const third = await open();
  const answer = await third.response();
  assert.deepEqual([answer.status, answer.header('x-holdfast-error'), answer.header('connection')], [503, 'PROXY_CONNECTIONS_EXHAUSTED', 'close']);
  await third.waitForEnd();
  clients[0]?.close();
  await waitUntil('room', () => proxy.stats().connections === 1);
  const fourth = await open();
  fourth.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  assert.equal((await fourth.response()).status, 200);
  assert.deepEqual([proxy.stats().refusals['PROXY_CONNECTIONS_EXHAUSTED'], records.map(({ status }) => status)], [1, [503, 200]]);
});

/** Waits until a count that has begun shows no progress for a while: everything is full. */
async function standsStill(what: string, count: () => number): Promise<void> {
  let last = -1;
  let looks = 0;
  await waitUntil(what, async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    looks = count() > 0 && count() === last ? looks + 1 : 0;
    last = count();
    return looks === 4;
  }, 20_000);
}

/** `size` bytes that differ from block to block and from seed to seed. */
function pattern(seed: number, size: number): Buffer {
  const block = createHash('sha512').update(String(seed)).digest();
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += block.length) {
    block.writeUInt32LE(at, 0);
    bytes.set(block.subarray(0, Math.min(block.length, size - at)), at);
  }
  return bytes;
}

scenario('slow readers get their own bytes and nobody else\'s, in every framing', {
  responder: (request, socket) => {
    const [, kind = '', seed = '', size = ''] = request.target.split('/');
    const body = pattern(Number(seed), Number(size));
    if (kind === 'length') return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
    if (kind === 'chunked') {
      const pieces: Buffer[] = [Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')];
      for (let at = 0; at < body.length; at += 7_777) {
        const piece = body.subarray(at, at + 7_777);
        pieces.push(Buffer.from(`${piece.length.toString(16)};x=${at}\r\n`), piece, Buffer.from('\r\n'));
      }
      pieces.push(Buffer.from('0\r\n\r\n'));
      return Buffer.concat(pieces);
    }
    socket.end(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), body]));
    return undefined;
  },
}, async ({ connect: open, records, proxy }) => {
  const kinds = ['length', 'chunked', 'close'] as const;
  const clients = await Promise.all(Array.from({ length: 18 }, () => open()));
  await Promise.all(clients.map(async (client, index) => {
    const kind = kinds[index % 3] ?? 'length';
    for (const round of [1, 2]) {
      const seed = index * 10 + round;
      const size = 300_000 + index * 10_001;
      // Two thirds read in fits and starts, so that writes to them do not finish at once.
      const slow = index % 3 !== 0 || index > 8 ? setInterval(() => (client.socket.isPaused() ? client.socket.resume() : client.socket.pause()), 2) : undefined;
      client.send(`GET /${kind}/${seed}/${size} HTTP/1.1\r\n${HOST}\r\n`);
      const answer = await client.response();
      clearInterval(slow);
      client.socket.resume();
      assert.ok(answer.body === pattern(seed, size).toString('latin1'), `client ${index}, ${kind}: ${answer.body.length} of ${size} bytes`);
    }
  }));
  assert.equal(records.length, 36);
  assert.equal(proxy.stats().activeRequests, 0);
});

scenario('bytes that wait for one client are not overwritten by what others get meanwhile', {
  responder: (request) => {
    const [, seed = '', size = ''] = request.target.split('/');
    return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`), pattern(Number(seed), Number(size))]);
  },
}, async ({ connect: open, proxy }) => {
  // More than the kernel's buffers take, so that the proxy is left holding bytes.
  const size = 16_000_000;
  const stalled = await Promise.all([1, 2, 3].map(async (seed) => {
    const client = await open();
    client.socket.pause();
    client.send(`GET /${seed}/${size} HTTP/1.1\r\n${HOST}\r\n`);
    return { client, seed };
  }));
  await waitUntil('all to be under way', () => proxy.stats().busyUpstream === 3);
  const quick = await open();
  for (let seed = 100; seed < 160; seed++) {
    quick.send(`GET /${seed}/200000 HTTP/1.1\r\n${HOST}\r\n`);
    assert.ok((await quick.response()).body === pattern(seed, 200_000).toString('latin1'));
  }
  assert.equal(proxy.stats().busyUpstream, 3, 'the test proves nothing if the slow ones are done');
  for (const { client, seed } of stalled) {
    client.socket.resume();
    assert.ok((await client.response()).body === pattern(seed, size).toString('latin1'), `client ${seed} got what was not its own`);
  }
});

scenario('an upstream that does not read makes its client wait', {}, async ({ port, serve, proxy }) => {
  const deaf = createServer((socket) => {
    socket.pause();
    socket.on('error', () => undefined);
  });
  const deafPort = await new Promise<number>((resolve) => deaf.listen(0, '127.0.0.1', () => {
    const address = deaf.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  }));
  serve(staticConfig({ routes: [{ path: '/', service: { port: deafPort } }] }));
  const client = connect({ port, host: '127.0.0.1' });
  client.on('error', () => undefined);
  client.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 1000000000\r\n\r\n`);
  let offered = 0;
  const block = Buffer.alloc(65_536);
  const push = (): void => {
    while (offered < 200_000_000 && client.write(block)) offered += block.length;
  };
  client.on('drain', push);
  push();
  await standsStill('the client to be held up', () => offered);
  assert.ok(offered < 60_000_000, `${offered} bytes went somewhere`);
  client.destroy();
  await proxy.close();
  deaf.close();
});

scenario('uploads to a slow upstream arrive whole, each at its own', { responder: (request) => response(createHash('sha256').update(request.body, 'latin1').digest('hex')) }, async ({ connect: open }) => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => open()));
  await Promise.all(clients.map(async (client, index) => {
    const body = pattern(index, 400_000 + index);
    if (index % 2 === 0) client.send(Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n`), body]));
    else {
      client.send(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`);
      for (let at = 0; at < body.length; at += 50_000) {
        const piece = body.subarray(at, at + 50_000);
        client.send(Buffer.concat([Buffer.from(`${piece.length.toString(16)};x\r\n`), piece, Buffer.from('\r\n')]));
      }
      client.send('0\r\n\r\n');
    }
    assert.equal((await client.response()).body, createHash('sha256').update(body.toString('latin1'), 'latin1').digest('hex'));
  }));
});

scenario('a client that does not read makes the upstream wait, and little is held for it', {}, async ({ port, origin, proxy }) => {
  let offered = 0;
  origin.respond((_, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
    const block = Buffer.alloc(65_536);
    const push = (): void => {
      while (offered < 1_000_000_000 && socket.write(block)) offered += block.length;
    };
    socket.on('drain', push);
    push();
    return undefined;
  });
  const reader = connect({ port, host: '127.0.0.1' });
  reader.on('error', () => undefined);
  reader.pause();
  const before = process.memoryUsage().arrayBuffers;
  reader.write(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  await standsStill('the upstream to be held up', () => offered);
  assert.ok(offered < 60_000_000, `${offered} bytes went somewhere`);
  assert.ok(process.memoryUsage().arrayBuffers - before < 20_000_000);
  reader.destroy();
  await waitUntil('the upstream connection to go', () => origin.openConnections === 0);
  assert.equal(proxy.stats().activeRequests, 0);
});

scenario('a client that reads nothing for too long is cut off', { proxy: { limits: { sendTimeoutMs: 100, timeoutResolutionMs: 10 } }, responder: () => Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n'), Buffer.alloc(50_000_000)]) }, async ({ port, records, proxy }) => {
  const reader = connect({ port, host: '127.0.0.1' });
  reader.on('error', () => undefined);
  reader.pause();
  reader.write(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  await waitUntil('the cut', () => records.length === 1 && proxy.stats().connections === 0);
  assert.deepEqual([records[0]?.status, proxy.stats().busyUpstream], [200, 0]);
  reader.destroy();
});

scenario('a client that takes little, but takes it, is not cut off', { proxy: { limits: { sendTimeoutMs: 1_000, timeoutResolutionMs: 10 } }, responder: () => Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n'), Buffer.alloc(20_000_000)]) }, async ({ port, records }) => {
  const reader = connect({ port, host: '127.0.0.1' });
  let received = 0;
  reader.on('data', (bytes: Buffer) => {
    received += bytes.length;
    reader.pause();
    setTimeout(() => reader.resume(), 6);
  });
  reader.write(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  await waitUntil('all of it', () => received > 20_000_000, 20_000);
  assert.equal(records[0]?.status, 200);
  reader.destroy();
});

scenario('a client that does not close after its last answer is closed', { proxy: { limits: { lingerTimeoutMs: 50, timeoutResolutionMs: 10 } } }, async ({ port, proxy }) => {
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => undefined);
  client.resume();
  client.write('GARBAGE\r\n\r\n');
  await waitUntil('the connection', () => proxy.stats().connections === 1);
  await waitUntil('its end', () => proxy.stats().connections === 0);
  client.destroy();
});

scenario('pipelined requests wait while their client reads nothing', { routes: () => [{ path: '/nothing-else' }] }, async ({ port, records, proxy }) => {
  const reader = connect({ port, host: '127.0.0.1' });
  reader.on('error', () => undefined);
  reader.pause();
  const requests = Buffer.from(`GET /x HTTP/1.1\r\n${HOST}\r\n`.repeat(2_000));
  let written = 0;
  const push = (): void => {
    while (written < 2_000 && reader.write(requests)) written += 1;
  };
  reader.on('drain', push);
  push();
  await standsStill('requests to stand still', () => records.length);
  assert.ok(records.length < 200_000, `${records.length} answers were made for nobody`);
  assert.equal(proxy.stats().connections, 1);
  reader.destroy();
  await waitUntil('the end', () => proxy.stats().connections === 0);
});
