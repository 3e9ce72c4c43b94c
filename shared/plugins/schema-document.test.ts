import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { JsonObject, JsonValue } from '../model/definition.ts';
import { configFieldsOf, isBundled, pluginCatalog, pluginSchemaOf, setCustomSchemas, versionsOf } from './catalog.ts';
import { compareSemanticVersions, readSchemaDocument, toSchemaDocument } from './schema-document.ts';

const TEXT = { kind: 'string' };
const field = (more: JsonObject = {}): JsonObject => ({ name: 'text', tag: 1, type: TEXT, description: 'What is sent.', ...more });
const document = (config: JsonValue = [field()], more: JsonObject = {}): JsonObject => ({
  name: 'greeting', version: '1.0.0', priority: 5, scopes: ['global'], protocols: ['http'], description: 'Greets.', config, ...more,
});

function problemsOf(given: JsonObject): readonly string[] {
  const read = readSchemaDocument(given);
  return read.kind === 'refused' ? read.problems.map(({ field: at, message }) => `${at}: ${message}`) : [];
}

describe('a schema as a document', () => {
  for (const [name, schema] of pluginCatalog) {
    test(`${name} survives it, but for rules that are code`, () => {
      const { document: written } = toSchemaDocument(schema);
      const { defaultProtocols: _, partials: __, ...own } = written;
      // Bundled plugins have types that custom ones do not need.
      if (JSON.stringify(own).includes('"unavailable"')) return;
      const read = readSchemaDocument(own);
      assert.equal(read.kind, 'schema', JSON.stringify(read));
      if (read.kind === 'schema') assert.deepEqual(toSchemaDocument(read.schema).document, own);
    });
  }

  test('rules that do not travel are named', () => {
    const rule = { name: 'odd', check: () => undefined };
    const { leftOut, document: written } = toSchemaDocument({
      name: 'a', version: '1.0.0', priority: 1, scopes: ['global'], protocols: ['http'], description: 'D.',
      config: [{ name: 'x', tag: 1, type: { kind: 'array', of: { kind: 'string', rules: [rule] } }, description: 'X.' }],
      checks: [{ description: 'x or y', check: () => [] }],
    });
    assert.deepEqual(leftOut, ['x or y', 'odd']);
    assert.equal(JSON.stringify(written).includes('rules'), false);
  });

  const wrong: readonly (readonly [string, JsonObject, RegExp])[] = [
    ['an unknown field', document([], { prioritty: 1 }), /schema\.prioritty: unknown field.*priority/],
    ['a name that is none', document([], { name: '../evil' }), /schema\.name/],
    ['a version that is none', document([], { version: '1' }), /schema\.version: .*1\.4\.0/],
    ['an unknown scope', document([], { scopes: ['tenant'] }), /schema\.scopes/],
    ['an unknown type', document([field({ type: { kind: 'function' } })]), /schema\.config\.1\.type\.kind: expected one of/],
    ['a type without its elements', document([field({ type: { kind: 'array' } })]), /schema\.config\.1\.type\.of/],
    ['two fields of one name', document([field(), field({ tag: 2 })]), /schema\.config\.2: "text" is taken/],
    ['two fields of one number', document([field(), field({ name: 'other' })]), /schema\.config\.2: 1 is taken/],
    ['a default that the type refuses', document([field({ type: { kind: 'integer', between: [1, 2] }, default: 3 })]), /text/],
    ['a secret that is no text', document([field({ type: { kind: 'integer' }, secret: 'sealed' })]), /schema\.config\.1\.secret/],
    ['a secret with a default', document([field({ secret: 'sealed', default: 'x' })]), /schema\.config\.1\.secret/],
    ['bounds the wrong way round', document([field({ type: { kind: 'number', between: [2, 1] } })]), /between/],
    ['a field called __proto__', document([JSON.parse('{"name":"__proto__","tag":1,"type":{"kind":"string"},"description":"D."}')]), /schema\.config\.1\.name/],
    ['a config that is none', document('all'), /schema\.config: expected an array/],
    ['rules, which are code', document([field({ type: { kind: 'string', rules: ['x'] } })]), /rules: unknown field/],
  ];
  for (const [name, given, message] of wrong) test(`${name} is refused by its place`, () => assert.match(problemsOf(given).join('\n'), message));

  test('what could not be kept, set or looked up is refused', () => {
    const secret = field({ name: 's', secret: 'sealed' });
    const inside = (type: JsonObject, more: JsonObject = {}): readonly string[] => problemsOf(document([field({ type, ...more })]));
    const record = { kind: 'record', fields: [secret] };
    assert.deepEqual(inside(record), []);
    for (const type of [{ kind: 'array', of: record }, { kind: 'map', values: record }, { kind: 'record', fields: [field({ type: { kind: 'array', of: record } })] }]) assert.match(inside(type).join(), /could not be sealed/);
    assert.match(inside(record, { default: { s: 'hidden' } }).join(), /a secret has no default/);
    for (const name of ['constructor', 'toString', 'valueOf']) assert.match(problemsOf(document([field({ name })])).join(), /such as constructor/);
    assert.match(inside({ kind: 'string', oneOf: [] }).join(), /length must be at least 1/);
    assert.match(inside({ kind: 'string', minLength: 2, maxLength: 1 }).join(), /no text is that long/);
    assert.match(inside({ kind: 'number', between: [0, Number.POSITIVE_INFINITY] }).join(), /the least and the most/);
    assert.match(inside({ kind: 'integer' }, { referenceable: true }).join(), /a reference stands for text/);
    assert.match(problemsOf(document([], { priority: null })).join(), /priority: required/);
  });

  test('records are bounded in depth and number', () => {
    let nested: JsonObject = field();
    for (let depth = 0; depth < 12; depth += 1) nested = field({ type: { kind: 'record', fields: [nested] } });
    assert.match(problemsOf(document([nested])).join(), /6 deep/);
    let list: JsonObject = { ...TEXT };
    for (let depth = 0; depth < 5_000; depth += 1) list = { kind: 'array', of: list };
    assert.match(problemsOf(document([field({ type: list })])).join(), /6 deep/);
    assert.match(problemsOf(document(Array.from({ length: 501 }, (_, index) => field({ name: `f${index}`, tag: index + 1 })))).join(), /500 fields/);
  });
});

