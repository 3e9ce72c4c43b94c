import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_FORM_FIELDS, parseForm, urlencodedPairs } from './form-body.ts';

function read(text: string): unknown {
  const parsed = parseForm(urlencodedPairs(text));
  return parsed.kind === 'form' ? parsed.value : parsed;
}

test('the notations of lists give one list', () => {
  assert.deepEqual(read('paths[]=/a&paths[]=/b'), { paths: ['/a', '/b'] });
  assert.deepEqual(read('paths[2]=/b&paths[1]=/a'), { paths: ['/a', '/b'] });
  assert.deepEqual(read('paths=/a&paths=/b'), { paths: ['/a', '/b'] });
  assert.deepEqual(read('paths[1]=/a&paths[]=/b'), { paths: ['/a', '/b'] });
  assert.deepEqual(read('paths=/a'), { paths: '/a' }, 'whether a lone value is a list is for the definition to say');
});

test('dots and brackets nest', () => {
  assert.deepEqual(read('config.minute=5&config.policy=local'), { config: { minute: '5', policy: 'local' } });
  assert.deepEqual(read('config[a.b]=1&config[c][d]=2'), { config: { 'a.b': '1', c: { d: '2' } } });
  assert.deepEqual(read('headers.x-version[]=1&headers.x-version[]=2'), { headers: { 'x-version': ['1', '2'] } });
  assert.deepEqual(read('sources[1].ip=10.0.0.1&sources[1].port=80'), { sources: [{ ip: '10.0.0.1', port: '80' }] });
});

test('percent and plus are decoded once', () => {
  assert.deepEqual(read('name=a%20b%2Bc+d&url=http%3A%2F%2Fx%2F%2525'), { name: 'a b+c d', url: 'http://x/%25' });
});

test('pairs are those that the URL standard finds', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('&', '=', 'a', '+', '%20', '%', '%zz', '?', '#', 'ü', '%c3%bc', '[', ']') }), (text) => {
    assert.deepEqual([...urlencodedPairs(text)], [...new URLSearchParams(`&${text}`)]);
  }));
});

test('a name outside the notation is taken literally, so that the definition refuses it by name', () => {
  assert.deepEqual(read('a[b=1&=2&c..d=3&].e=4'), { 'a[b': '1', '': '2', 'c..d': '3', '].e': '4' });
});

test('a field that is both value and parent is refused by name', () => {
  assert.deepEqual(read('config=x&config.minute=5'), { kind: 'refused', field: 'config', message: 'is given both as a value and with parts below it; give one of them' });
  assert.deepEqual(read('a.config.b=1&a.config[]=x'), { kind: 'refused', field: 'a.config', message: 'is given both as a value and with parts below it; give one of them' });
});

test('hostile names neither reach a prototype nor cost memory', () => {
  const parsed = read('__proto__.polluted=1&constructor.prototype.polluted=1');
  assert.equal(Object.hasOwn({}, 'polluted'), false);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
  assert.deepEqual(Object.keys(Object(parsed)), ['__proto__', 'constructor']);
  assert.deepEqual(read('paths[999999]=/a'), { paths: ['/a'] });
  assert.deepEqual(read(`a${'.b'.repeat(40)}=1`), { kind: 'refused', field: `a${'.b'.repeat(40)}`, message: 'may be nested at most 32 levels deep' });
  assert.equal(Reflect.get(Object(read('x=1&'.repeat(MAX_FORM_FIELDS + 1))), 'kind'), 'refused');
  const tooLong = { kind: 'refused', field: '@entity', message: 'a field name is longer than 1000 characters' };
  for (const name of ['a'.repeat(5_000_000), `a${'.b'.repeat(2_000_000)}`, `a${'[b]'.repeat(2_000_000)}`]) assert.deepEqual(read(`${name}=1`), tooLong);
  assert.equal(Reflect.get(Object(read('a&'.repeat(5_000_000))), 'kind'), 'refused', 'found out after the first fields, not after minutes');
});
