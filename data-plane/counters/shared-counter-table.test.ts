import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { CounterWindow } from '../../shared/plugins/plugin-services.ts';
import { allocateCounterTable, SharedCounterTable } from './shared-counter-table.ts';

function openTable(slots: number) {
  const clock = { nowMs: () => nowMs };
  let nowMs = 60_000;
  const table = new SharedCounterTable(allocateCounterTable(slots), { threadId: 0, clock });
  return { table, at: (ms: number) => { nowMs = ms; } };
}

function minute(limit: number, startMs = 60_000): CounterWindow {
  return { startMs, windowMs: 60_000, limit };
}

test('a window takes up to its limit and then refuses without counting', () => {
  const { table } = openTable(64);
  assert.deepEqual(table.take('k', [minute(2)]), { kind: 'taken', remaining: [1] });
  assert.deepEqual(table.take('k', [minute(2)]), { kind: 'taken', remaining: [0] });
  assert.deepEqual(table.take('k', [minute(2)]), { kind: 'over', exceeded: [0], remaining: [0] });
  assert.deepEqual(table.take('other', [minute(2)]), { kind: 'taken', remaining: [1] });
});

test('a request over one window counts in none', () => {
  const { table } = openTable(64);
  const hour: CounterWindow = { startMs: 0, windowMs: 3_600_000, limit: 10 };
  table.take('k', [minute(1), hour]);
  assert.deepEqual(table.take('k', [minute(1), hour]), { kind: 'over', exceeded: [0], remaining: [0, 9] });
  assert.deepEqual(table.take('k', [hour]), { kind: 'taken', remaining: [8] });
});

test('a new window starts at nothing, in the same slot', () => {
  const { table, at } = openTable(64);
  for (let start = 60_000; start < 60_000 * 500; start += 60_000) {
    at(start);
    assert.deepEqual(table.take('k', [minute(1, start)]), { kind: 'taken', remaining: [0] });
    assert.equal(table.take('k', [minute(1, start)]).kind, 'over');
  }
});

test('a clock that steps back does not open a window again', () => {
  const { table } = openTable(64);
  table.take('k', [minute(1, 120_000)]);
  assert.equal(table.take('k', [minute(1, 60_000)]).kind, 'over');
});

test('what comes late, for a window that ended long ago, does not begin the present one anew', () => {
  const { table, at } = openTable(64);
  table.take('k', [minute(9)]);
  at(60_000 * 10);
  assert.deepEqual(table.take('k', [minute(9, 60_000 * 10)], 9), { kind: 'taken', remaining: [0] });
  table.add('k', [minute(9)], 1);
  assert.equal(table.take('k', [minute(9, 60_000 * 10)]).kind, 'over');
});

test('counts made while the clock was far ahead refuse nobody once it is right again, and give their room back', () => {
  const { table, at } = openTable(64);
  const year = 31_536_000_000;
  at(year);
  for (let index = 0; index < 64; index += 1) table.take(`client ${index}`, [minute(1, year)]);
  at(60_000);
  assert.deepEqual(table.take('client 7', [minute(2)]), { kind: 'taken', remaining: [1] });
  assert.deepEqual(table.take('client 7', [minute(2)]), { kind: 'taken', remaining: [0] });
  assert.deepEqual(table.take('client 7', [minute(2)]), { kind: 'over', exceeded: [0], remaining: [0] });
  assert.equal(table.take('one more', [minute(1)]).kind, 'taken');
});

test('a changed limit finds the counts as they are', () => {
  const { table } = openTable(64);
  for (let count = 0; count < 5; count += 1) table.take('k', [minute(5)]);
  assert.deepEqual(table.take('k', [minute(8)]), { kind: 'taken', remaining: [2] });
  assert.deepEqual(table.take('k', [minute(3)]), { kind: 'over', exceeded: [0], remaining: [0] });
});

