import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PieceMemory } from './piece-memory.ts';

test('a block that was given back is used again, and only once', () => {
  const memory = new PieceMemory();
  const first = memory.take(10_000);
  assert.equal(first.length, 10_000);
  const second = memory.take(10_000);
  assert.notEqual(second.buffer, first.buffer);
  memory.giveBack(first);
  const third = memory.take(5_000);
  assert.deepEqual([third.buffer === first.buffer, third.length], [true, 5_000]);
  assert.notEqual(memory.take(5_000).buffer, first.buffer);
});

test('small and large pieces have memory of their own', () => {
  const memory = new PieceMemory();
  for (const bytes of [1, 4_095, 16_385]) {
    const piece = memory.take(bytes);
    assert.equal(piece.length, bytes);
    memory.giveBack(piece);
    assert.notEqual(memory.take(10_000).buffer, piece.buffer);
  }
});
