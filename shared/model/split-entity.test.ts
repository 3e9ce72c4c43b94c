import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, OTHER_ID } from '../../test/support/parse-outcome.ts';
import { testCertificate } from '../../test/support/test-certificates.ts';
import type { EntityDefinition } from './definition.ts';
import { isJsonObject } from './entity-checks.ts';
import { definitionOf } from './registry.ts';
import { configFieldsOf } from '../plugins/catalog.ts';
import { joinEntity, splitEntity } from './split-entity.ts';

const pair = await testCertificate();
const credentials = definitionOf('keyauth_credentials');
const withComment: EntityDefinition = {
  ...credentials,
  fields: [...credentials.fields, { name: 'comment', tag: 30, type: { kind: 'string' }, controlPlaneOnly: true, description: 'Private.' }],
};

test('secrets and private fields are taken out of what is published, and the parts make the whole', () => {
  const entity = accepted(withComment, { consumer: { id: OTHER_ID }, key: 'clear', comment: 'for us' });
  const parts = splitEntity(withComment, entity, configFieldsOf);
  assert.deepEqual(parts.secrets, { key: 'clear' });
  assert.deepEqual(parts.controlPlaneOnly, { comment: 'for us' });
  assert.equal(JSON.stringify(parts.published).includes('clear'), false);
  assert.equal('comment' in parts.published, false);
  assert.deepEqual(joinEntity(withComment, parts), entity);
});

test('a secret inside a record is taken out of it, and comes back to it', () => {
  const keys = definitionOf('keys');
  const entity = accepted('keys', { kid: 'k', pem: { private_key: pair.key } });
  const parts = splitEntity(keys, entity, configFieldsOf);
  assert.deepEqual(parts.secrets, { 'pem.private_key': pair.key });
  assert.deepEqual(parts.published['pem'], { public_key: null });
  assert.deepEqual(joinEntity(keys, parts), entity);
  assert.deepEqual(joinEntity(keys, { ...parts, secrets: {} }), { ...entity, pem: { private_key: null, public_key: null } });
});

test('an entity without such fields is published as it is', () => {
  const entity = accepted('consumers', { username: 'a' });
  assert.deepEqual(splitEntity(definitionOf('consumers'), entity, configFieldsOf), { published: entity, controlPlaneOnly: {}, secrets: {} });
});

test('what is joined is in the order of the definition, and a field that did not exist yet has its default', () => {
  const upstreams = definitionOf('upstreams');
  const entity = accepted('upstreams', { name: 'u', healthchecks: { active: { timeout: 9 } } });
  const { use_srv_name: _newer, healthchecks, ...older } = entity;
  assert.ok(isJsonObject(healthchecks));
  const { threshold: _newerToo, ...olderChecks } = healthchecks;
  const stored = Object.fromEntries(Object.entries({ ...older, healthchecks: olderChecks }).toReversed());
  assert.equal(JSON.stringify(joinEntity(upstreams, { published: { ...stored, id: entity.id }, controlPlaneOnly: {}, secrets: {} })), JSON.stringify(entity));
});
