import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { cpuMsOf } from '../../../test/support/cpu-time.ts';
import { compileKongSchema } from './kong-schema.ts';
import { luaPatternToRe2 } from './lua-pattern.ts';

/** What is wrong with a value; undefined where nothing is. */
function check(fields: unknown, value: unknown): string | undefined {
  const schema = compileKongSchema(JSON.stringify(fields));
  return schema.kind === 'wrong' ? `schema: ${schema.problem}` : schema.validate(value);
}

const field = (spec: object, value: unknown): string | undefined => check([{ f: spec }], { f: value })?.replace(/: f$/, '');

describe("Kong's own schema language", () => {
  test('fields are required, of a type, and no others', () => {
    const fields = [{ name: { type: 'string', required: true } }, { age: { type: 'integer' } }];
    assert.equal(check(fields, { name: 'Ann' }), undefined);
    assert.equal(check(fields, { name: 'Ann', age: null }), undefined);
    assert.equal(check(fields, {}), 'required field missing: name');
    assert.equal(check(fields, { name: null }), 'required field missing: name');
    assert.equal(check(fields, { name: 'Ann', age: 1.5 }), 'expected an integer: age');
    assert.equal(check(fields, { name: 'Ann', is: 1 }), 'unknown field: is');
    assert.equal(check(fields, JSON.parse('{"name":"Ann","__proto__":{}}')), 'unknown field: __proto__');
    assert.equal(check([{ toString: { type: 'string', required: true } }], {}), 'required field missing: toString');
    for (const odd of [[], 'x', null, 1]) assert.equal(check(fields, odd), 'expected a record');
  });

  test('each type takes its own', () => {
    for (const [type, good, bad, message] of [['string', 'a', 1, 'expected a string'], ['number', 1.5, '1', 'expected a number'], ['boolean', false, 0, 'expected a boolean'], ['array', [1], {}, 'expected an array'], ['set', [1, 2], [1, 1], 'values must be distinct'], ['map', { a: 1 }, [], 'expected a map']] as const) {
      assert.deepEqual([field({ type }, good), field({ type }, bad)], [undefined, message], type);
    }
    assert.equal(field({ type: 'string' }, ''), 'length must be at least 1');
    assert.equal(field({ type: 'string', len_min: 0 }, ''), undefined);
  });

  test('what is inside is checked too, and the path is told', () => {
    const list = { type: 'array', elements: { type: 'record', fields: [{ id: { type: 'integer', required: true } }] } };
    assert.equal(check([{ f: list }], { f: [{ id: 1 }, {}] }), 'required field missing: f.id');
    assert.equal(check([{ f: { type: 'map', keys: { type: 'string', len_max: 2 }, values: { type: 'boolean' } } }], { f: { abc: true } }), 'length must be at most 2: f');
    assert.equal(check([{ f: { type: 'map', values: { type: 'boolean' } } }], { f: { a: 1 } }), 'expected a boolean: f');
  });

  test('rules', () => {
    for (const [rule, good, bad, message] of [
      [{ type: 'string', one_of: ['a', 'b'] }, 'a', 'c', 'expected one of a, b'], [{ type: 'string', not_one_of: ['a'] }, 'b', 'a', 'must not be one of a'], [{ type: 'number', between: [1, 3] }, 3, 4, 'value should be between 1 and 3'], [{ type: 'number', gt: 1 }, 2, 1, 'value must be greater than 1'],
      [{ type: 'string', len_eq: 2 }, 'ab', 'ä1', 'length must be 2'], [{ type: 'array', len_min: 1 }, [1], [], 'length must be at least 1'], [{ type: 'string', match: '^%d+$' }, '12', '1a', 'invalid value: 1a'], [{ type: 'string', not_match: '%s' }, 'ab', 'a b', 'invalid value: a b'],
      [{ type: 'string', match_all: [{ pattern: 'a' }, { pattern: 'b' }] }, 'ab', 'a', 'invalid value: a'], [{ type: 'string', match_any: { patterns: ['^a', '^b'] } }, 'b', 'c', 'invalid value: c'], [{ type: 'string', match_none: [{ pattern: 'x' }] }, 'a', 'x', 'invalid value: x'],
      [{ type: 'string', starts_with: '/' }, '/a', 'a', 'should start with: /'], [{ type: 'array', contains: 1 }, [1], [2], 'expected to contain: 1'], [{ type: 'string', uuid: true }, '01234567-89ab-cdef-0123-456789abcdef', 'x', 'expected a valid UUID'], [{ type: 'integer', eq: 1 }, 1, 2, 'value must be 1'], [{ type: 'integer', ne: 1 }, 2, 1, 'value must not be 1'],
    ] as const) assert.deepEqual([field(rule, good), field(rule, bad)], [undefined, message], JSON.stringify(rule));
  });

  test('a schema that is none is refused', () => {
    for (const [fields, why] of [[{}, /list of fields/], [[{ a: { type: 'string' }, b: { type: 'string' } }], /one member/], [[{ a: { type: 'foreign' } }], /type is one of/], [[{ a: { type: 'string', matsch: 'x' } }], /'matsch' is not known/], [[{ a: { type: 'string', match: '%b()' } }], /Lua pattern/], [[{ a: { type: 'number', between: [1] } }], /two numbers/], [[{ a: { type: 'record' } }], /list of fields/]] as const) {
      assert.match(check(fields, {}) ?? '', why, JSON.stringify(fields));
    }
  });
});

describe('Lua patterns', () => {
  const matches = (pattern: string, text: string): boolean => check([{ f: { type: 'string', match: pattern } }], { f: text }) === undefined;

  test('mean the same as in Lua', () => {
    for (const [pattern, text] of [['^%a+%-%d%d$', 'abc-12'], ['[%w_]+@[%w.]+', 'a_b@c.d'], ['^[^%s]+$', 'abc'], ['a.-b', 'axxb'], ['^%%$', '%'], ['[a-c]', 'b'], ['[]x]', ']'], ['[a-]', '-'], ['^$', ''], ['x?y', 'y'], ['a+b', 'aab'], ['{1}', '{1}'], ['a|b', 'a|b'], ['%.', '.'], ['$x', '$x']] as const) {
      assert.ok(text === '' || matches(pattern, text), `${pattern} ${text}`);
    }
    for (const [pattern, text] of [['^%a+$', 'a1'], ['%.', 'a'], ['a|b', 'a'], ['{1}', '1'], ['[^%d]', '1'], ['%u', 'a'], ['^[%l]$', 'A'], ['%S', ' ']] as const) assert.ok(!matches(pattern, text), `${pattern} ${text}`);
    for (const odd of ['%b()', '%f[%w]', '(a)%1', '%', '[a', '[%']) assert.equal(luaPatternToRe2(odd), undefined, odd);
  });

  test('take linear time', () => {
    const schema = compileKongSchema(JSON.stringify([{ f: { type: 'string', match: '^(.-.-.-.-.-.-)x$' } }]));
    assert.ok(schema.kind === 'compiled');
    assert.ok(cpuMsOf(() => schema.validate({ f: 'a'.repeat(20_000) })) < 500);
  });
});
