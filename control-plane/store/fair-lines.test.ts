import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairLines } from './fair-lines.ts';

function filled(most: number, texts: Readonly<Record<string, number>>): FairLines {
  const lines = new FairLines(most);
  for (const [owner, count] of Object.entries(texts)) for (let index = 1; index <= count; index += 1) lines.add(owner, `${owner}${index}`);
  return lines;
}

test('owners have their turn one after the other, each in its own order', () => {
  const lines = filled(100, { a: 4, b: 1, c: 2 });
  assert.deepEqual(lines.take(4), ['a1', 'b1', 'c1', 'a2']);
  assert.deepEqual(lines.take(2), ['c2', 'a3']);
  assert.deepEqual([lines.take(9), lines.take(9), lines.size], [['a4'], [], 0]);
});

test('one who floods takes the place of nobody, and loses what is its own', () => {
  const lines = filled(10, { flood: 1_000, other: 3, third: 1 });
  assert.equal(lines.size, 10);
  assert.deepEqual(lines.take(10), ['flood1', 'other1', 'third1', 'flood2', 'other2', 'flood3', 'other3', 'flood4', 'flood5', 'flood6']);
});

test('where every line has one, there is no room', () => {
  const lines = filled(2, { a: 1, b: 1, c: 1 });
  assert.deepEqual(lines.take(9), ['a1', 'b1']);
});
