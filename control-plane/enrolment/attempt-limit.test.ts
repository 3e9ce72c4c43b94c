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

test('of IPv6 a network of 64 bits is one address; IPv4 in IPv6 is not', () => {
  const limit = new AttemptLimit({ ...options, addresses: 100 });
  const fail = (address: string): void => Array.from({ length: 3 }).forEach(() => limit.noteFailure(address, 0));
  fail('2001:db8:0:1:aaaa::1');
  assert.deepEqual(['2001:db8:0:1::2', '2001:db8:0:1:a:b:c:d', '2001:db8:0:2::1', '2001:db8::1'].map((address) => limit.waitMs(address, 0) > 0), [true, true, false, false]);
  fail('::ffff:203.0.113.1');
  assert.deepEqual(['::ffff:203.0.113.1', '::ffff:203.0.113.2', '203.0.113.1', '::1'].map((address) => limit.waitMs(address, 0) > 0), [true, false, false, false]);
});
