import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastError } from '../../shared/errors.ts';
import { hashPassword, verifyPassword } from './password.ts';

test('a password opens its own hash and no other; equal ones have unequal hashes', async () => {
  const [first, second] = await Promise.all([hashPassword('correct horse battery'), hashPassword('correct horse battery')]);
  assert.match(first, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.notEqual(first, second);
  assert.equal(await verifyPassword('correct horse battery', first), true);
  assert.equal(await verifyPassword('correct horse batterx', first), false);
  assert.equal(await verifyPassword('correct horse battery', undefined), false);
  // The all-zero tag of nobody must open for nobody.
  assert.equal(await verifyPassword('', undefined), false);
});

test('what is not ours, or would cost too much, opens nothing', async () => {
  const [hash, tag] = ['QUFBQUFBQUFBQUFBQUFBQQ', 'QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE'];
  for (const stored of ['', 'plain', `$argon2i$v=19$m=19456,t=2,p=1$${hash}$${tag}`, `$argon2id$v=19$m=9999999,t=2,p=1$${hash}$${tag}`, `$argon2id$v=19$m=19456,t=999,p=1$${hash}$${tag}`]) {
    assert.equal(await verifyPassword('x', stored), false, stored);
  }
});

test('more than a few at once are refused', async () => {
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => verifyPassword('x', undefined)));
  const refused = results.filter((result) => result.status === 'rejected');
  assert.equal(refused.length, 6);
  for (const { reason } of refused) assert.ok(reason instanceof HoldfastError && reason.code === 'SIGN_IN_BUSY' && reason.retryable);
});
