import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSchemaViolation, problemsToFields } from './problems.ts';

test('one problem is a schema violation, two are counted, rules over several fields stand without a name', () => {
  assert.equal(formatSchemaViolation([{ field: 'host', message: 'required field missing' }]), 'schema violation (host: required field missing)');
  assert.equal(
    formatSchemaViolation([{ field: '@entity', message: 'must set one' }, { field: 'config.minute', message: 'expected an integer' }]),
    '2 schema violations (must set one; config.minute: expected an integer)',
  );
});

test('fields are nested as the input was', () => {
  assert.deepEqual(
    problemsToFields([
      { field: '@entity', message: 'first' },
      { field: '@entity', message: 'second' },
      { field: 'host', message: 'a' },
      { field: 'config.redis.port', message: 'b' },
      { field: 'config.minute', message: 'c' },
    ]),
    { '@entity': ['first', 'second'], host: 'a', config: { redis: { port: 'b' }, minute: 'c' } },
  );
});

test('positions in a list become places in an array, right ones are null', () => {
  assert.deepEqual(
    problemsToFields([{ field: 'paths.1', message: 'a' }, { field: 'paths.3', message: 'b' }, { field: 'sources.2.ip', message: 'c' }]),
    { paths: ['a', null, 'b'], sources: [null, { ip: 'c' }] },
  );
});

test('names that look like positions but are not, and huge positions, make an object', () => {
  assert.deepEqual(problemsToFields([{ field: 'headers.0', message: 'a' }, { field: 'tags.99999', message: 'b' }]), { headers: { 0: 'a' }, tags: { 99999: 'b' } });
});

test('a second problem at the same place, or below one, is left out', () => {
  assert.deepEqual(problemsToFields([{ field: 'a', message: '1' }, { field: 'a', message: '2' }, { field: 'a.b', message: '3' }]), { a: '1' });
});

test('a hostile name is a name', () => {
  const fields = problemsToFields([{ field: '__proto__.x', message: 'a' }]);
  assert.equal(Object.getPrototypeOf(fields), Object.prototype);
  assert.equal(JSON.stringify(fields), '{"__proto__":{"x":"a"}}');
});
