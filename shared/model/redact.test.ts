/** T2: what is shown of entities to who may not reveal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntityDefinition, Field } from './definition.ts';
import { changedFields, redactEntity, redactFields } from './redact.ts';
import { HIDDEN } from './secret-fields.ts';
import { definitionOf } from './registry.ts';

const text = { kind: 'string' } as const;
const password: Field = { name: 'password', tag: 1, type: text, secret: 'sealed', description: 'Secret.' };
const host: Field = { name: 'host', tag: 2, type: text, description: 'Not secret.' };
const CONFIG: readonly Field[] = [
  { name: 'limit', tag: 1, type: { kind: 'integer' }, description: 'Number.' },
  // Its name sounds secret, and it is not: the schema decides.
  { name: 'secret_header', tag: 2, type: text, description: 'Name of a header.' },
  { name: 'redis', tag: 3, type: { kind: 'record', fields: [password, host] }, description: 'Record.' },
  { name: 'peers', tag: 4, type: { kind: 'array', of: { kind: 'record', fields: [password, host] } }, description: 'List.' },
  { name: 'by_name', tag: 5, type: { kind: 'map', keys: text, values: { kind: 'record', fields: [password] } }, description: 'Map.' },
];
const plugins = definitionOf('plugins');
const configFieldsOf = (name: string): readonly Field[] | undefined => (name === 'known' ? CONFIG : undefined);
const plugin = (config: Record<string, never> | object, name = 'known') => ({ id: 'i', name, config: JSON.parse(JSON.stringify(config)) });

test('secrets are hidden wherever they stand in a config: in records, lists and maps; other values and unset ones are shown', () => {
  const config = {
    limit: 5, secret_header: 'x-a', redis: { password: 'canary', host: 'h' }, peers: [{ password: 'canary', host: 'a' }, { password: null, host: 'b' }], by_name: { one: { password: 'canary' } },
  };
  const shown = redactEntity(plugins, plugin(config), configFieldsOf);
  assert.deepEqual(shown['config'], {
    limit: 5, secret_header: 'x-a', redis: { password: HIDDEN, host: 'h' }, peers: [{ password: HIDDEN, host: 'a' }, { password: null, host: 'b' }], by_name: { one: { password: HIDDEN } },
  });
  assert.equal(JSON.stringify(redactFields(CONFIG, config)).includes('canary'), false);
});

test('of a plugin that is not known nothing of its config is shown', () => {
  assert.equal(redactEntity(plugins, plugin({ anything: 'canary' }, 'unknown'), configFieldsOf)['config'], HIDDEN);
});

test('the config of a vault and of a partial is shown by its own schema', () => {
  const vault = { id: 'i', name: 'env', config: { prefix: 'APP_' } };
  assert.deepEqual(redactEntity(definitionOf('vaults'), vault, configFieldsOf), vault);
  assert.equal(redactEntity(definitionOf('vaults'), { ...vault, name: 'unheard-of' }, configFieldsOf)['config'], HIDDEN);
});

test('a credential is hidden in the form of the admin API and in the published one', () => {
  const definition: EntityDefinition = definitionOf('keyauth_credentials');
  assert.deepEqual(redactEntity(definition, { id: 'i', key: 'canary' }, configFieldsOf), { id: 'i', key: HIDDEN });
  assert.deepEqual(redactEntity(definition, { id: 'i', key_digest: 'canary' }, configFieldsOf), { id: 'i', key_digest: HIDDEN });
});

test('a changed secret is told as changed under the name of its field, and not shown', () => {
  const definition = definitionOf('keyauth_credentials');
  assert.deepEqual(changedFields(definition, { id: 'i', key_digest: 'aa' }, { id: 'i', key_digest: 'bb' }, configFieldsOf), [{ field: 'key', before: HIDDEN, after: HIDDEN, secret: true }]);
  assert.deepEqual(changedFields(definition, { id: 'i', key_digest: 'aa' }, { id: 'i', key_digest: 'aa' }, configFieldsOf), []);
  const changes = changedFields(plugins, plugin({ limit: 1, redis: { password: 'canary-1', host: 'h' } }), plugin({ limit: 2, redis: { password: 'canary-2', host: 'h' } }), configFieldsOf);
  assert.deepEqual(changes, [
    { field: 'config.limit', before: 1, after: 2, secret: false },
    { field: 'config.redis.password', before: HIDDEN, after: HIDDEN, secret: true },
  ]);
});

test('a secret inside a list that changed is hidden; what did not exist is null', () => {
  const [change] = changedFields(plugins, plugin({ peers: [{ password: 'canary', host: 'a' }] }), plugin({ peers: [] }), configFieldsOf);
  assert.deepEqual(change, { field: 'config.peers', before: [{ password: HIDDEN, host: 'a' }], after: [], secret: false });
  const made = changedFields(definitionOf('consumers'), undefined, { id: 'i', username: 'ada' }, configFieldsOf);
  assert.deepEqual(made.map(({ field, before, after }) => [field, before, after]), [['id', null, 'i'], ['username', null, 'ada']]);
});

test('a secret in a record has a line of its own, under the name of its field, also where the record is new', () => {
  const keys = definitionOf('keys');
  const before = { id: 'i', pem: { public_key: 'p', private_key_sealed: 'canary-1' } };
  assert.deepEqual(changedFields(keys, before, { id: 'i', pem: { public_key: 'p', private_key_sealed: 'canary-2' } }, configFieldsOf), [{ field: 'pem.private_key', before: HIDDEN, after: HIDDEN, secret: true }]);
  assert.deepEqual(changedFields(keys, { id: 'i', pem: null }, before, configFieldsOf), [
    { field: 'pem.public_key', before: null, after: 'p', secret: false },
    { field: 'pem.private_key', before: null, after: HIDDEN, secret: true },
  ]);
});

test('the config of a vault is shown by the schema of its kind', () => {
  assert.deepEqual(redactEntity(definitionOf('vaults'), { id: 'i', name: 'env', config: { prefix: 'A_' } }, configFieldsOf)['config'], { prefix: 'A_' });
  assert.equal(redactEntity(definitionOf('vaults'), { id: 'i', name: 'future', config: { token: 'canary' } }, configFieldsOf)['config'], HIDDEN);
});
