/** Messages through the proxy over real sockets: framing, persistence, pipelining, interim responses, bodies in both directions. */
import assert from 'node:assert/strict';
import { response, type Responder } from './support/recording-origin.ts';
import type { SceneOptions } from './support/proxy-scene.ts';
import { scenario } from './support/scenario.ts';
import { waitUntil } from './support/wait-until.ts';

const HOST = 'Host: gateway.test\r\n';

const answering = (responder: Responder): SceneOptions => ({ responder });

scenario('one connection carries many requests, over one upstream connection', {}, async ({ connect, origin, proxy, records }) => {
  const client = await connect();
  for (let count = 0; count < 5; count++) {
    client.send(`GET /${count} HTTP/1.1\r\n${HOST}\r\n`);
    const answer = await client.response();
    assert.deepEqual([answer.status, answer.body, answer.header('connection')], [200, 'hello', undefined]);
  }
  assert.deepEqual(origin.requests.map(({ target }) => target), ['/0', '/1', '/2', '/3', '/4']);
  assert.equal(origin.connections, 1);
  assert.deepEqual([proxy.stats().idleUpstream, proxy.stats().busyUpstream, proxy.stats().connections], [1, 0, 1]);
  assert.equal(records.length, 5);
});

scenario('Connection: close is honoured and said', {}, async ({ connect }) => {
  const client = await connect();
  client.send(`GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
  assert.equal((await client.response()).header('connection'), 'close');
  await client.waitForEnd();
});

scenario('HTTP/1.0 closes, or stays open where the client asks for it', {}, async ({ connect, origin }) => {
  const closing = await connect();
  closing.send('GET / HTTP/1.0\r\n\r\n');
  const answer = await closing.response();
  assert.deepEqual([answer.startLine, answer.header('connection'), answer.body], ['HTTP/1.1 200 OK', 'close', 'hello']);
  await closing.waitForEnd();
  const staying = await connect();
  for (let count = 0; count < 2; count++) {
    staying.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    assert.equal((await staying.response()).header('connection'), 'keep-alive');
  }
  assert.ok(origin.requests.every(({ startLine }) => startLine === 'GET / HTTP/1.1'));
});

scenario('a body with a length goes through as it is', answering((request) => response(request.body)), async ({ connect, origin }) => {
  const client = await connect();
  const body = 'x\r\n\0\xff'.repeat(1_000);
  client.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}`);
  assert.equal((await client.response()).body, body);
  assert.deepEqual([origin.requests[0]?.header('content-length'), origin.requests[0]?.header('transfer-encoding')], [String(body.length), undefined]);
  client.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`);
  assert.equal((await client.response()).body, '');
});

scenario('a chunked body goes through in chunks, without extensions and trailers', answering((request) => response(request.body)), async ({ connect, origin }) => {
  const client = await connect();
  client.send(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n`);
  await waitUntil('the first chunk', () => origin.received(1).endsWith('\r\n\r\n3\r\nabc\r\n'));
  client.send('4\r\ndefg\r\n0\r\nX-Consumer-ID: root\r\n\r\n');
  assert.equal((await client.response()).body, 'abcdefg');
  assert.ok(origin.received(1).endsWith('\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n'), JSON.stringify(origin.received(1)));
  assert.equal(origin.requests[0]?.header('content-length'), undefined);
});

