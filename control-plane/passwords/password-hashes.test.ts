import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { isPasswordHash } from '../../shared/plugin-parts/password-form.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { withHashedPassword } from './incoming-passwords.ts';
import { hashKongHash, hashPassword, isKongHashOf, isPasswordOf, isRemembered } from './password-hashes.ts';

const CONSUMER = '00000000-0000-7000-8000-0000000000a1';
const kongHash = (password: string): string => createHash('sha1').update(`${password}${CONSUMER}`).digest('hex');
const otherOf = (hashed: string): string => `${hashed.slice(0, -4)}${hashed.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;

test('a password is that of its hash and of no other; equal ones have unequal hashes', async () => {
  const [first, second] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
  assert.match(first, /^\$argon2id\$v=19\$m=7168,t=5,p=1\$/);
  assert.ok(isPasswordHash(first) && first !== second);
  assert.equal(await isPasswordOf(first, 'correct horse', CONSUMER), true);
  assert.equal(await isPasswordOf(first, 'correct horsf', CONSUMER), false);
  assert.equal(await isPasswordOf(otherOf(first), 'correct horse', CONSUMER), false);
  assert.equal(await isPasswordOf('correct horse', 'correct horse', CONSUMER), false);
});

test('what Kong stores of a password is wrapped: the password fits it, and what Kong stores is none', async () => {
  const wrapped = (await hashKongHash(kongHash('old').toUpperCase())) ?? '';
  assert.match(wrapped, /^sha1\$argon2id\$/);
  assert.ok(isPasswordHash(wrapped));
  assert.equal(await isPasswordOf(wrapped, 'old', CONSUMER), true);
  assert.equal(await isPasswordOf(wrapped, 'old', 'another-consumer'), false);
  assert.equal(await isPasswordOf(wrapped, kongHash('old'), CONSUMER), false);
  assert.equal(await isKongHashOf(wrapped, kongHash('old')), true);
  assert.equal(await isKongHashOf(await hashPassword(kongHash('old')), kongHash('old')), false);
  for (const text of ['', 'old', 'g'.repeat(40), kongHash('old').slice(1), `${kongHash('old')} `]) assert.equal(await hashKongHash(text), undefined, text);
});

test('only what came out right is remembered', async () => {
  const [hashed, wrapped] = [await hashPassword('a'), (await hashKongHash(kongHash('b'))) ?? ''];
  assert.deepEqual([isRemembered(hashed, 'a', CONSUMER), isRemembered(hashed, 'x', CONSUMER), isRemembered(hashed, 'a', undefined)], [true, false, false]);
  assert.deepEqual([isRemembered(wrapped, 'b', CONSUMER), isRemembered(wrapped, kongHash('b'), undefined), isRemembered(wrapped, 'x', CONSUMER)], [true, true, false]);
});

test('the event loop goes on meanwhile', async () => {
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  await Promise.all(Array.from({ length: 5 }, () => hashPassword('x')));
  clearInterval(counting);
  assert.ok(turns > 5, `${turns} turns`);
});

test('what breaks a rule is left for the rule to refuse, and other kinds are left alone', async () => {
  const basic = definitionOf('basicauth_credentials');
  for (const password of [undefined, null, '', 7, 'line\nbreak', 'x'.repeat(5_000)]) {
    const input = { username: 'ann', ...(password === undefined ? {} : { password }) };
    assert.deepEqual(await withHashedPassword(basic, input, false), { kind: 'input', input });
  }
  const keys = { key: 'secret', password: 'x' };
  assert.deepEqual(await withHashedPassword(definitionOf('keyauth_credentials'), keys, false), { kind: 'input', input: keys });
  const refused = await withHashedPassword(basic, { password: 'clear' }, true);
  assert.ok(refused.kind === 'problem' && refused.problem.field === 'password' && !refused.problem.message.includes('clear'));
  // What looks like a hash is a password like any other: a stolen one opens nothing.
  const stolen = await hashPassword('x');
  const again = await withHashedPassword(basic, { password: stolen }, false);
  assert.ok(again.kind === 'input' && again.input['password'] !== stolen);
});
