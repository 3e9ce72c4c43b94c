/** HTTP/2 from clients: what a stream means reaches the origin as one HTTP/1.1 message and comes back; what means nothing reaches nobody. */
import assert from 'node:assert/strict';
import { Http2Client } from './support/http2-client.ts';
import { CODE, FLAG, frame, FRAME, FrameClient, GET, POST, block, uint32, type Fields } from './support/http2-frames.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { waitUntil } from './support/wait-until.ts';

const OWN = /^(?:x-forwarded-|x-real-ip|x-kong-|via)/i;

/** The lines of a request at the origin that are not the gateway's own. */
function linesOf(raw: string): string[] {
  return raw.slice(0, raw.indexOf('\r\n\r\n')).split('\r\n').filter((line) => !OWN.test(line));
}

scenario('a request becomes the message that it means', {}, async ({ port, origin }) => {
  const client = await Http2Client.open(port);
  const answer = await client.exchange({ ':path': '/books?id=1', ':authority': 'books.test', accept: '*/*', cookie: ['a=1', 'b=2'], 'x-list': ['1', '2'], te: 'trailers' });
  assert.deepEqual([answer.status, String(answer.body), answer.header('content-length')], [200, 'hello', '5']);
  assert.deepEqual(linesOf(origin.requests[0]?.raw ?? ''), [
    'GET /books?id=1 HTTP/1.1', `Host: 127.0.0.1:${origin.port}`, 'accept: */*', 'x-list: 1', 'x-list: 2', 'cookie: a=1; b=2', 'Connection: TE', 'TE: trailers',
  ]);
  assert.match(origin.requests[0]?.raw ?? '', /\r\nX-Forwarded-Host: books\.test\r\n[^]*\r\nVia: 2 holdfast/);
  client.close();
});

scenario('a body goes on by its length, or in chunks where it has none, with its trailers', {}, async ({ port, origin }) => {
  const client = await Http2Client.open(port);
  await client.exchange({ ':method': 'POST', 'content-length': '5' }, 'hello');
  await client.exchange({ ':method': 'POST' }, 'hello');
  await client.exchange({ ':method': 'POST', te: 'trailers' }, 'hello', { 'x-sum': '42', 'transfer-encoding-x': '1' });
  await client.exchange({ ':method': 'POST' }, '');
  const [length, chunked, trailed, empty] = origin.requests;
  assert.deepEqual([length?.header('content-length'), length?.header('transfer-encoding'), length?.body], ['5', undefined, 'hello']);
  assert.deepEqual([chunked?.header('content-length'), chunked?.header('transfer-encoding'), chunked?.body], [undefined, 'chunked', 'hello']);
  assert.match(trailed?.raw ?? '', /\r\n0\r\nx-sum: 42\r\n/);
  assert.deepEqual([empty?.header('transfer-encoding'), empty?.body], ['chunked', '']);
  client.close();
});

scenario('responses of every framing become streams that end as they should', {
  responder: ({ target }) => {
    switch (target) {
      case '/chunked': return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 42\r\n\r\n';
      case '/empty': return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
      case '/204': return 'HTTP/1.1 204 No Content\r\n\r\n';
      case '/304': return 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "x"\r\n\r\n';
      case '/205': return 'HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nok';
      case '/700': return 'HTTP/1.1 700 Odd\r\nContent-Length: 0\r\n\r\n';
      case '/hop': return response('ok', ['Connection: keep-alive, X-Hop', 'X-Hop: 1', 'Keep-Alive: timeout=5', 'Proxy-Connection: close', 'HTTP2-Settings: AA', 'X-Upper: Y', 'Set-Cookie: a', 'Set-Cookie: b', 'Location: /x', 'Location: /y']);
      case '/hints': return 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
      default: return undefined;
    }
  },
}, async ({ port, proxy }) => {
  const client = await Http2Client.open(port);
  const get = (path: string) => client.exchange({ ':path': path });
  const chunked = await get('/chunked');
  assert.deepEqual([String(chunked.body), { ...chunked.trailers }, chunked.header('transfer-encoding'), chunked.resetCode], ['hello', { 'x-sum': '42' }, undefined, 0]);
  assert.deepEqual([(await get('/empty')).endsWithHead, (await get('/204')).endsWithHead], [true, true]);
  const notModified = await get('/304');
  assert.deepEqual([notModified.status, notModified.header('etag'), notModified.endsWithHead], [304, '"x"', true]);
  const head = await client.exchange({ ':path': '/chunked', ':method': 'HEAD' });
  assert.deepEqual([head.status, head.body.length, head.endsWithHead, head.resetCode], [200, 0, true, 0]);
  assert.deepEqual([(await get('/205')).status, (await get('/700')).resetCode], [205, CODE.INTERNAL_ERROR]);
  await waitUntil('all to be over', () => proxy.stats().activeRequests === 0);
  const hop = await get('/hop');
  assert.deepEqual(hop.fields.filter((_, index) => index % 2 === 0 && !OWN.test(hop.fields[index] ?? '') && hop.fields[index] !== 'date'), [':status', 'x-upper', 'set-cookie', 'set-cookie', 'location', 'location', 'content-length']);
  const hints = await get('/hints');
  assert.deepEqual([hints.interim, hints.status], [['103'], 200]);
  client.close();
});

