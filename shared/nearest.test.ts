import { test } from 'node:test';
import assert from 'node:assert/strict';
import { didYouMean, nearestName } from './nearest.ts';

const KNOWN = ['id', 'tags', 'host', 'hosts', 'connect_timeout'];

test('a slip is understood, in any case', () => {
  assert.equal(nearestName('hsot', KNOWN), 'host');
  assert.equal(nearestName('Hosts', KNOWN), 'hosts');
  assert.equal(nearestName('conect_timeuot', KNOWN), 'connect_timeout');
  assert.equal(didYouMean('tag', KNOWN), ' (did you mean "tags"?)');
});

test('a name of which nothing is right gets no hint', () => {
  for (const name of ['', 'x', 'xy', 'xyz', 'paths']) assert.equal(nearestName(name, KNOWN), undefined, name);
  assert.equal(didYouMean('x', KNOWN), '');
});

test('a name of megabytes is no work', () => {
  const known = Array.from({ length: 100 }, (_, index) => `field_${index}`);
  const begunMs = performance.now();
  assert.equal(nearestName('h'.repeat(20_000_000), known), undefined);
  assert.ok(performance.now() - begunMs < 2_000, 'comparing it with every known name would take many seconds');
});
