import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomKey } from './random-key.ts';

test('keys have 32 letters and digits, and no two are the same', () => {
  const keys = Array.from({ length: 1000 }, randomKey);
  for (const key of keys) assert.match(key, /^[A-Za-z0-9]{32}$/);
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(new Set(keys.join('')).size, 62, 'every character occurs');
});