scenario('an invalid chunk ends the request with 400 and never reaches the upstream as a message', {}, async ({ connect, origin, records }) => {
  const client = await connect();
  client.send(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`);
  await waitUntil('the first chunk', () => origin.received(1).endsWith('abc\r\n'));
  client.send('zz\r\nGET /smuggled HTTP/1.1\r\n\r\n');
  const answer = await client.response();
  assert.deepEqual([answer.status, answer.header('x-holdfast-error'), answer.header('connection')], [400, 'HTTP1_CHUNK_INVALID', 'close']);
  await client.waitForEnd();
  await waitUntil('the upstream connection to go', () => origin.openConnections === 0);
  assert.ok(!origin.received(1).includes('smuggled'));
  assert.equal(origin.requests.length, 0);
  assert.deepEqual(records.map(({ status, routeId }) => [status, routeId]), [[400, 'route-0']]);
});

scenario('chunks come back as chunks', answering(() => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n'), async ({ connect, origin }) => {
  const client = await connect();
  for (let count = 0; count < 2; count++) {
    client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    const answer = await client.response();
    assert.deepEqual([answer.body, answer.header('transfer-encoding'), answer.header('content-length')], ['abcde', 'chunked', undefined]);
  }
  assert.equal(origin.connections, 1);
  const old = await connect();
  old.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  await old.waitForEnd();
  const answer = await old.response();
  assert.deepEqual([answer.body, answer.header('transfer-encoding'), answer.header('connection')], ['abcde', undefined, 'close']);
});

scenario('a response without length ends with its connection, and becomes chunks for those who know them', answering((_, socket) => {
  socket.end('HTTP/1.1 200 OK\r\nX: 1\r\n\r\nall of it');
  return undefined;
}), async ({ connect, origin }) => {
  const client = await connect();
  for (let count = 1; count <= 2; count++) {
    client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    const answer = await client.response();
    assert.deepEqual([answer.body, answer.header('transfer-encoding'), answer.header('connection')], ['all of it', 'chunked', undefined]);
    assert.equal(origin.connections, count, 'such a connection is not used again');
  }
  const old = await connect();
  old.send('GET / HTTP/1.0\r\n\r\n');
  await old.waitForEnd();
  assert.equal((await old.response()).body, 'all of it');
});

scenario('HEAD, 204 and 304 have no body whatever their headers say', answering((request) => {
  if (request.method === 'HEAD') return 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n';
  if (request.target === '/204') return 'HTTP/1.1 204 No Content\r\n\r\n';
  if (request.target === '/304') return 'HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: "x"\r\n\r\n';
  return response('after');
}), async ({ connect, origin }) => {
  const client = await connect();
  client.send(`HEAD / HTTP/1.1\r\n${HOST}\r\nGET /204 HTTP/1.1\r\n${HOST}\r\nGET /304 HTTP/1.1\r\n${HOST}\r\nGET / HTTP/1.1\r\n${HOST}\r\n`);
  const head = await client.response({ noBody: true });
  assert.equal(head.header('content-length'), '500');
  assert.equal((await client.response()).status, 204);
  const notModified = await client.response();
  assert.deepEqual([notModified.status, notModified.header('content-length'), notModified.header('etag')], [304, '77', '"x"']);
  assert.equal((await client.response()).body, 'after');
  assert.equal(origin.connections, 1);
});

scenario('a 204 that claims a body does not spoil the connection', answering((request) => (request.target === '/204' ? 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc' : response('after'))), async ({ connect, origin }) => {
  const client = await connect();
  client.send(`GET /204 HTTP/1.1\r\n${HOST}\r\n`);
  const answer = await client.response();
  assert.deepEqual([answer.status, answer.header('content-length'), client.unread], [204, undefined, '']);
  client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  assert.equal((await client.response()).body, 'after');
  assert.equal(origin.connections, 2, 'an upstream connection with bytes left over is not used again');
});

scenario('a 204 that claims a body which has not come yet does not spoil it either', answering((request) => (request.target === '/204' ? 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n' : response('after'))), async ({ connect, origin }) => {
  const client = await connect();
  client.send('GET /204 HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response({ noBody: true })).status, 204);
  assert.equal((await client.response()).body, 'after');
  assert.deepEqual(origin.requests.map(({ connection }) => connection), [1, 2]);
});

scenario('pipelined requests are answered in their order', answering((request, socket) => {
  // The first takes longest.
  const delayMs = request.target === '/0' ? 60 : 0;
  setTimeout(() => socket.write(response(request.target)), delayMs);
  return undefined;
}), async ({ connect, records }) => {
  const client = await connect();
  client.send(Array.from({ length: 50 }, (_, index) => `${index % 3 === 0 ? 'POST' : 'GET'} /${index} HTTP/1.1\r\n${HOST}${index % 3 === 0 ? 'Content-Length: 4\r\n\r\nbody' : '\r\n'}`).join(''));
  for (let index = 0; index < 50; index++) assert.equal((await client.response()).body, `/${index}`);
  assert.deepEqual(records.map(({ status }) => status), Array.from({ length: 50 }, () => 200));
});

scenario('pipelined requests that we answer ourselves come in order too, many of them', { routes: () => [{ path: '/nothing-else' }] }, async ({ connect, records }) => {
  const client = await connect();
  client.send(`GET /x HTTP/1.1\r\n${HOST}\r\n`.repeat(500) + `GET /x HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n` + `GET /never HTTP/1.1\r\n${HOST}\r\n`);
  for (let index = 0; index < 501; index++) assert.equal((await client.response()).status, 404);
  await client.waitForEnd();
  assert.equal(client.unread, '');
  assert.equal(records.length, 501);
});

scenario('requests in every possible piece arrive whole', answering((request) => response(`${request.target} ${request.body}`)), async ({ connect }) => {
  const client = await connect();
  const wire = `\r\nPOST /a?b HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /c HTTP/1.1\r\n${HOST}\r\n`;
  for (const size of [1, 2, 7, 30]) {
    for (let at = 0; at < wire.length; at += size) {
      client.send(wire.slice(at, at + size));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await client.response()).body, '/a?b abc');
    assert.equal((await client.response()).body, '/c ');
  }
});

scenario('responses in every possible piece arrive whole', answering((request, socket) => {
  const wire = request.target === '/chunked' ? 'HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;e\r\nabc\r\n0\r\nT: x\r\n\r\n' : response('hello', ['X: 1']);
  void (async () => {
    for (const byte of wire) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  return undefined;
}), async ({ connect, origin }) => {
  const client = await connect();
  client.send(`GET /chunked HTTP/1.1\r\n${HOST}\r\n`);
  assert.equal((await client.response()).status, 103);
  assert.equal((await client.response()).body, 'abc');
  client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  assert.equal((await client.response()).body, 'hello');
  assert.equal(origin.connections, 1);
});

scenario('Expect: 100-continue is answered by us once the request goes on', answering((request) => response(request.body)), async ({ connect, origin }) => {
  const client = await connect();
  client.send(`POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`);
  assert.equal((await client.response()).startLine, 'HTTP/1.1 100 Continue');
  client.send('body');
  assert.equal((await client.response()).body, 'body');
  assert.equal(origin.requests[0]?.header('expect'), undefined);
  client.send(`POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbody`);
  assert.equal((await client.response()).status, 200, 'a body that is already there needs no invitation');
});

scenario('a request that does not go on is not invited, and its connection closes', { routes: () => [{ path: '/nothing-else' }] }, async ({ connect }) => {
  const client = await connect();
  client.send(`POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`);
  const answer = await client.response();
  assert.deepEqual([answer.status, answer.header('connection')], [404, 'close']);
  await client.waitForEnd();
});

scenario('other expectations are refused', {}, async ({ exchange }) => {
  const answer = await exchange(`GET / HTTP/1.1\r\n${HOST}Expect: miracles\r\n\r\n`);
  assert.deepEqual([answer.status, answer.message()], [417, 'Expectation failed']);
});

scenario('interim responses reach clients that know them; 100 is ours alone', answering(() => `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\nX: 1\r\n\r\n${response('final')}`), async ({ connect }) => {
  const client = await connect();
  client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  const hints = await client.response();
  assert.deepEqual([hints.status, hints.headerLines], [103, ['Link: </a>']]);
  assert.equal((await client.response()).body, 'final');
  const old = await connect();
  old.send('GET / HTTP/1.0\r\n\r\n');
  assert.equal((await old.response()).status, 200);
});

scenario('Upgrade is not passed on, and 101 is no answer', answering((request) => (request.target === '/101' ? 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n' : response('plain'))), async ({ connect, origin }) => {
  const client = await connect();
  client.send(`GET / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  assert.equal((await client.response()).body, 'plain');
  assert.deepEqual([origin.requests[0]?.header('upgrade'), origin.requests[0]?.header('connection')], [undefined, undefined]);
  client.send(`GET /101 HTTP/1.1\r\n${HOST}\r\n`);
  assert.equal((await client.response()).status, 502);
});

scenario('a client that is answered before its body is complete can still read the answer', { routes: () => [{ path: '/nothing-else' }] }, async ({ connect }) => {
  const client = await connect();
  client.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 1000000\r\n\r\n`);
  for (let piece = 0; piece < 10; piece++) client.send('x'.repeat(50_000));
  const answer = await client.response();
  assert.deepEqual([answer.status, answer.header('connection')], [404, 'close']);
  await client.waitForEnd();
  assert.equal(client.error, undefined);
});

scenario('a response that comes before the request is complete reaches the client, and neither connection is used again', {}, async ({ connect, origin, proxy }) => {
  const client = await connect();
  client.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\nbegin`);
  await waitUntil('the request upstream', () => origin.received(1).endsWith('begin'));
  origin.writeToAll(response('early'));
  const answer = await client.response();
  assert.deepEqual([answer.body, answer.header('connection')], ['early', 'close']);
  await client.waitForEnd();
  await waitUntil('the upstream connection to go', () => origin.openConnections === 0);
  assert.deepEqual([proxy.stats().idleUpstream, proxy.stats().busyUpstream], [0, 0]);
});