scenario('Expect: 100-continue is answered by us', {}, async ({ port, origin }) => {
  const client = await Http2Client.open(port);
  const stream = client.start({ ':method': 'POST', expect: '100-continue', 'content-length': '2' }, true);
  await new Promise((resolve) => stream.once('continue', resolve));
  assert.equal(origin.requests.length, 0);
  stream.end('ok');
  await waitUntil('the request at the origin', () => origin.requests[0]?.body === 'ok');
  assert.equal(origin.requests[0]?.header('expect'), undefined);
  client.close();
});

scenario('refusals are answers like any other, and the connection goes on', { routes: () => [{ path: '/only', service: { port: 1 } }] }, async ({ port, proxy, records }) => {
  const client = await Http2Client.open(port);
  const answers = await Promise.all([
    client.exchange({ ':path': '/other' }), client.exchange({ ':path': '/%00' }), client.exchange({ ':path': '/', 'transfer-encodin': 'x', 'x-big': 'x'.repeat(30_000) }),
    client.exchange({ ':path': '/only' }), client.exchange({ ':path': `/${'a'.repeat(9_000)}` }),
  ]);
  assert.deepEqual(answers.map(({ status }) => status), [404, 400, 404, 502, 414]);
  assert.equal(answers[0]?.header('connection'), undefined);
  assert.deepEqual([proxy.stats().connections, records.length], [1, 5]);
  client.close();
});

const MALFORMED: readonly (readonly [what: string, fields: Fields])[] = [
  ['no :path', [[':method', 'GET'], [':scheme', 'http'], [':authority', 'a.test']]],
  ['an empty :path', [[':method', 'GET'], [':scheme', 'http'], [':authority', 'a.test'], [':path', '']]],
  [':path in absolute form', [[':method', 'GET'], [':scheme', 'http'], [':authority', 'a.test'], [':path', 'http://b.test/']]],
  ['a space in :path', [[':method', 'GET'], [':scheme', 'http'], [':authority', 'a.test'], [':path', '/ HTTP/1.1']]],
  ['a line end in :path', [[':method', 'GET'], [':scheme', 'http'], [':authority', 'a.test'], [':path', '/\r\nX-Smuggled: 1']]],
  ['a space in :method', [[':method', 'GET /x'], [':scheme', 'http'], [':authority', 'a.test'], [':path', '/']]],
  ['a line end in :authority', [[':method', 'GET'], [':scheme', 'http'], [':authority', 'a.test\r\nX: y'], [':path', '/']]],
  ['two :method', [...GET, [':method', 'POST']]],
  ['two :path', [...GET, [':path', '/other']]],
  ['an unknown pseudo-header', [...GET, [':other', 'x']]],
  ['a pseudo-header behind a field', [[':method', 'GET'], [':scheme', 'http'], ['x-a', '1'], [':path', '/'], [':authority', 'a.test']]],
  ['another scheme', [[':method', 'GET'], [':scheme', 'ftp'], [':authority', 'a.test'], [':path', '/']]],
  ['a host that differs', [...GET, ['host', 'other.test']]],
  ['two hosts', [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], ['host', 'a.test'], ['host', 'a.test']]],
  ['upper case in a name', [...GET, ['X-Upper', '1']]],
  ['connection', [...GET, ['connection', 'close']]],
  ['transfer-encoding', [...POST, ['transfer-encoding', 'chunked']]],
  ['upgrade', [...GET, ['upgrade', 'websocket']]],
  ['keep-alive', [...GET, ['keep-alive', '1']]],
  ['proxy-connection', [...GET, ['proxy-connection', 'close']]],
  ['te beyond trailers', [...GET, ['te', 'gzip']]],
  ['a content-length that the stream does not keep', [...POST, ['content-length', '5']]],
  ['two content-lengths', [...POST, ['content-length', '0'], ['content-length', '0']]],
  ['a content-length that is no number', [...POST, ['content-length', '+0']]],
];