test('semantic versions are ordered by their rules', () => {
  const ordered = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.2.0', '1.10.0', '2.0.0'];
  assert.deepEqual(ordered.toReversed().toSorted(compareSemanticVersions), ordered);
});

test('what is secret in one version, in a record too, is hidden in configs of all', () => {
  const made = (version: string, secret: JsonObject) => {
    const read = readSchemaDocument(document([field({ type: { kind: 'record', fields: [field({ name: 'password', ...secret }), field({ name: 'user', tag: 2 })] } })], { name: 'greeting', version }));
    return read.kind === 'schema' ? [read.schema] : [];
  };
  try {
    setCustomSchemas([...made('1.0.0', { secret: 'sealed' }), ...made('2.0.0', {})]);
    const [record] = configFieldsOf('greeting') ?? [];
    assert.deepEqual(record?.type.kind === 'record' && record.type.fields.map(({ name, secret }) => [name, secret]), [['password', 'sealed'], ['user', undefined]]);
  } finally {
    setCustomSchemas([]);
  }
});

test('the catalogue has custom plugins in their newest version, keeps the others, and never one of a bundled name', () => {
  const made = (name: string, version: string, secret?: 'sealed') => {
    const read = readSchemaDocument(document([field(secret === undefined ? {} : { secret })], { name, version }));
    assert.equal(read.kind, 'schema');
    return read.kind === 'schema' ? [read.schema] : [];
  };
  const keyAuth = pluginCatalog.get('key-auth');
  try {
    setCustomSchemas([...made('greeting', '1.9.0', 'sealed'), ...made('greeting', '1.10.0'), ...made('key-auth', '9.0.0')]);
    assert.equal(pluginCatalog.get('greeting')?.version, '1.10.0');
    assert.deepEqual(versionsOf('greeting'), ['1.10.0', '1.9.0']);
    assert.equal(pluginSchemaOf('greeting', '1.9.0')?.version, '1.9.0');
    assert.equal(pluginSchemaOf('greeting', '3.0.0'), undefined);
    assert.equal(pluginCatalog.get('key-auth'), keyAuth);
    assert.deepEqual([isBundled('key-auth'), isBundled('greeting')], [true, false]);
  } finally {
    setCustomSchemas([]);
  }
  assert.equal(pluginCatalog.get('greeting'), undefined);
});
