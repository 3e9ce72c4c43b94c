import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitingBytes } from './waiting-bytes.ts';

test('small pieces are gathered in order, whatever happens to their memory afterwards', () => {
  const waiting = new WaitingBytes();
  const piece = Buffer.alloc(3);
  let expected = '';
  for (let index = 0; index < 1_000; index++) {
    piece.write(String(index % 1_000).padStart(3, '0'));
    assert.ok(waiting.add(piece));
    expected += piece.toString();
  }
  assert.equal(waiting.length, 3_000);
  const taken = waiting.take();
  assert.equal(waiting.length, 0);
  waiting.add(Buffer.from('later'));
  assert.equal(taken.toString(), expected);
  assert.equal(waiting.take().toString(), 'later');
});

test('large pieces, and what no longer fits, are left to the caller', () => {
  const waiting = new WaitingBytes();
  assert.equal(waiting.add(Buffer.alloc(4_097)), false);
  for (let index = 0; index < 16; index++) assert.ok(waiting.add(Buffer.alloc(4_096)));
  assert.equal(waiting.add(Buffer.alloc(1)), false);
  assert.equal(waiting.take().length, 65_536);
  assert.ok(waiting.add(Buffer.alloc(1)));
});
