import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGrpcType, requestText, responseText, trailerText } from './field-text.ts';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test:8443', ':path', '/x?y'];
const POST = [':method', 'POST', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];

function textOf(fields: readonly string[], hasBody = false): string {
  const request = requestText(fields, hasBody);
  return request.kind === 'request' ? request.text : request.reason;
}

test('a list of fields becomes a head: host from :authority, cookies joined, one framing', () => {
  assert.equal(textOf(GET), 'GET /x?y HTTP/1.1\r\nHost: a.test:8443\r\n\r\n');
  assert.equal(textOf([...GET, 'cookie', 'a=1', 'x-a', 'b', 'cookie', 'b=2']), 'GET /x?y HTTP/1.1\r\nHost: a.test:8443\r\nx-a: b\r\ncookie: a=1; b=2\r\n\r\n');
  assert.equal(textOf(POST, true), 'POST / HTTP/1.1\r\nHost: a.test\r\ntransfer-encoding: chunked\r\n\r\n');
  assert.equal(textOf([...POST, 'content-length', '7'], true), 'POST / HTTP/1.1\r\nHost: a.test\r\ncontent-length: 7\r\n\r\n');
  assert.equal(textOf([...POST, 'content-length', '0']), 'POST / HTTP/1.1\r\nHost: a.test\r\ncontent-length: 0\r\n\r\n');
  assert.equal(textOf([':method', 'GET', ':scheme', 'http', ':path', '/', 'host', 'a.test']), 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  assert.equal(textOf([':method', 'OPTIONS', ':scheme', 'http', ':path', '*', ':authority', 'a']), 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(textOf([':method', 'CONNECT', ':authority', 'a:1'], true), 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\ntransfer-encoding: chunked\r\n\r\n');
});

test('host may repeat :authority in another spelling, not contradict it', () => {
  assert.equal(requestText([...GET, 'host', 'A.test:8443'], false).kind, 'request');
  assert.equal(textOf([...GET, 'host', 'a.test']), ':authority and host differ');
});

test('no byte of a list can end a line or begin another', () => {
  for (const bad of ['\r', '\n', '\0', '\x7f', '\x1f', '\x0b', '\u0100']) {
    for (const place of [`a${bad}b`, `${bad}b`, `a${bad}`]) {
      assert.equal(requestText([...GET, 'x-a', place], false).kind, 'malformed');
      assert.equal(requestText([...GET, `x${place}`, '1'], false).kind, 'malformed');
      for (const at of [1, 3, 5, 7]) assert.equal(requestText(GET.map((field, index) => (index === at ? field + place : field)), false).kind, 'malformed');
      assert.equal(responseText([':status', '200', 'x-a', place], true, false).kind, 'malformed');
      assert.notEqual(typeof trailerText(['x-a', place]), 'string');
    }
  }
  assert.equal(requestText([...GET, 'x-a', 'a\tb é'], false).kind, 'request');
});

test('a request says what it is: HEAD, gRPC, its deadline', () => {
  const call = requestText([...POST, 'content-type', 'application/grpc+proto', 'grpc-timeout', '5S'], true);
  assert.ok(call.kind === 'request');
  assert.deepEqual([call.isGrpc, call.grpcTimeout, call.isHead, call.framing, call.length], [true, '5S', false, 'chunked', -1]);
  assert.deepEqual(['application/grpc', 'application/grpc;x=1', 'application/grpc-web', 'application/grpcx', 'text/plain'].map(isGrpcType), [true, true, false, false, false]);
});

test('a response becomes a head whose framing tells where it ends', () => {
  const cases: readonly (readonly [fields: readonly string[], hasBody: boolean, isHead: boolean, text: string, framing: string])[] = [
    [[':status', '200', 'content-length', '5'], true, false, 'HTTP/1.1 200 \r\ncontent-length: 5\r\n\r\n', 'length'],
    [[':status', '200'], true, false, 'HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\n\r\n', 'chunked'],
    [[':status', '200'], false, false, 'HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\n\r\n', 'chunked'],
    [[':status', '204'], false, false, 'HTTP/1.1 204 \r\n\r\n', 'none'],
    [[':status', '304', 'content-length', '5'], false, false, 'HTTP/1.1 304 \r\ncontent-length: 5\r\n\r\n', 'none'],
    [[':status', '200', 'content-length', '5'], false, true, 'HTTP/1.1 200 \r\ncontent-length: 5\r\n\r\n', 'none'],
    [[':status', '103', 'link', '</a>'], true, false, 'HTTP/1.1 103 \r\nlink: </a>\r\n\r\n', 'none'],
  ];
  for (const [fields, hasBody, isHead, text, framing] of cases) {
    const response = responseText(fields, hasBody, isHead);
    assert.ok(response.kind === 'response');
    assert.deepEqual([response.text, response.framing], [text, framing]);
  }
});

test('a list that is no response is refused', () => {
  for (const fields of [[], [':status', '20'], [':status', '2000'], [':status', '099'], [':status', '200', ':status', '200'], ['x', '1', ':status', '200'], [':status', '200', 'connection', 'close'], [':status', '200', ':path', '/']]) {
    assert.equal(responseText(fields, true, false).kind, 'malformed');
  }
  assert.equal(responseText([':status', '200', 'content-length', '5'], false, false).kind, 'malformed');
});
