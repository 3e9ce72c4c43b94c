/** Amounts, counting without a limit, and windows that slide, in the table that threads share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mapCounterTable } from '../../shared/plugin-kit/map-counter-table.ts';
import type { CounterWindow } from '../../shared/plugins/plugin-services.ts';
import { allocateCounterTable, SharedCounterTable } from './shared-counter-table.ts';

const MINUTE = 60_000;

function openTable(slots = 64) {
  let nowMs = MINUTE;
  const clock = { nowMs: () => nowMs };
  const table = new SharedCounterTable(allocateCounterTable(slots), { threadId: 0, clock });
  return { table, at: (ms: number) => { nowMs = ms; } };
}

const fixed = (limit: number, startMs = MINUTE): CounterWindow => ({ startMs, windowMs: MINUTE, limit });
const sliding = (limit: number, startMs = MINUTE): CounterWindow => ({ ...fixed(limit, startMs), isSliding: true });

test('an amount is counted whole or not at all', () => {
  const { table } = openTable();
  assert.deepEqual(table.take('k', [fixed(10)], 7), { kind: 'taken', remaining: [3] });
  assert.deepEqual(table.take('k', [fixed(10)], 4), { kind: 'over', exceeded: [0], remaining: [3] });
  assert.deepEqual(table.take('k', [fixed(10)], 3), { kind: 'taken', remaining: [0] });
  assert.deepEqual(table.take('k', [fixed(10)], 0), { kind: 'taken', remaining: [0] });
  assert.equal(table.take('k', [fixed(10)]).kind, 'over');
  assert.deepEqual(table.take('fraction', [fixed(1)], 0.25), { kind: 'taken', remaining: [0.75] });
});

test('what is added counts over the limit too, and can be taken back down to nothing', () => {
  const { table, at } = openTable();
  assert.deepEqual(table.add('k', [fixed(10), { ...fixed(5, 0), windowMs: 3_600_000 }], 12), [12, 12]);
  assert.deepEqual(table.take('k', [fixed(10)]), { kind: 'over', exceeded: [0], remaining: [0] });
  assert.deepEqual([table.add('k', [fixed(10)], -5), table.add('k', [fixed(10)], 0), table.add('k', [fixed(10)], -100)], [[7], [7], [0]]);
  assert.deepEqual([table.add('none', [fixed(1)], -1), table.add('none', [fixed(1)], 0)], [[0], [0]]);
  table.add('late', [fixed(10)], 3);
  at(2 * MINUTE);
  table.add('late', [fixed(10, 2 * MINUTE)], 4);
  table.add('late', [fixed(10)], -3);
  assert.deepEqual(table.add('late', [fixed(10, 2 * MINUTE)], 0), [4], 'what is taken back late is not taken from the next window');
});

test('of the window before, the part counts that is less than a window back', () => {
  const { table, at } = openTable();
  assert.deepEqual(table.take('k', [sliding(100)], 80), { kind: 'taken', remaining: [20] });
  at(2 * MINUTE);
  assert.deepEqual(table.take('k', [sliding(100, 2 * MINUTE)], 0), { kind: 'taken', remaining: [20] });
  at(2.5 * MINUTE);
  assert.deepEqual(table.take('k', [sliding(100, 2 * MINUTE)], 60), { kind: 'taken', remaining: [0] });
  assert.equal(table.take('k', [sliding(100, 2 * MINUTE)]).kind, 'over');
  at(2.75 * MINUTE);
  assert.deepEqual(table.take('k', [sliding(100, 2 * MINUTE)], 0), { kind: 'taken', remaining: [20] });
  at(3 * MINUTE);
  assert.deepEqual(table.take('k', [sliding(100, 3 * MINUTE)], 0), { kind: 'taken', remaining: [40] });
  at(5 * MINUTE);
  assert.deepEqual(table.take('k', [sliding(100, 5 * MINUTE)], 0), { kind: 'taken', remaining: [100] }, 'older windows do not count');
});

test('a window that slides finds what was counted while it did not, and the other way round', () => {
  const { table, at } = openTable();
  table.take('k', [fixed(100)], 40);
  assert.deepEqual(table.take('k', [sliding(100)], 10), { kind: 'taken', remaining: [50] });
  at(2 * MINUTE);
  assert.deepEqual(table.take('k', [sliding(100, 2 * MINUTE)], 1), { kind: 'taken', remaining: [49] });
  assert.deepEqual(table.take('k', [fixed(100, 2 * MINUTE)], 1), { kind: 'taken', remaining: [98] });
});

test('a sliding window keeps its place one window longer than another, and then gives it back', () => {
  const { table, at } = openTable(64);
  for (let client = 0; client < 64; client += 1) table.take(`old ${client}`, [sliding(10)], 10);
  at(2.5 * MINUTE);
  assert.equal(table.take('new', [sliding(10, 2 * MINUTE)]).kind, 'full');
  at(3 * MINUTE + 1_000);
  assert.equal(table.take('new', [sliding(10, 3 * MINUTE)]).kind, 'taken');
});

test('where another thread is in the next window already, what it counted counts', () => {
  const { table, at } = openTable();
  table.take('k', [sliding(100)], 50);
  at(2 * MINUTE);
  table.take('k', [sliding(100, 2 * MINUTE)], 30);
  at(2 * MINUTE - 5);
  assert.deepEqual(table.take('k', [sliding(100)], 0), { kind: 'taken', remaining: [20] });
});

test('whatever is asked in whatever order, the answers are those of a plain map', () => {
  const step = fc.record({
    advanceMs: fc.constantFrom(0, 0, 1, 17, 250, 400, 999, 1_000, 2_500),
    key: fc.constantFrom('a', 'b', 'c'),
    windows: fc.uniqueArray(fc.constantFrom(250, 1_000, 3_000), { minLength: 1, maxLength: 3 }),
    limit: fc.integer({ min: 1, max: 12 }),
    amount: fc.integer({ min: -4, max: 6 }),
    isTake: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, isSliding) => {
    let nowMs = 1_000_000;
    const plain = mapCounterTable(() => nowMs);
    const table = new SharedCounterTable(allocateCounterTable(64), { threadId: 0, clock: { nowMs: () => nowMs } });
    for (const { advanceMs, key, windows, limit, amount, isTake } of steps) {
      nowMs += advanceMs;
      const asked = windows.map((windowMs): CounterWindow => ({ windowMs, startMs: nowMs - (nowMs % windowMs), limit, ...(isSliding ? { isSliding: true as const } : {}) }));
      if (isTake) assert.deepEqual(table.take(key, asked, Math.abs(amount)), plain.take(key, asked, Math.abs(amount)));
      else assert.deepEqual(table.add(key, asked, amount), plain.add(key, asked, amount));
    }
  }), { numRuns: 300 });
});
