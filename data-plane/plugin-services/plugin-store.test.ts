/** Caches of plugins: bounded by entries, bytes and time, the same for the next instance, gone some time after the last one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { PluginStores, type StoreBounds } from './plugin-store.ts';

function scene(bounds: StoreBounds) {
  const clock = new ManualClock();
  const stores = new PluginStores(clock);
  stores.hold('p');
  return { clock, stores, store: stores.open<string | undefined>('p', 'answers', bounds) };
}

test('the least recently used go where there is no more room', () => {
  const { store } = scene({ maxEntries: 3 });
  for (const key of ['a', 'b', 'c']) store.set(key, key);
  store.get('a');
  store.set('d', 'd');
  assert.deepEqual([store.get('a'), store.get('b'), store.get('d'), store.size], ['a', undefined, 'd', 3]);
  store.set('d', 'other', { bytes: 1_000_000 });
  assert.deepEqual([store.get('d'), store.size], ['other', 3], 'bytes count only where they are bounded');
  store.delete('d');
  store.set('nothing', undefined);
  assert.deepEqual([...store.values()].toSorted(), ['a', 'c', undefined]);
  store.clear();
  assert.equal(store.size, 0);
});

test('bytes bound as entries do, and what alone is too large is not kept', () => {
  const { store } = scene({ maxEntries: 3, maxBytes: 100 });
  store.set('a', 'a', { bytes: 60 });
  store.set('b', 'b', { bytes: 30 });
  store.set('c', 'c', { bytes: 30 });
  assert.deepEqual([store.get('a'), store.get('b'), store.get('c')], [undefined, 'b', 'c']);
  store.set('b', 'larger', { bytes: 101 });
  assert.equal(store.get('b'), undefined, 'nor what stood there before: it is out of date');
  for (const key of ['d', 'e', 'f', 'g']) store.set(key, key, { bytes: 1 });
  assert.deepEqual([store.size, store.get('d'), store.get('g')], [3, undefined, 'g']);
});

test('an entry ends with its time', () => {
  const { clock, store } = scene({ maxEntries: 10 });
  store.set('short', 's', { ttlMs: 1_000 });
  store.set('long', 'l');
  store.set('never', 'n', { ttlMs: 0 });
  clock.advance(999);
  assert.deepEqual([store.get('short'), store.get('never')], ['s', undefined]);
  clock.advance(2);
  assert.deepEqual([store.get('short'), store.get('long')], [undefined, 'l']);
  store.set('long', 'again', { ttlMs: 5 });
  store.set('long', 'for ever');
  clock.advance(10);
  assert.equal(store.get('long'), 'for ever');
});

test('the next instance finds the store as it was, with its own bounds', () => {
  const { clock, stores, store } = scene({ maxEntries: 10 });
  for (const key of ['a', 'b', 'c', 'd']) store.set(key, key, { ttlMs: 1_000 });
  store.get('a');
  stores.hold('p');
  stores.release('p');
  const next = stores.open<string>('p', 'answers', { maxEntries: 2 });
  assert.deepEqual([next.size, next.get('a'), next.get('d'), next.get('b')], [2, 'a', 'd', undefined]);
  assert.equal(store.get('a'), 'a', 'who opened it before has the same');
  clock.advance(1_001);
  assert.equal(next.get('a'), undefined, 'times go on');
  assert.equal(stores.open('p', 'other', { maxEntries: 2 }).size, 0);
  assert.equal(stores.open('q', 'answers', { maxEntries: 2 }).size, 0, 'another entity has its own');
});

test('stores go a minute after the last instance, unless the entity comes back', () => {
  const { clock, stores, store } = scene({ maxEntries: 10 });
  store.set('a', 'a');
  stores.release('p');
  clock.advance(59_000);
  stores.sweep();
  stores.hold('p');
  clock.advance(120_000);
  stores.sweep();
  assert.equal(stores.open('p', 'answers', { maxEntries: 10 }).get('a'), 'a');
  stores.release('p');
  clock.advance(60_001);
  stores.sweep();
  assert.deepEqual([stores.size, stores.open('p', 'answers', { maxEntries: 10 }).get('a')], [0, undefined]);
  stores.hold('without');
  stores.release('without');
  assert.equal(stores.size, 1, 'a plugin without stores leaves nothing');
});
