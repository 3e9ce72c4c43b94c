import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AttemptLimit } from './attempt-limit.ts';

const options = { burst: 3, refillPerSecond: 0.5, addresses: 2 };

test('after a burst of failures an address waits until a token is back', () => {
  const limit = new AttemptLimit(options);
  for (let index = 0; index < 3; index += 1) {
    assert.equal(limit.waitMs('a', 0), 0);
    limit.noteFailure('a', 0);
  }
  assert.equal(limit.waitMs('a', 0), 2000);
  assert.equal(limit.waitMs('a', 1500), 500);
  assert.equal(limit.waitMs('a', 2000), 0);
  limit.noteFailure('a', 2000);
  assert.equal(limit.waitMs('a', 2000), 2000);
});

test('a long rest gives no more than the burst', () => {
  const limit = new AttemptLimit(options);
  limit.noteFailure('a', 0);
  for (let index = 0; index < 3; index += 1) limit.noteFailure('a', 1_000_000);
  assert.ok(limit.waitMs('a', 1_000_000) > 0);
});

test('addresses do not count for one another, and only so many are remembered', () => {
  const limit = new AttemptLimit(options);
  for (let index = 0; index < 3; index += 1) limit.noteFailure('a', 0);
  assert.equal(limit.waitMs('b', 0), 0);
  limit.noteFailure('b', 0);
  limit.noteFailure('c', 0);
  assert.equal(limit.waitMs('a', 0), 0, 'forgotten, not remembered without bound');
});
