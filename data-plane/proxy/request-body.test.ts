import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestHead } from '../http1/message-head.ts';
import { PieceMemory } from '../http1/piece-memory.ts';
import { RequestBody } from './request-body.ts';

test('a body that comes byte by byte is held whole, in few pieces', () => {
  const body = new RequestBody(new PieceMemory());
  const head = new RequestHead(0);
  const sent = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 251));
  head.begin(0);
  head.contentLength = sent.length;
  body.begin(head, 0, false);
  let mostPieces = 0;
  for (let at = 0; at < sent.length; at++) {
    assert.equal(body.read(sent, at, at + 1), at + 1);
    body.hold(sent);
    mostPieces = Math.max(mostPieces, body.held.length);
  }
  assert.ok(mostPieces <= 256, `${mostPieces} pieces`);
  assert.deepEqual([body.complete, body.heldBytes, body.collect(0).equals(sent)], [true, sent.length, true]);
});