test('a full table takes no new client until entries expire, and keeps counting those it has', () => {
  const { table, at } = openTable(64);
  for (let index = 0; index < 64; index += 1) assert.equal(table.take(`client ${index}`, [minute(2)]).kind, 'taken');
  assert.equal(table.take('one more', [minute(2)]).kind, 'full');
  assert.deepEqual(table.take('client 7', [minute(2)]), { kind: 'taken', remaining: [0] });
  assert.equal(table.stats().full, 1);

  at(120_500);
  assert.equal(table.take('one more', [minute(2, 120_000)]).kind, 'full', 'a window is kept for a second after its end');
  at(121_000);
  for (let index = 0; index < 64; index += 1) assert.equal(table.take(`late client ${index}`, [minute(2, 120_000)]).kind, 'taken');
  assert.equal(table.take('client 7', [minute(2, 120_000)]).kind, 'full', 'expired entries were given away');
});

test('where there is room for one of two windows, neither is counted', () => {
  const { table } = openTable(64);
  const hour: CounterWindow = { startMs: 0, windowMs: 3_600_000, limit: 10 };
  for (let index = 0; index < 63; index += 1) table.take(`client ${index}`, [minute(2)]);
  assert.equal(table.take('k', [minute(2), hour]).kind, 'full');
  assert.deepEqual(table.take('k', [minute(2)]), { kind: 'taken', remaining: [1] });
});

test("a key's own expired slot is not given to its other window", () => {
  const { table, at } = openTable(64);
  table.take('k', [minute(1)]);
  at(600_000);
  const windows = [minute(1, 600_000), { startMs: 0, windowMs: 3_600_000, limit: 10 }];
  assert.deepEqual(table.take('k', windows), { kind: 'taken', remaining: [0, 9] });
  assert.deepEqual(table.take('k', windows), { kind: 'over', exceeded: [0], remaining: [0, 9] });
});

test('a third of the capacity is live before any bucket is near its end', () => {
  const { table } = openTable(65_536);
  for (let index = 0; index < 21_845; index += 1) assert.equal(table.take(`client ${index}`, [minute(1)]).kind, 'taken');
  assert.equal(table.stats().full, 0);
});

test('limits up to the largest whole number are exact', () => {
  const { table } = openTable(64);
  assert.deepEqual(table.take('k', [minute(Number.MAX_SAFE_INTEGER)]), { kind: 'taken', remaining: [Number.MAX_SAFE_INTEGER - 1] });
});

test('a key that is kept counts where its text counts, in whatever windows are asked for', () => {
  const { table } = openTable(64);
  const key = { text: 'k', known: undefined };
  const hour: CounterWindow = { startMs: 0, windowMs: 3_600_000, limit: 10 };
  assert.deepEqual(table.take('k', [minute(5)]), { kind: 'taken', remaining: [4] });
  assert.deepEqual(table.take(key, [minute(5), hour]), { kind: 'taken', remaining: [3, 9] });
  assert.deepEqual(table.take(key, [hour, minute(5)]), { kind: 'taken', remaining: [8, 2] });
  assert.deepEqual(table.take('k', [minute(5), hour]), { kind: 'taken', remaining: [1, 7] });
  assert.deepEqual(openTable(64).table.take(key, [minute(5)]), { kind: 'taken', remaining: [4] });
});

test('a kept key whose slot has gone to another client does not count as that one', () => {
  const { table, at } = openTable(64);
  const key = { text: 'k', known: undefined };
  table.take(key, [minute(5)]);
  at(300_000);
  const others = Array.from({ length: 64 }, (_, n) => `other ${n}`);
  for (const other of others) assert.deepEqual(table.take(other, [minute(5, 300_000)]), { kind: 'taken', remaining: [4] });
  assert.deepEqual(table.take(key, [minute(5, 300_000)]), { kind: 'full' });
  for (const other of others) assert.deepEqual(table.take(other, [minute(5, 300_000)]), { kind: 'taken', remaining: [3] });
  at(600_000);
  assert.deepEqual(table.take(key, [minute(5, 600_000)]), { kind: 'taken', remaining: [4] });
});
