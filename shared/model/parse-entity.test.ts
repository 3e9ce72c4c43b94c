import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arbitraryInput } from '../../test/support/entity-input.ts';
import { accepted, assertHas, createOptions, ID, NOW, OTHER_ID, refusal } from '../../test/support/parse-outcome.ts';
import { decodeEntity, encodeEntity } from '../wire/entity-codec.ts';
import type { Entity, EntityDefinition } from './definition.ts';
import { parseEntity } from './parse-entity.ts';
import { definitionOf, entityDefinitions } from './registry.ts';
import { withoutSecrets } from './secret-fields.ts';
import { configFieldsOf } from '../plugins/catalog.ts';
import { splitEntity } from './split-entity.ts';

const LATER = NOW + 100;

for (const definition of entityDefinitions) {
  test(`${definition.kind}: putting back what was answered changes nothing`, () => {
    let entities = 0;
    fc.assert(
      fc.property(arbitraryInput(definition.kind), (input) => {
        const first = parse(definition, input, {});
        if (first === undefined) return;
        entities += 1;
        assert.deepEqual(parse(definition, first, { mode: 'replace', previous: first }), first);
        assert.deepEqual(parse(definition, {}, { mode: 'merge', previous: first }), first);
        assert.deepEqual(parse(definition, first, { mode: 'merge', previous: first }), first);
        assert.deepEqual(parse(definition, JSON.parse(JSON.stringify(first)), {}), first);
      }),
      { numRuns: 300 },
    );
    assert.ok(entities > 30, `only ${entities} of 300 inputs were valid: the property says nothing`);
  });

  test(`${definition.kind}: what is accepted survives the wire`, () => {
    fc.assert(
      fc.property(arbitraryInput(definition.kind), (input) => {
        const entity = parse(definition, input, {});
        if (entity === undefined) return;
        const split = splitEntity(definition, entity, configFieldsOf);
        const bytes = encodeEntity(definition, entity, Object.fromEntries(Object.keys(split.secrets).map((path) => [path, Buffer.alloc(32, 1)])));
        assert.deepEqual(withoutSecrets(definition, decodeEntity(definition.kind, bytes)), split.published);
      }),
      { numRuns: 100 },
    );
  });

  test(`${definition.kind}: no input whatsoever makes the parser throw`, () => {
    const names = fc.constantFrom(...definition.fields.map(({ name }) => name), 'id', 'tags', 'created_at', 'ttl', 'url', '__proto__', 'constructor');
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withObjectString: true, withSparseArray: true });
    fc.assert(
      fc.property(fc.oneof(anything, fc.dictionary(names, anything)), (input) => {
        const result = parseEntity(definition, input, createOptions);
        if (result.kind === 'problems') assert.ok(result.problems.length > 0);
      }),
      { numRuns: 300 },
    );
  });
}

test('create makes id and times; a given id and creation time are kept, a given update time is not', () => {
  assertHas(accepted('consumers', { username: 'a' }), { id: ID, created_at: NOW, updated_at: NOW });
  assertHas(accepted('consumers', { username: 'a', id: OTHER_ID, created_at: 5, updated_at: 6 }), { id: OTHER_ID, created_at: 5, updated_at: NOW });
});

test('replace keeps id and creation time and takes everything else back to its default', () => {
  const previous = accepted('services', { name: 'a', host: 'a', retries: 1, tags: ['x'] });
  const replaced = accepted('services', { name: 'a', host: 'b' }, { mode: 'replace', previous, nowSeconds: LATER, newId: () => OTHER_ID });
  assertHas(replaced, { id: ID, created_at: NOW, updated_at: LATER, host: 'b', retries: 5, tags: null });
});

test('replace without a previous entity creates it under the given id', () => {
  assertHas(accepted('services', { id: OTHER_ID, host: 'b' }, { mode: 'replace' }), { id: OTHER_ID, created_at: NOW });
});

test('merge changes what is given; null takes a field back to its default or unsets it', () => {
  const previous = accepted('services', { name: 'a', host: 'a', retries: 1, path: '/x', tags: ['x', 'y'] });
  const merged = accepted('services', { retries: null, path: null, tags: ['z'] }, { mode: 'merge', previous, nowSeconds: LATER });
  assertHas(merged, { id: ID, name: 'a', host: 'a', retries: 5, path: null, tags: ['z'], created_at: NOW, updated_at: LATER });
});

test('merge checks the whole: what was right before may be wrong now', () => {
  const previous = accepted('services', { host: 'a', path: '/x' });
  assert.match(refusal('services', { protocol: 'tcp' }, { mode: 'merge', previous }), /path: value must be null/);
  assert.match(refusal('services', { host: null }, { mode: 'merge', previous }), /host: required field missing/);
});

test('an id never changes', () => {
  const previous = accepted('consumers', { username: 'a' });
  for (const mode of ['merge', 'replace'] as const) {
    assert.equal(refusal('consumers', { username: 'a', id: OTHER_ID }, { mode, previous }), 'id: immutable field cannot be updated');
  }
});

