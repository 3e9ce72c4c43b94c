import assert from 'node:assert/strict';
import { test } from 'node:test';
import { looksLikeHttp2 } from './preface.ts';

test('the preface is told at any cut, and from everything else', () => {
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore');
  for (let length = 0; length <= preface.length; length++) assert.equal(looksLikeHttp2(preface.subarray(0, length)), length < 24 ? 'more' : 'yes');
  for (const other of ['POST / HTTP/1.1', 'PRI * HTTP/1.1', 'PRI * HTTP/2.0\r\n\r\nXX', 'G']) assert.equal(looksLikeHttp2(Buffer.from(other)), 'no');
});
