/** Secrets in configs, through the parser and what takes entities apart: with the plugin of the tests that has some. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, assertHas, refusal } from '../../test/support/parse-outcome.ts';
import { secretPluginSchema } from '../../test/support/secret-plugin.ts';
import { configFieldsOf } from '../plugins/catalog.ts';
import { decodeEntity, encodeEntity, unknownFieldOf } from '../wire/entity-codec.ts';
import { putConfigSecrets, readConfigSecrets, takeConfigSecrets, writeConfigSecrets } from './config-secrets.ts';
import type { JsonObject } from './definition.ts';
import { changedFields, redactEntity } from './redact.ts';
import { definitionOf } from './registry.ts';
import { secretFieldsOf } from './secret-fields.ts';
import { joinEntity, splitEntity } from './split-entity.ts';

const plugins = definitionOf('plugins');
const REFERENCE = '{vault://env/secret-redis}';
const SECRETS = { client_secret: ['canary-first', REFERENCE, 'canary-third'], token: 'canary-one-of-two', redis: { host: 'r.test', password: 'canary-password', username: null } };
const entity = accepted('plugins', { name: 'secretive', config: { client_id: 'public', ...SECRETS } });

test('secrets at any depth of a config are taken out as one, null stands in their places, references stay, and the parts make the whole', () => {
  const parts = splitEntity(plugins, entity, configFieldsOf);
  assert.deepEqual(Object.keys(parts.secrets), ['config_secrets']);
  assert.deepEqual(parts.published['config'], { client_id: 'public', client_secret: [null, REFERENCE, null], token: null, redis: { host: 'r.test', password: null, username: null } });
  assert.equal(JSON.stringify(parts.published).includes('canary'), false);
  assert.deepEqual(joinEntity(plugins, parts), entity);
  assert.deepEqual(joinEntity(plugins, { ...parts, secrets: {} })['config'], parts.published['config']);
  const none = accepted('plugins', { name: 'secretive', config: { client_secret: [REFERENCE] } });
  assert.deepEqual(splitEntity(plugins, none, configFieldsOf), { published: none, controlPlaneOnly: {}, secrets: {} }, 'a reference alone is no secret');
});

test('of a plugin whose schema is not known nothing is split, so nothing of it can be stored', () => {
  assert.throws(() => splitEntity(plugins, entity, () => undefined), /has a schema/);
});

test('a partial has its secrets apart too, and a plugin takes them where they stay secret', () => {
  const partial = accepted('partials', { name: 'r', type: 'redis-ce', config: { host: 'r.test', password: 'canary-password', username: 'u' } });
  const parts = splitEntity(definitionOf('partials'), partial, configFieldsOf);
  assert.equal(JSON.stringify(parts.published).includes('canary'), false);
  assert.deepEqual(joinEntity(definitionOf('partials'), parts), partial);
  const values = { type: 'redis-ce', config: { ...Object(partial['config']) } };
  const input = { name: 'secretive', partials: [{ id: partial.id }] };
  assertHas(accepted('plugins', input, { partialOf: () => values }), { config: { client_id: null, client_secret: null, token: null, redis: { host: 'r.test', password: 'canary-password', username: 'u' } } });
  const open = { ...secretPluginSchema, config: secretPluginSchema.config.map((field) => (field.name === 'redis' ? { ...field, type: { kind: 'record', fields: [{ name: 'password', tag: 1, type: { kind: 'string' }, description: '' }] } as const } : field)) };
  assertHas(accepted('plugins', input, { partialOf: () => values, pluginSchemaOf: () => open }), { config: { client_id: null, client_secret: null, token: null, redis: { password: null } } });
});

test('what is sealed is read back, and what is none says nothing of itself', () => {
  const { config, secrets } = takeConfigSecrets(secretPluginSchema.config, { ...SECRETS });
  assert.deepEqual(putConfigSecrets(config, readConfigSecrets(writeConfigSecrets(secrets))), SECRETS);
  for (const text of ['canary', '{}', '["canary"]', '[["canary"]]', '[[{},"canary"]]', '[["a",1]]']) assert.throws(() => readConfigSecrets(text), (thrown: Error) => !thrown.message.includes('canary'), text);
});

test('on the wire they are one field, which nobody may leave out of a plugin who does not know it', () => {
  const { published } = splitEntity(plugins, entity, configFieldsOf);
  const bytes = encodeEntity(plugins, published, { config_secrets: Buffer.from('sealed') });
  assert.equal(decodeEntity('plugins', bytes).config_secrets_sealed, Buffer.from('sealed').toString('base64'));
  assert.equal(decodeEntity('plugins', encodeEntity(plugins, published)).config_secrets_sealed, null);
  assert.equal(unknownFieldOf('plugins', bytes), undefined);
  assert.deepEqual(['plugins', 'partials'].map((kind) => secretFieldsOf(definitionOf(kind === 'plugins' ? 'plugins' : 'partials')).map(({ path, field }) => [path, field.tag])), [[['config_secrets', 1004]], [['config_secrets', 13]]]);
});

test('they are shown nowhere: whole, as a change, or as what is published', () => {
  const { published } = splitEntity(plugins, entity, configFieldsOf);
  const shown: JsonObject = { ...published, config_secrets_sealed: 'c2VhbGVk' };
  assert.equal(redactEntity(plugins, shown, configFieldsOf)['config_secrets_sealed'], '(secret)');
  assert.deepEqual(redactEntity(plugins, entity, configFieldsOf)['config'], { client_id: 'public', client_secret: '(secret)', token: '(secret)', redis: { host: 'r.test', password: '(secret)', username: null } });
  const other = { ...entity, config: { ...Object(entity['config']), redis: { ...SECRETS.redis, password: 'canary-other' } } };
  assert.deepEqual(changedFields(plugins, entity, other, configFieldsOf), [{ field: 'config.redis.password', before: '(secret)', after: '(secret)', secret: true }]);
  assert.deepEqual(changedFields(plugins, shown, { ...shown, config_secrets_sealed: 'b3RoZXI=' }, configFieldsOf), [{ field: 'config_secrets', before: '(secret)', after: '(secret)', secret: true }]);
});

const written = (input: JsonObject, over: { readonly mode: 'merge' | 'replace'; readonly secretsHidden?: boolean }): JsonObject => Object(accepted('plugins', { name: 'secretive', ...input }, { previous: entity, ...over })['config']);
const HIDDEN_FORM = { client_secret: [null, REFERENCE, null], token: null, redis: { host: 'new.test', password: null } };

test('PATCH keeps what it does not give; who sees the secrets removes one by null or by a PUT without it', () => {
  assert.deepEqual(written({ config: { redis: { host: 'new.test' } } }, { mode: 'merge' }), { client_id: 'public', ...SECRETS, redis: { ...SECRETS.redis, host: 'new.test' } });
  assert.equal(written({ config: { token: null } }, { mode: 'merge' })['token'], null);
  assert.deepEqual(written({ config: { redis: { host: 'new.test' } } }, { mode: 'replace' }), { client_id: null, client_secret: null, token: null, redis: { host: 'new.test', password: null, username: null } });
  assert.deepEqual(written({ config: { token: '(secret)', redis: { password: '(secret)' } } }, { mode: 'replace' }), { client_id: null, client_secret: null, token: SECRETS.token, redis: { host: null, password: 'canary-password', username: null } });
});

test('who may not see the secrets neither removes nor changes them by sending back what was shown', () => {
  for (const mode of ['merge', 'replace'] as const) {
    assert.deepEqual(written({ config: { client_id: 'public', ...HIDDEN_FORM } }, { mode, secretsHidden: true }), { client_id: 'public', ...SECRETS, redis: { ...SECRETS.redis, host: 'new.test' } }, mode);
    assert.equal(Object(written({ config: { redis: { password: 'canary-given' } } }, { mode, secretsHidden: true })['redis'])['password'], 'canary-given');
  }
  assert.equal(written({ config: { redis: null } }, { mode: 'merge', secretsHidden: true })['redis'], null, 'a record goes as a whole');
});

test('an error does not hold the value, and what stands for a secret is not taken for one', () => {
  const refused = refusal('plugins', { name: 'secretive', config: { token: 'canary-wrong', client_secret: ['canary!', 7], redis: { password: '(secret)' } } });
  assert.doesNotMatch(refused, /canary-wrong|canary!/);
  assert.match(refused, /config\.token: /);
  assert.match(refused, /config\.client_secret\.1: length must be at least 8; config\.client_secret\.2: expected a string/);
  assert.match(refused, /config\.redis\.password: '\(secret\)' is what is shown in the place of a secret/);
  assert.match(refusal('keyauth_credentials', { consumer: { id: entity.id }, key: '(secret)' }), /is what is shown in the place/);
});
