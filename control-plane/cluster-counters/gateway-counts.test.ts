import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CountedWindow } from '../../shared/wire/sync-message.ts';
import { GatewayCounts } from './gateway-counts.ts';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const minute = (counts: Readonly<Record<string, number>>, over: Partial<CountedWindow> = {}): CountedWindow => ({ startMs: NOW, windowMs: MINUTE, isSliding: false, keys: Object.keys(counts), counts: Object.values(counts), ...over });
const open = (most = 100): GatewayCounts => new GatewayCounts((size) => size < most);

/** What the origin is told of the others, by key. */
function toldOf(counts: GatewayCounts, origin: string, after = 0, most = 100) {
  const { windows, revision } = counts.changesFor(origin, after, most);
  return { revision, told: Object.fromEntries(windows.flatMap(({ keys, counts: numbers }) => keys.map((key, index) => [key, numbers[index]]))) };
}

test('each is told what the others counted, and of nothing twice', () => {
  const counts = open();
  counts.take('a', [minute({ x: 3, y: 1 })], NOW);
  counts.take('b', [minute({ x: 4 })], NOW);
  counts.take('c', [minute({ x: 5 })], NOW);
  assert.deepEqual(toldOf(counts, 'a').told, { x: 9 });
  assert.deepEqual(toldOf(counts, 'b').told, { x: 8, y: 1 });
  const { told, revision } = toldOf(counts, 'd');
  assert.deepEqual(told, { x: 12, y: 1 });
  assert.deepEqual(toldOf(counts, 'd', revision).told, {});
  counts.take('a', [minute({ y: 2 })], NOW);
  assert.deepEqual(toldOf(counts, 'd', revision).told, { y: 2 });
  assert.deepEqual(toldOf(counts, 'a', revision).told, {}, 'nobody is told of itself');
});

test('who was told when somebody else changed it is told, though it changed it last itself', () => {
  const counts = open();
  counts.take('a', [minute({ x: 1 })], NOW);
  const { revision } = toldOf(counts, 'a');
  counts.take('b', [minute({ x: 2 })], NOW);
  counts.take('a', [minute({ x: 5 })], NOW);
  assert.deepEqual(toldOf(counts, 'a', revision).told, { x: 2 });
});

test('counts that come twice, late or smaller change nothing', () => {
  const counts = open();
  assert.equal(counts.take('a', [minute({ x: 7 })], NOW).length, 1);
  for (const again of [7, 3, 0]) assert.deepEqual(counts.take('a', [minute({ x: again })], NOW), []);
  assert.deepEqual(toldOf(counts, 'b').told, { x: 7 });
});

test('a long list is told in portions, the oldest changes first, none left out', () => {
  const counts = open();
  counts.take('a', [minute(Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`k${index}`, index + 1])))], NOW);
  const seen: string[] = [];
  let revision = 0;
  for (let turn = 0; turn < 4; turn += 1) {
    const portion = toldOf(counts, 'b', revision, 3);
    seen.push(...Object.keys(portion.told));
    revision = portion.revision;
  }
  assert.deepEqual(seen, Array.from({ length: 10 }, (_, index) => `k${index}`));
});

test('windows of different lengths, starts and kinds are apart', () => {
  const counts = open();
  counts.take('a', [minute({ x: 1 }), minute({ x: 2 }, { windowMs: 3_600_000 }), minute({ x: 3 }, { isSliding: true }), minute({ x: 4 }, { startMs: NOW - MINUTE })], NOW - 1);
  assert.deepEqual(counts.changesFor('b', 0, 100).windows.map(({ counts: [count] }) => count), [1, 2, 3, 4]);
});

test('a window is dropped when it is over, one that slides a window later', () => {
  const counts = open();
  counts.take('a', [minute({ x: 1, y: 1 }), minute({ x: 2 }, { isSliding: true })], NOW);
  counts.dropEnded(NOW + 2 * MINUTE - 1);
  assert.equal(counts.size, 3, 'clocks may differ by a minute');
  counts.dropEnded(NOW + 2 * MINUTE);
  assert.deepEqual([counts.size, toldOf(counts, 'b').told], [1, { x: 2 }]);
  counts.dropEnded(NOW + 3 * MINUTE);
  assert.deepEqual([counts.size, toldOf(counts, 'b').told], [0, {}]);
  counts.take('a', [minute({ z: 1 }, { startMs: NOW + 3 * MINUTE })], NOW + 3 * MINUTE);
  assert.deepEqual(toldOf(counts, 'b').told, { z: 1 });
});

test('windows that can not be are passed over: of the far future, of the past, of no length, of more than a year', () => {
  const counts = open();
  for (const odd of [{ startMs: NOW + 2 * MINUTE }, { startMs: NOW - 3 * MINUTE }, { windowMs: 0 }, { startMs: 0, windowMs: 400 * 86_400_000 }, { startMs: 0, windowMs: Number.MAX_SAFE_INTEGER }]) {
    assert.deepEqual(counts.take('a', [minute({ x: 1 }, odd)], NOW), []);
  }
  assert.equal(counts.size, 0);
});

test('without room what is new is refused, and what is known still counts', () => {
  const counts = open(2);
  counts.take('a', [minute({ x: 1, y: 1, z: 1 })], NOW);
  counts.take('b', [minute({ x: 1 })], NOW);
  assert.deepEqual([counts.size, counts.takeRefused(), counts.takeRefused()], [2, 2, 0]);
  counts.take('a', [minute({ x: 9 })], NOW);
  assert.deepEqual(toldOf(counts, 'b').told, { x: 9, y: 1 });
  counts.dropEnded(NOW + 2 * MINUTE);
  counts.take('b', [minute({ q: 1 }, { startMs: NOW + 2 * MINUTE })], NOW + 2 * MINUTE);
  assert.equal(counts.size, 1);
});

test('sums do not leave the whole numbers', () => {
  const counts = open();
  counts.take('a', [minute({ x: Number.MAX_SAFE_INTEGER })], NOW);
  counts.take('b', [minute({ x: Number.MAX_SAFE_INTEGER })], NOW);
  assert.deepEqual(toldOf(counts, 'c').told, { x: Number.MAX_SAFE_INTEGER });
});

test('everything there is can be told, by who counted it', () => {
  const [counts, other] = [open(), open()];
  counts.take('a', [minute({ x: 1, y: 2 })], NOW);
  counts.take('b', [minute({ x: 3 })], NOW);
  for (const { origin, window } of counts.everything()) other.take(origin, [window], NOW);
  assert.deepEqual([toldOf(other, 'a').told, toldOf(other, 'b').told], [{ x: 3 }, { x: 1, y: 2 }]);
});
