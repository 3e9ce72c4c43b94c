import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';
import type { JsonValue } from './definition.ts';

test('names are sorted at every depth, lists are not, and there is no white space', () => {
  assert.equal(canonicalJson({ b: 1, a: [{ d: null, c: 'x y' }, 2], 10: true, 9: false }), '{"10":true,"9":false,"a":[{"c":"x y","d":null},2],"b":1}');
});

test('it is JSON for the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain: JsonValue = JSON.parse(JSON.stringify(value));
      assert.deepEqual(JSON.parse(canonicalJson(plain)), plain);
    }),
  );
});
