import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { uniqueKeyName, uniqueKeyValue } from './entity-keys.ts';

const values = fc.array(fc.option(fc.oneof(fc.string(), fc.constantFrom('a', '["a"]', '["a",null]', '=a', 'x'.repeat(513)))), { minLength: 1, maxLength: 3 });

test('different values never make the same text, equal ones always do', () => {
  fc.assert(fc.property(values, values, (a, b) => {
    // Compared only within one key, so with the same number of fields; a field that is unique alone is never null.
    fc.pre(a.length === b.length && (a.length > 1 || (a[0] !== null && b[0] !== null)));
    assert.equal(uniqueKeyValue(a) === uniqueKeyValue(b), JSON.stringify(a) === JSON.stringify(b));
  }));
});

test('a long value fits an index entry, and can not be imitated by a short one', () => {
  const long = 'ü'.repeat(4_096);
  assert.ok(Buffer.byteLength(uniqueKeyValue([long])) < 2_700);
  assert.ok(Buffer.byteLength(uniqueKeyValue(['ü'.repeat(512)])) < 2_700);
  assert.notEqual(uniqueKeyValue([uniqueKeyValue([long])]), uniqueKeyValue([long]));
});

test('a key is named by its fields', () => {
  assert.equal(uniqueKeyName(['upstream', 'target']), 'upstream,target');
});
