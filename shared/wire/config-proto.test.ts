import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { EntityDefinition, Field } from '../model/definition.ts';
import { definitionOf, entityDefinitions } from '../model/registry.ts';
import { typeName } from '../model/type-name.ts';
import { configProto } from './config-proto.ts';

test('the committed proto/config.proto is what the definitions give (npm run generate)', () => {
  const committed = readFileSync(new URL('../../proto/config.proto', import.meta.url), 'utf8');
  assert.equal(configProto(entityDefinitions), committed);
});

test('message names are singular and in Pascal case', () => {
  assert.equal(typeName({ singular: 'key-auth credential' }), 'KeyAuthCredential');
});

const broken: readonly (readonly [string, Field, RegExp])[] = [
  ['a number of the common fields', { name: 'x', tag: 4, type: { kind: 'boolean' }, description: '' }, /tags below 10/],
  ['a number that is taken', { name: 'x', tag: 10, type: { kind: 'boolean' }, description: '' }, /same tag/],
  ['null beside a default', { name: 'x', tag: 99, type: { kind: 'boolean' }, default: true, nullable: true, description: '' }, /both null and the default/],
];
for (const [what, field, message] of broken) {
  test(`a definition with ${what} is refused`, () => {
    const consumers = definitionOf('consumers');
    const definition: EntityDefinition = { ...consumers, fields: [...consumers.fields, field] };
    assert.throws(() => configProto([definition]), message);
  });
}