scenario('a list that is no request is reset and reaches nobody; the connection serves on', {}, async ({ port, origin }) => {
  const client = await FrameClient.open(port);
  let stream = 1;
  for (const [what, fields] of MALFORMED) {
    client.headers(stream, fields);
    assert.equal(await client.answered(stream), false, what);
    assert.equal(await client.resetCode(stream), CODE.PROTOCOL_ERROR, what);
    stream += 2;
  }
  client.headers(stream, GET);
  assert.equal(await client.answered(stream), true);
  assert.equal(origin.requests.length, 1);
  client.close();
});

scenario('a field that no line may hold never gets to the origin', {}, async ({ port, origin }) => {
  const client = await FrameClient.open(port);
  let stream = 1;
  for (const [name, value] of [['x-a', 'b\r\nX-Smuggled: 1'], ['x-a', 'b\nX-Smuggled: 1'], ['x-a', 'b\0c'], ['x-a', ' b'], ['x-a', 'b '], ['x-a', 'b\x7f'], ['x smuggled', '1'], ['x-smuggled:', '1'], ['', '1'], ['x-a\r\nx-smuggled', '1']] as const) {
    client.headers(stream, [...GET, [name, value]]);
    await client.answered(stream);
    stream += 2;
  }
  for (const { raw } of origin.requests) assert.doesNotMatch(raw, /smuggled|x-a|\0/i);
  client.close();
});

scenario('content-length binds: a stream with more or less data reaches nobody', {}, async ({ port, origin, proxy }) => {
  for (const length of ['3', '5']) {
    const client = await FrameClient.open(port);
    client.headers(1, [...POST, ['content-length', length]], false);
    client.send(frame(FRAME.DATA, FLAG.END_STREAM, 1, Buffer.from('four')));
    // The library ends the connection for too much, and the stream for too little.
    await waitUntil('an end', () => client.closed || client.of(FRAME.RST_STREAM, 1).length > 0);
    client.close();
  }
  await waitUntil('both to end', () => proxy.stats().activeRequests === 0 && proxy.stats().connections === 0);
  assert.deepEqual(origin.requests, []);
});

scenario('trailers with pseudo-headers are a reset', {}, async ({ port, origin }) => {
  const client = await FrameClient.open(port);
  client.headers(1, POST, false);
  client.send(frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 1, block([[':path', '/other']])));
  assert.equal(await client.resetCode(1), CODE.PROTOCOL_ERROR);
  assert.equal(origin.requests.length, 0);
  client.close();
});

scenario('CONNECT is refused', {}, async ({ port, proxy }) => {
  const client = await FrameClient.open(port);
  client.headers(1, [[':method', 'CONNECT'], [':authority', 'inside.test:22']], false);
  assert.equal(await client.answered(1), true);
  assert.deepEqual(proxy.stats().refusals, { HTTP1_METHOD_UNSUPPORTED: 1 });
  client.close();
});

scenario('what begins like the preface and is not stays HTTP/1', {}, async ({ connect }) => {
  const client = await connect();
  client.send('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n');
  assert.equal((await client.response()).status, 505);
});

scenario('an HTTP/2 connection counts among those of its address as long as it lives', { proxy: { limits: { maxConnectionsPerAddress: 1 } } }, async ({ port, proxy, exchange }) => {
  const client = await Http2Client.open(port);
  assert.equal((await client.exchange({})).status, 200);
  assert.equal((await exchange('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')).status, 503);
  assert.equal(proxy.stats().connections, 1);
  client.close();
  await waitUntil('the connection to be gone', () => proxy.stats().connections === 0);
  assert.equal((await exchange('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')).status, 200);
});

scenario('a request that is reset in the middle never looks complete, whatever the code', {}, async ({ port, origin, proxy }) => {
  const client = await FrameClient.open(port);
  for (const [index, code] of [CODE.NO_ERROR, CODE.CANCEL, CODE.INTERNAL_ERROR].entries()) {
    const stream = index * 2 + 1;
    client.headers(stream, POST, false);
    client.send(frame(FRAME.DATA, 0, stream, Buffer.from('hel')));
    await waitUntil('the request at the origin', () => proxy.stats().busyUpstream === 1);
    client.send(frame(FRAME.RST_STREAM, 0, stream, uint32(code)));
    await waitUntil('the end', () => proxy.stats().activeRequests === 0);
  }
  assert.deepEqual(origin.requests, []);
  client.close();
});