test('a url in a patch changes its four fields, and leaves a path that it does not say', () => {
  const previous = accepted('services', { url: 'http://a:81/x' });
  assertHas(accepted('services', { url: 'https://b' }, { mode: 'merge', previous }), { protocol: 'https', host: 'b', port: 443, path: '/x' });
});

test('all problems come at once, each with its place', () => {
  assert.equal(
    refusal('routes', { paths: ['x', '/ok', 'y'], methods: 'GET', nme: 1, service: { id: 1 } }),
    'nme: unknown field (did you mean "name"?); methods: expected a set, not a string; paths.1: should start with: / (fixed path) or ~/ (regex path); paths.3: should start with: / (fixed path) or ~/ (regex path); service.id: expected a valid UUID',
  );
});

const hostile: readonly (readonly [string, unknown, RegExp])[] = [
  ['no object', [], /^@entity: expected a record$/],
  ['null', null, /^@entity: expected a record$/],
  ['text', '{}', /^@entity: expected a record$/],
  ['an object of a class', new Date(), /^@entity: expected a record$/],
  ['a prototype', JSON.parse('{"username":"a","__proto__":{"isAdmin":true}}'), /^__proto__: unknown field$/],
  ['a prototype deep inside', JSON.parse('{"username":"a","tags":[{"__proto__":{}}]}'), /^tags\.1\.__proto__: unknown field$/],
  ['a constructor', { username: 'a', constructor: {} }, /^constructor: unknown field$/],
  ['not a number', { username: 'a', created_at: Number.NaN }, /^created_at: expected a finite number$/],
  ['infinity', { username: 'a', created_at: Infinity }, /^created_at: expected a finite number$/],
  ['a huge number', { username: 'a', created_at: 1e300 }, /^created_at: value should be between 0 and 253402300799$/],
  ['a function', { username: (): string => 'a' }, /^username: expected a JSON value$/],
  ['U+0000', { username: 'a\u0000b' }, /^username: must not contain the character U\+0000$/],
  ['half a character', { username: '\ud800' }, /^username: is not valid unicode text$/],
  ['half a character as a name', { username: 'a', '\ud800': 1 }, /^@entity: a field name is not valid text$/],
];
for (const [what, input, message] of hostile) test(`refused: ${what}`, () => assert.match(refusal('consumers', input), message));

test('deep nesting is refused before it costs anything', () => {
  let deep: unknown = 'x';
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  assert.match(refusal('consumers', { username: 'a', tags: deep }), /nested too deeply: at most 16 levels$/);
});

test('a name or a value of megabytes is refused without being repeated', () => {
  const long = 'x'.repeat(5_000_000);
  assert.equal(refusal('consumers', { username: 'a', [long]: 1 }), '@entity: a field name is longer than 1000 characters');
  assert.equal(refusal('routes', { headers: { [long]: ['1'] } }), 'headers: a field name is longer than 1000 characters');
  for (const problem of refusal('plugins', { name: long }).split('; ')) assert.ok(problem.length < 600, problem.slice(0, 100));
});

test('lists and maps are bounded', () => {
  const items = Array.from({ length: 10_001 }, (_, index) => `t${index}`);
  assert.equal(refusal('consumers', { username: 'a', tags: items }), 'tags: length must be at most 10000');
  assert.equal(refusal('plugins', { name: 'acl', config: { allow: items } }), 'config.allow: length must be at most 10000');
  assert.equal(refusal('routes', { headers: Object.fromEntries(items.slice(0, 1001).map((name) => [name, ['1']])) }), 'headers: must have at most 1000 entries');
  assert.equal(refusal('consumers', Object.fromEntries(items.map((name) => [name, 1]))), '@entity: must have at most 1000 entries');
  assertHas(accepted('consumers', { username: 'a', tags: items.slice(0, 10_000) }), { tags: items.slice(0, 10_000) });
});

test('the number of problems is bounded, however much is wrong', () => {
  const input = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`unknown_field_${index}`, 1]));
  const result = parseEntity(definitionOf('consumers'), input, createOptions);
  assert.ok(result.kind === 'problems' && result.problems.length === 50);
  const long = parseEntity(definitionOf('routes'), { paths: Array.from({ length: 10_000 }, () => 'x') }, createOptions);
  assert.ok(long.kind === 'problems' && long.problems.length === 50);
});

test('nothing of the input or the previous entity is changed or shared', () => {
  const input = { name: 'u', healthchecks: { active: { headers: { a: ['1'] } } } };
  const before = structuredClone(input);
  const previous = accepted('upstreams', input);
  const copy = structuredClone(previous);
  accepted('upstreams', { healthchecks: { active: { timeout: 9 } } }, { mode: 'merge', previous });
  assert.deepEqual(input, before);
  assert.deepEqual(previous, copy);
});

function parse(definition: EntityDefinition, input: unknown, options: Partial<Parameters<typeof parseEntity>[2]>): Entity | undefined {
  const result = parseEntity(definition, input, { ...createOptions, ...options });
  return result.kind === 'entity' ? result.entity : undefined;
}
