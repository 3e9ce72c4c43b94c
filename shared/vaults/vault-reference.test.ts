import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isVaultReference, parseVaultReference } from './vault-reference.ts';

test('a reference is a vault, a name, a key in its JSON, options and a version', () => {
  const none = { options: {}, version: undefined };
  assert.deepEqual(parseVaultReference('{vault://env/db-password}'), { vault: 'env', name: 'db-password', key: undefined, ...none });
  assert.deepEqual(parseVaultReference('{vault://prod/db/password}'), { vault: 'prod', name: 'db', key: 'password', ...none });
  assert.deepEqual(parseVaultReference('{vault://prod/team/db/password}'), { vault: 'prod', name: 'team/db', key: 'password', ...none });
  assert.deepEqual(parseVaultReference('{vault://prod/team/db/}'), { vault: 'prod', name: 'team/db', key: undefined, ...none });
  assert.deepEqual(parseVaultReference('{vault://prod/a%20b}'), { vault: 'prod', name: 'a b', key: undefined, ...none });
  assert.deepEqual(parseVaultReference('{vault://prod/db/password?ttl=30&neg_ttl=5#3}'), { vault: 'prod', name: 'db', key: 'password', options: { ttl: '30', neg_ttl: '5' }, version: '3' });
});

test('each mistake has one sentence that says what is right', () => {
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    ['vault://env/x', /begins with \{vault:\/\//],
    ['{vault://env/x', /ends with '\}'/],
    ['{vault://}', /names a vault first/],
    ['{vault://ENV/x}', /names a vault first/],
    ['{vault://env}', /names a secret: \{vault:\/\/env\/name\}/],
    ['{vault://env/}', /names a secret/],
    ['{vault://env/a//b}', /empty/],
    ['{vault://file/../passwd}', /'\.\.'/],
    ['{vault://file/%2e%2e/passwd}', /'\.\.'/],
    ['{vault://file/a%2fb}', /percent-encoded/],
    ['{vault://file/a%00b}', /percent-encoded/],
    ['{vault://env/a%zz}', /percent-encoded/],
    ['{vault://env/a b}', /printable ASCII/],
    ['{vault://env/a"b}', /printable ASCII/],
    ['{vault://env/{vault://env/a}}', /printable ASCII/],
    ['{vault://env/a?tt=3}', /no option 'tt', did you mean 'ttl'\?|no option 'tt'.*ttl/],
    ['{vault://env/a?host=evil}', /no option 'host'/],
    ['{vault://env/a?ttl=soon}', /'ttl' of a vault reference: expected whole seconds/],
    ['{vault://env/a?ttl=1&ttl=2}', /'ttl' once/],
    ['{vault://env/a?ttl=1?x}', /one '\?'/],
    ['{vault://env/a#1#2}', /one '#'/],
    ['{vault://env/a#}', /version behind '#'/],
    [`{vault://env/${'a'.repeat(2_048)}}`, /at most 2048/],
  ];
  for (const [text, message] of cases) {
    const problem = parseVaultReference(text);
    assert.ok(typeof problem === 'string', text);
    assert.match(problem, message);
    assert.equal(isVaultReference(text), false);
  }
});
