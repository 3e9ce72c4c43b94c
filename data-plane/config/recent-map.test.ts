import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentMap } from './recent-map.ts';

test('the last keys are there, and never more than twice as many', () => {
  const map = new RecentMap<{ readonly n: number }>(10);
  for (let n = 0; n < 1_000; n += 1) map.set(`${n}`, { n });
  for (let n = 990; n < 1_000; n += 1) assert.deepEqual(map.get(`${n}`), { n });
  let held = 0;
  for (let n = 0; n < 1_000; n += 1) if (map.get(`${n}`) !== undefined) held += 1;
  assert.ok(held >= 10 && held <= 20, `${held} are held`);
});

test('what is asked for stays, however much else comes', () => {
  const map = new RecentMap<{ readonly n: number }>(10);
  map.set('kept', { n: -1 });
  for (let n = 0; n < 1_000; n += 1) {
    map.set(`${n}`, { n });
    assert.deepEqual(map.get('kept'), { n: -1 });
  }
});

test('a value that is set again replaces the one before', () => {
  const map = new RecentMap<{ readonly n: number }>(1);
  map.set('a', { n: 1 });
  map.set('b', { n: 2 });
  map.set('a', { n: 3 });
  assert.deepEqual([map.get('a'), map.get('b')], [{ n: 3 }, { n: 2 }]);
});
