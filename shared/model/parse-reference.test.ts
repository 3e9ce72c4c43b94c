import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Field, JsonObject } from './definition.ts';
import { kongSchema } from './kong-schema.ts';
import { parseFields } from './parse-fields.ts';
import { ProblemList } from './problems.ts';
import { definitionOf } from './registry.ts';

const REFERENCE = '{vault://prod/db/password}';
const text = { kind: 'string', maxLength: 4, rules: [{ name: 'digits', check: (given: string) => (/^\d+$/.test(given) ? undefined : 'expected digits') }] } as const;
const fields: readonly Field[] = [
  { name: 'open', tag: 1, type: text, referenceable: true, description: '' },
  { name: 'closed', tag: 2, type: text, description: '' },
  { name: 'list', tag: 3, type: { kind: 'array', of: text }, referenceable: true, description: '' },
  { name: 'map', tag: 4, type: { kind: 'map', keys: { kind: 'string' }, values: text }, referenceable: true, description: '' },
  { name: 'record', tag: 5, type: { kind: 'record', fields: [{ name: 'inner', tag: 1, type: text, referenceable: true, description: '' }, { name: 'other', tag: 2, type: text, description: '' }] }, description: '' },
  { name: 'digested', tag: 6, type: { kind: 'string' }, secret: 'digest', description: '' },
];

function parse(input: JsonObject): { readonly parsed: JsonObject; readonly problems: readonly string[] } {
  const problems = new ProblemList();
  const parsed = parseFields(fields, input, '', { problems, newKey: () => '', parsePluginConfig: () => undefined });
  return { parsed, problems: problems.problems.map(({ field, message }) => `${field}: ${message}`) };
}

test('a reference passes the rules of a field that may be one, also in its lists and maps', () => {
  const input = { open: REFERENCE, list: ['12', REFERENCE], map: { a: REFERENCE, b: '1' }, record: { inner: REFERENCE, other: null } };
  const { parsed, problems } = parse(input);
  assert.deepEqual(problems, []);
  assert.deepEqual(parsed, { ...input, closed: null, digested: null });
});

test('elsewhere it is text like any other, and a mistake in one is told', () => {
  assert.deepEqual(parse({ closed: REFERENCE }).problems, ['closed: length must be at most 4']);
  assert.deepEqual(parse({ record: { other: REFERENCE } }).problems, ['record.other: length must be at most 4']);
  assert.match(parse({ open: '{vault://prod}' }).problems.join(), /^open: a vault reference names a secret/);
  assert.deepEqual(parse({ open: 'abc' }).problems, ['open: expected digits']);
});

test('a secret of which data planes have a digest only says that it takes none', () => {
  assert.match(parse({ digested: REFERENCE }).problems.join(), /^digested: this secret can not be a vault reference/);
});

test('/schemas shows which fields may refer to a vault', () => {
  const shown = JSON.stringify(kongSchema(definitionOf('certificates'))['fields']);
  assert.equal(shown.split('"referenceable":true').length - 1, 4);
});
