import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalisePath } from './normal-path.ts';

const cases: readonly (readonly [string, string])[] = [
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/a/b/', '/a/b/'],
  ['//a///b//', '/a/b/'],
  ['/a/./b/.', '/a/b/'],
  ['/a/../b', '/b'],
  ['/a/b/..', '/a/'],
  ['/../../a', '/a'],
  ['/..', '/'],
  ['/%7euser/%41', '/~user/A'],
  ['/%2e%2E/a', '/a'],
  ['/a/%2e/b', '/a/b'],
  ['/a%2fb', '/a%2Fb'],
  ['/a%20b%c3%a9', '/a%20b%C3%A9'],
  ['/a%252e', '/a%252e'],
  ['/a%zz%', '/a%25zz%25'],
  ['/%%32%65%%32%65/a', '/%252e%252e/a'],
  ['/a...b/..c', '/a...b/..c'],
];
for (const [path, normal] of cases) test(`${path} is ${normal}`, () => assert.equal(normalisePath(path), normal));

test('the normal form of a normal form is itself, and no dot segment or double slash is left', () => {
  const piece = fc.constantFrom('/', '.', '..', '%2e', '%2F', '%', '%4', 'a', '%61', 'é', '%25', '2e');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const normal = normalisePath(`/${pieces.join('')}`);
      assert.equal(normalisePath(normal), normal);
      assert.doesNotMatch(normal, /\/\/|\/\.{1,2}(?:\/|$)/);
      assert.ok(normal.startsWith('/'));
    }),
    { numRuns: 2000 },
  );
});
